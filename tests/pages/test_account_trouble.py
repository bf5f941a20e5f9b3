"""Trouble with money or the key is on top of every page."""

from __future__ import annotations

import html
import re

import pytest

from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.pages.browsing import htmx, partials, post, text_of, waiting_mission
from webapp.clock import SystemClock
from webapp.db import writing
from webapp.models import Mission
from webapp.store import missions

PAGES = ("/missions", "/missions/new", "/templates", "/settings", "/nowhere")


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    return start_app()


def _stop(mission_id: int, code: str) -> None:
    now = SystemClock().now()
    assert missions.pause(mission_id, now, "program", cause="account", code=code)


def _banner(page: str) -> str:
    """The words of the banner, "" without one."""
    _, _, found = page.partition('id="account-trouble"')
    return text_of("<div" + found.partition('<div id="notice"')[0])


def test_every_page_says_what_is_wrong_until_it_is_mended(app: LiveApp) -> None:
    first = waiting_mission(app, name="Autumn")
    plainly_paused = waiting_mission(app)
    post(app, f"/missions/{plainly_paused}/pause")
    assert not any(_banner(app.get(page).text) for page in PAGES)

    _stop(first, "401")
    for path in (*PAGES, f"/missions/{first}", f"/missions/{plainly_paused}/items/1"):
        page = app.get(path).text
        assert "does not accept the API key" in _banner(page), path
        assert "“Autumn” is paused." in _banner(page)
        assert f'href="/missions/{first}"' in page.partition('id="account-trouble"')[2]

    second = waiting_mission(app)
    _stop(second, "812")
    banner = _banner(app.get("/templates").text)
    assert "balance is empty" in banner and "2 missions are paused." in banner

    post(app, f"/missions/{second}/delete")
    post(app, f"/missions/{first}/resume")
    assert _banner(app.get("/templates").text) == ""


def test_the_banner_comes_and_goes_with_the_polls(app: LiveApp) -> None:
    shown, other = waiting_mission(app), waiting_mission(app, name="Winter")
    pages = ["/missions", f"/missions/{shown}", f"/missions/{shown}/items/1"]
    polls = [_poll_of(app.get(path).text) for path in pages]
    assert [app.get(poll, headers=htmx()).status_code for poll in polls] == [204] * 3

    _stop(other, "812")
    answers = [app.get(poll, headers=htmx()) for poll in polls]
    for answer in answers:
        assert "“Winter” is paused." in _banner(answer.text)
        assert partials(answer.text).count("#account-trouble") == 1
        assert app.get(_poll_of(answer.text), headers=htmx()).status_code == 204, "once"

    post(app, f"/missions/{other}/resume")
    for answer in answers:
        gone = app.get(_poll_of(answer.text), headers=htmx())
        assert partials(gone.text).count("#account-trouble") == 1
        assert "is paused." not in text_of(gone.text)


def test_a_paused_mission_goes_on_asking_while_there_is_trouble(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    _stop(mission_id, "401")
    page = app.get(f"/missions/{mission_id}").text
    poll = _poll_of(page)
    assert text_of(page).count("does not accept the API key") == 1, "not twice on one page"
    post(app, f"/missions/{mission_id}/resume")
    assert 'id="pause"' in app.get(poll, headers=htmx()).text


def test_trouble_of_another_kind_is_told_on_the_mission_s_own_page(app: LiveApp) -> None:
    first, second = waiting_mission(app), waiting_mission(app)
    _stop(first, "401")
    _stop(second, "812")
    page = text_of(app.get(f"/missions/{first}").text)
    assert "balance is empty" in page and "does not accept the API key" in page
    post(app, f"/missions/{first}/resume")
    post(app, f"/missions/{second}/resume")


def _poll_of(page: str) -> str:
    """Where the only poller of a page asks."""
    (found,) = re.findall(r'data-poll hx-get="([^"]+)"', page)
    return html.unescape(found)


def test_a_mission_of_the_demo_is_no_trouble_of_the_account(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    with writing():
        Mission.update(provider="simulator").where(Mission.id == mission_id).execute()
    _stop(mission_id, "401")
    assert _banner(app.get("/missions").text) == ""
