"""Trouble with money or the key is on top of every page."""

from __future__ import annotations

import pytest

from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.pages.browsing import post, text_of, waiting_mission
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
    return text_of(found.partition('<div id="notice"')[0])


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


def test_a_mission_of_the_demo_is_no_trouble_of_the_account(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    with writing():
        Mission.update(provider="simulator").where(Mission.id == mission_id).execute()
    _stop(mission_id, "401")
    assert _banner(app.get("/missions").text) == ""
