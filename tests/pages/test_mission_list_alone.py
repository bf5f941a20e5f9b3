"""The list of missions where it matters that there are no others: each test has its own app."""

from __future__ import annotations

import re

from tests.conftest import StartApp
from tests.pages.browsing import htmx, poll_address, post, waiting_mission


def _cards(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<li class="card link-card" id="m-(\d+)"', page)]


def test_without_missions_the_page_says_what_to_do(start_app: StartApp) -> None:
    page = start_app().get("/missions").text
    assert "No missions yet" in page
    assert 'href="/missions/new"' in page
    assert poll_address(page, "list-live") is None


def test_the_list_stops_asking_when_nothing_runs(start_app: StartApp) -> None:
    alone = start_app()
    mission_id = waiting_mission(alone)
    address = poll_address(alone.get("/missions").text, "list-live")
    assert address is not None
    post(alone, f"/missions/{mission_id}/cancel")
    answer = alone.get(address, headers=htmx())
    assert '<div id="list-live"></div>' in answer.text
    assert "hx-trigger" not in answer.text.split("<hx-partial")[0]


def test_a_list_page_has_page_links(start_app: StartApp) -> None:
    alone = start_app()
    ids = [waiting_mission(alone, ["one"], name=f"number {n}") for n in range(26)]
    first, second = alone.get("/missions").text, alone.get("/missions?page=2").text
    assert _cards(first) == ids[:1:-1]
    assert _cards(second) == [ids[1], ids[0]]
    assert 'rel="next" href="/missions?page=2"' in first
    assert 'rel="prev" href="/missions"' in second
    assert "25–26 of 26" in second
