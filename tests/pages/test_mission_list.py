"""The list of missions: cards, filters in the address, and its poll."""

from __future__ import annotations

import logging
import re
from urllib.parse import quote

import pytest

from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.pages.browsing import htmx, partials, poll_address, post, text_of, waiting_mission


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    return start_app(poll_interval=0.2)


def _cards(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<li class="card link-card" id="m-(\d+)"', page)]


def test_the_root_leads_to_the_missions(app: LiveApp) -> None:
    answer = app.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/missions")


def test_a_card_shows_name_state_and_price(app: LiveApp) -> None:
    waiting_mission(app, name="Autumn posters")
    page = text_of(app.get("/missions").text)
    assert "Autumn posters" in page
    assert "Queued" in page
    assert "est. ¥0.25" in page


def test_what_people_wrote_is_never_markup(app: LiveApp) -> None:
    nasty = '<img src=x onerror="alert(1)">'
    mission_id = waiting_mission(app, [nasty, "{{ 7 * 7 }}"], name=nasty, description=nasty)
    for path in ("/missions", f"/missions/{mission_id}", f"/missions/{mission_id}/items/1"):
        page = app.get(path).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page
    assert "{{ 7 * 7 }}" in app.get(f"/missions/{mission_id}/items/2").text
    assert "onerror=&#34;" in app.get(f"/missions?q={quote(nasty)}").text


def test_filters_are_in_the_address(app: LiveApp) -> None:
    plain = waiting_mission(app, name="lighthouse one")
    paused = waiting_mission(app, name="lighthouse two")
    post(app, f"/missions/{paused}/pause")
    assert _cards(app.get("/missions?q=lighthouse").text) == [paused, plain]
    assert _cards(app.get("/missions?q=lighthouse&state=paused").text) == [paused]
    assert _cards(app.get("/missions?q=lighthouse&state=queued").text) == [plain]
    page = app.get("/missions?q=lighthouse&type=text_to_video").text
    assert _cards(page) == []
    assert "No missions match" in page


def test_links_of_a_filtered_list_keep_the_other_filters(app: LiveApp) -> None:
    waiting_mission(app, name="keep me")
    page = app.get("/missions?q=keep&type=text_to_image").text
    assert "/missions?state=queued&amp;type=text_to_image&amp;q=keep" in page


def test_values_that_no_filter_has_are_ignored(app: LiveApp) -> None:
    answer = app.get("/missions?state=nonsense&type=nonsense&page=minus")
    assert answer.status_code == 200
    assert _cards(answer.text)


def test_a_page_past_the_end_says_so_and_leads_to_the_last_one(app: LiveApp) -> None:
    mission_id = waiting_mission(app, [f"prompt {number}" for number in range(1, 31)])
    here = f"/missions/{mission_id}"
    for path, last in (
        (f"{here}?size=24&page=9&view=table", f"{here}?page=2&amp;view=table&amp;size=24"),
        (f"{here}?page=9", here),
        ("/missions?page=900&type=text_to_image", "/missions?type=text_to_image"),
        (f"{here}/history?page=9", f"{here}/history"),
        ("/settings/audit?page=900&action=mission_created", None),
    ):
        page = app.get(path).text
        assert "There is no such page" in page, path
        assert "match" not in text_of(page[page.index('<main id="page"') :].split("<dialog")[0]), (
            path
        )
        assert last is None or f'<a class="btn" href="{last}">To the last page</a>' in page
    assert "There is no such page" not in app.get(f"{here}?q=nowhere&page=9").text


def test_htmx_gets_the_whole_page_too(app: LiveApp) -> None:
    answer = app.get("/missions?state=queued", headers=htmx())
    assert "<!doctype html>" in answer.text
    assert answer.headers["HX-Push-Url"] == "/missions?state=queued"


@pytest.mark.parametrize("path", ["/missions?q=nowhere", "/missions/live?q=nowhere&rev=0"])
def test_words_are_looked_for_once(
    app: LiveApp, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """Words that are nowhere make the database read every prompt."""
    waiting_mission(app)
    with caplog.at_level(logging.DEBUG, "peewee"):
        assert app.get(path, headers=htmx()).status_code == 200
    searches = [record for record in caplog.records if "nowhere" in record.getMessage()]
    assert len(searches) == 1


def test_an_address_that_is_none_does_no_harm(app: LiveApp) -> None:
    answer = app.get("/missions?q=light", headers=htmx(**{"HX-Current-URL": "http://["}))
    assert answer.headers["HX-Replace-Url"] == "/missions?q=light"


def test_typing_makes_no_entries_in_the_history(app: LiveApp) -> None:
    shown = htmx(**{"HX-Current-URL": f"{app.url}/missions?q=li"})
    answer = app.get("/missions?q=light&type=", headers=shown)
    assert answer.headers["HX-Replace-Url"] == "/missions?q=light"
    assert "HX-Push-Url" not in answer.headers


@pytest.mark.parametrize("shown", ["/missions?q=light&type=", "/missions?item=3&q=light"])
def test_the_same_page_again_makes_no_entry_in_the_history(app: LiveApp, shown: str) -> None:
    """After an action, and when a dialog over the page closes (its `item` is none of the server's)."""
    headers = htmx(**{"HX-Current-URL": app.url + shown})
    answer = app.get("/missions?type=&q=light", headers=headers)
    assert answer.headers["HX-Push-Url"] == "false"
    assert "HX-Replace-Url" not in answer.headers


def test_back_gets_a_page_and_changes_no_address(app: LiveApp) -> None:
    answer = app.get("/missions", headers={"HX-History-Restore-Request": "true"})
    assert not [name for name in answer.headers if name.lower().startswith("hx-")]


def test_a_quiet_poll_is_empty(app: LiveApp) -> None:
    waiting_mission(app)
    address = poll_address(app.get("/missions").text, "list-live")
    assert address is not None
    answer = app.get(address, headers=htmx())
    assert (answer.status_code, answer.text) == (204, "")


def test_a_poll_brings_only_the_cards_that_changed(app: LiveApp) -> None:
    still = waiting_mission(app, name="still")
    moved = waiting_mission(app, name="moved")
    address = poll_address(app.get("/missions?state=queued").text, "list-live")
    assert address is not None
    post(app, f"/missions/{moved}/pause")
    answer = app.get(address, headers=htmx())
    cards = [target for target in partials(answer.text) if target.startswith("#m-")]
    assert cards == [f"#m-{moved}"]
    assert f"m-{still}" not in answer.text
    # The card left the filter, and shows it, but stays where it is.
    assert "Paused" in answer.text
    assert app.get(poll_address(answer.text, "list-live") or "").status_code == 204


def test_a_poll_takes_deleted_missions_away_and_offers_new_ones(app: LiveApp) -> None:
    gone = waiting_mission(app, name="gone")
    address = poll_address(app.get("/missions").text, "list-live")
    assert address is not None
    post(app, f"/missions/{gone}/delete")
    waiting_mission(app, name="brought later")
    answer = app.get(address, headers=htmx())
    assert f'<hx-partial hx-target="#m-{gone}" hx-swap="delete">' in answer.text
    assert "1 new mission · show" in answer.text
    assert "brought later" not in answer.text


def test_the_title_says_its_name_once(app: LiveApp) -> None:
    assert "<title>Missions</title>" in app.get("/missions").text
