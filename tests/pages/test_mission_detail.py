"""A mission's page, its items, and its poll."""

from __future__ import annotations

import html
import re

import pytest

from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.helpers.waiting import wait_until
from tests.pages.browsing import (
    LATER,
    htmx,
    item_ids,
    partials,
    poll_address,
    post,
    text_of,
    waiting_mission,
)
from webapp.db import writing
from webapp.manager import Manager
from webapp.models import Mission
from webapp.states import MissionState


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    return start_app(poll_interval=0.2)


@pytest.fixture(scope="module")
def mixed(app: LiveApp) -> int:
    """A finished mission: two good items, three refused by the content check, one that failed."""
    prompts = ["good one", "good two", *["bad [fail:1501]"] * 3, "unlucky [fail:1015]"]
    mission_id = app.create(config={"batch_input": prompts}, failure_threshold=1)
    app.ended(mission_id)
    return mission_id


def _poll(app: LiveApp, address: str | None) -> str:
    assert address is not None
    answer = app.get(address, headers=htmx())
    assert answer.status_code == 200
    return answer.text


def test_a_waiting_mission_shows_what_can_be_done(app: LiveApp) -> None:
    mission_id = waiting_mission(app, name="Winter")
    page = app.get(f"/missions/{mission_id}").text
    words = text_of(page)
    assert "0 / 5" in words and "list price ¥0.25" in words and "starts 2099-01-01" in words
    for action in ("pause", "cancel", "rename", "delete"):
        assert f'method="post" action="/missions/{mission_id}/{action}"' in page
    assert f'href="/missions/new?from={mission_id}"' in page
    assert '<meta http-equiv="refresh" content="10">' in page
    assert re.search(r"<title>\(0/5\) Winter", page)


def test_an_image_address_that_cannot_be_read_is_shown_as_text(app: LiveApp) -> None:
    config = {"prompt": "as snow", "batch_input": ["http://[nowhere"]}
    mission_id = app.create(task_type="image_to_image", config=config, scheduled_at=LATER)
    page = app.get(f"/missions/{mission_id}/items/1")
    assert page.status_code == 200
    assert "http://[nowhere" in text_of(page.text)


def test_a_finished_mission_has_a_zip_and_does_not_ask_again(app: LiveApp, mixed: int) -> None:
    page = app.get(f"/missions/{mixed}").text
    assert f'href="/api/api-missions/{mixed}/download"' in page
    assert poll_address(page) is None
    assert 'hx-trigger="every' not in page
    assert "http-equiv" not in page
    assert "Partly failed" in page


def test_failures_are_grouped_with_what_to_do_and_the_price(app: LiveApp, mixed: int) -> None:
    words = text_of(app.get(f"/missions/{mixed}").text)
    assert "Refused by the content check × 3 Change the prompt or the image" in words
    assert "The generation failed × 1" in words
    assert "Retry it (about ¥0.05)" in words
    # The same prompt would be refused again, so there is no button that pays for it.
    assert "Retry these 3" not in words
    assert "Content verification failed, please modify your prompt or images" in words
    assert "{" not in words.split("Refused by the content check")[1].split("Search prompts")[0]


def test_items_can_be_filtered_by_state_cause_and_words(app: LiveApp, mixed: int) -> None:
    def shown(query: str) -> list[str]:
        page = app.get(f"/missions/{mixed}?{query}").text
        return re.findall(rf'href="/missions/{mixed}/items/(\d+)"', page)

    assert shown("") == list("123456")
    assert shown("state=completed") == ["1", "2"]
    assert shown("state=failed") == ["3", "4", "5", "6"]
    assert shown("cause=failed:1015") == ["6"]
    assert shown("q=two") == ["2"]
    assert shown("state=nonsense&view=nonsense&size=7") == list("123456")
    assert shown("q=nothing") == []


def test_the_table_shows_the_same_items(app: LiveApp, mixed: int) -> None:
    gallery = app.get(f"/missions/{mixed}").text
    table = app.get(f"/missions/{mixed}?view=table").text
    assert item_ids(gallery) == item_ids(table)
    assert "<table" in table and "<table" not in gallery
    assert "¥0.05" in table


def test_pages_have_the_size_that_was_asked_for(app: LiveApp) -> None:
    mission_id = waiting_mission(app, [f"n{number}" for number in range(70)])
    assert len(item_ids(app.get(f"/missions/{mission_id}").text)) == 60
    assert len(item_ids(app.get(f"/missions/{mission_id}?size=24&page=3").text)) == 22
    page = app.get(f"/missions/{mission_id}?size=24&page=2&view=table").text
    links = [
        html.unescape(link) for link in re.findall(r'rel="(?:prev|next)" href="([^"]+)"', page)
    ]
    assert links == [
        f"/missions/{mission_id}?view=table&size=24",
        f"/missions/{mission_id}?page=3&view=table&size=24",
    ]


def test_a_quiet_poll_is_empty(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    address = poll_address(app.get(f"/missions/{mission_id}").text)
    assert address is not None
    answer = app.get(address, headers=htmx())
    assert (answer.status_code, answer.text) == (204, "")


def test_a_poll_brings_only_the_items_that_changed(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    page = app.get(f"/missions/{mission_id}").text
    ids = item_ids(page)
    post(app, f"/missions/{mission_id}/items/2/cancel")
    answer = _poll(app, poll_address(page))
    assert [target for target in partials(answer) if target.startswith("#it-")] == [f"#{ids[1]}"]
    assert set(partials(answer)) == {
        *("#state", "#actions", "#fresh", "#nav-unknown"),
        f"#{ids[1]}",
    }
    assert item_ids(answer) == [ids[1]]
    assert '<div id="live"' in answer
    quiet = app.get(poll_address(answer) or "", headers=htmx())
    assert quiet.status_code == 204


def test_items_of_other_pages_are_not_sent(app: LiveApp) -> None:
    mission_id = waiting_mission(app, [f"n{number}" for number in range(30)])
    address = poll_address(app.get(f"/missions/{mission_id}?size=24&page=2").text)
    post(app, f"/missions/{mission_id}/items/1/cancel")
    assert item_ids(_poll(app, address)) == []


def test_an_item_that_leaves_the_filter_changes_where_it_is(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    page = app.get(f"/missions/{mission_id}?state=pending").text
    post(app, f"/missions/{mission_id}/items/3/cancel")
    answer = _poll(app, poll_address(page))
    assert item_ids(answer) == [item_ids(page)[2]]
    assert "· show" not in answer


def test_items_that_enter_the_filter_are_announced_and_not_pushed_in(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    post(app, f"/missions/{mission_id}/items/1/cancel")
    page = app.get(f"/missions/{mission_id}?state=cancelled").text
    assert "· show" not in page
    for index in (2, 3):
        post(app, f"/missions/{mission_id}/items/{index}/cancel")
    answer = _poll(app, poll_address(page))
    assert item_ids(answer) == []
    assert "2 updates · show" in answer


def test_a_poll_knows_the_view(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    address = poll_address(app.get(f"/missions/{mission_id}?view=table").text)
    post(app, f"/missions/{mission_id}/items/1/cancel")
    assert "<tr id=" in _poll(app, address)


def test_the_poller_rests_when_everything_has_ended(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    address = poll_address(app.get(f"/missions/{mission_id}").text)
    post(app, f"/missions/{mission_id}/cancel")
    answer = _poll(app, address)
    assert '<div id="live"' in answer
    assert "/live?" not in answer
    assert "every" not in answer.split("<hx-partial")[0]
    assert re.search(r"<title>Autumn", answer)


def test_a_poll_of_a_deleted_mission_loads_the_page_anew(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    address = poll_address(app.get(f"/missions/{mission_id}").text)
    post(app, f"/missions/{mission_id}/delete")
    answer = app.get(address or "", headers=htmx())
    assert answer.headers["HX-Refresh"] == "true"
    page = app.get(f"/missions/{mission_id}")
    assert page.status_code == 404
    assert "To the missions" in page.text


@pytest.mark.parametrize("shown", ["1-999999999", "9-1", "x", "1-2-3", "." * 5000, "-1", "9" * 30])
def test_an_address_made_by_hand_does_no_harm(app: LiveApp, shown: str) -> None:
    mission_id = waiting_mission(app)
    answer = app.get(f"/missions/{mission_id}/live", params={"rev": "x", "shown": shown})
    assert answer.status_code == 200
    assert item_ids(answer.text) == []


def test_an_item_shows_its_whole_recipe(app: LiveApp, mixed: int) -> None:
    page = app.get(f"/missions/{mixed}/items/1").text
    words = text_of(page)
    assert "good one" in words and "Aspect ratio 3:4" in words and "Text to image" in words
    assert re.search(r"RunningHub task \d{19}", words)
    assert "Try 1: succeeded · ¥0.05" in words
    assert "/media/" in page and 'download="0001.png"' in page
    assert f"/missions/new?from={mixed}&amp;item=1" in page
    assert 'hx-trigger="every' not in page


def test_a_failed_item_says_why_and_what_to_do(app: LiveApp, mixed: int) -> None:
    words = text_of(app.get(f"/missions/{mixed}/items/3").text)
    assert "Refused by the content check Change the prompt or the image" in words
    assert "1501 Content verification failed" in words
    assert "The generation failed" in text_of(app.get(f"/missions/{mixed}/items/6").text)


def test_what_the_content_check_refused_is_not_tried_again_as_it_is(
    app: LiveApp, mixed: int
) -> None:
    refused, unlucky = (f"/missions/{mixed}/items/{number}" for number in (3, 6))
    page = app.get(refused).text
    assert f'action="{refused}/retry"' not in page and "Make again" in page
    assert f'action="{unlucky}/retry"' in app.get(unlucky).text


def test_the_large_number_counts_what_was_made(app: LiveApp, mixed: int) -> None:
    page = app.get(f"/missions/{mixed}").text
    assert '<span class="total num">2 / 6</span>' in page


def test_a_service_that_is_away_takes_the_place_of_the_pace(
    app: LiveApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission_id = waiting_mission(app)
    with writing():
        Mission.update(status=MissionState.RUNNING).where(Mission.id == mission_id).execute()
    page = app.get(f"/missions/{mission_id}").text
    address = poll_address(page)
    assert address is not None and app.get(address, headers=htmx()).status_code == 204
    monkeypatch.setattr(Manager, "service_away", True)
    away = _poll(app, address)
    assert "waiting for RunningHub" in away and "waiting for RunningHub" not in page
    again = poll_address(away)
    assert again is not None and app.get(again, headers=htmx()).status_code == 204


def test_an_item_that_still_moves_asks_and_gets_204_when_nothing_is_new(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    path = f"/missions/{mission_id}/items/2"
    page = app.get(path).text
    address = html.unescape(re.search(r'<article id="item"[^>]*hx-get="([^"]+)"', page)[1])  # type: ignore[index]
    assert app.get(address, headers=htmx()).status_code == 204
    post(app, path + "/cancel")
    assert "Cancelled" in app.get(address, headers=htmx()).text


def test_what_does_not_exist_is_a_page_with_a_way_out(app: LiveApp, mixed: int) -> None:
    for path in ("/missions/999999", f"/missions/{mixed}/items/999", "/missions/x", "/nowhere"):
        answer = app.get(path, headers={"Accept-Language": "zh"})
        assert answer.status_code == 404
        assert "找不到页面" in answer.text
        assert 'href="/missions"' in answer.text


def test_milestones_are_given_for_reading_out(app: LiveApp, mixed: int) -> None:
    page = app.get(f"/missions/{mixed}").text
    assert 'data-milestone="partial:4f"' in page
    assert "6 of 6 items have ended. 4 failed." in html.unescape(page)


def test_a_running_mission_ends_on_the_page_by_polls_alone(app: LiveApp) -> None:
    mission_id = app.create(config={"batch_input": [f"live {n}" for n in range(4)]})
    address = poll_address(app.get(f"/missions/{mission_id}").text)

    def look() -> str | None:
        nonlocal address
        answer = app.get(address or "", headers=htmx())
        if answer.status_code == 204:
            return None
        address = poll_address(answer.text)
        return answer.text if address is None else None

    last = wait_until(look, deadline_s=30)
    assert last is not None
    assert "4 / 4" in text_of(last)
    assert "Completed 4" in text_of(last)
