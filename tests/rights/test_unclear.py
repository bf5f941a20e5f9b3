"""Unclear items of a team: everybody sees all of them, members decide about their own."""

from __future__ import annotations

import re
from typing import Any

from tests.pages.browsing import text_of
from tests.rights.conftest import ADA, ANN, BEN, EVA, Team
from webapp.accounts.people import Person
from webapp.clock import SystemClock
from webapp.db import writing
from webapp.models import Attempt, Item
from webapp.states import AttemptState, ItemState
from webapp.store.transitions import move_items


def unclear(team: Team, owner: Person) -> int:
    """A mission of theirs whose first item was sent and never answered, as the store keeps it."""
    mission_id = team.mission(owner)
    now = SystemClock().now()
    with writing():
        item = Item.get(Item.mission == mission_id, Item.item_index == 1)
        for state in (ItemState.PROCESSING, ItemState.UNKNOWN):
            move_items(mission_id, state, Item.id == item.id, now=now)
        Attempt.insert(
            mission_id=mission_id,
            item_id=item.id,
            item_index=1,
            number=1,
            task_type="text_to_image",
            provider="simulator",
            state=AttemptState.UNKNOWN,
            created_at=now,
            sent_at=now,
            answered_at=now,
            slot_until=now,
            error_class="ambiguous",
            error_code="read_timeout",
            boot_id="before",
        ).execute()
    return mission_id


def decide(team: Team, who: Person, action: str, *missions: int) -> Any:
    data = [("action", action), ("confirmed", "yes"), *(("pick", f"{one}-1") for one in missions)]
    return team.call(who, "POST", "/unknown/decide", data=data)


def state(team: Team, mission_id: int) -> str:
    found = team.data(ADA, "GET", f"/api/api-missions/{mission_id}")
    return str(found["items"][0]["status"])


def test_who_may_decide_sees_the_buttons_and_others_read_why_not(team: Team) -> None:
    mission_id = unclear(team, ANN)
    for person, may in ((ANN, True), (ADA, True), (BEN, False), (EVA, False)):
        page = team.page(person, f"/unknown?mission={mission_id}")
        assert ("Submit again (may be paid twice)" in text_of(page)) is may
        assert bool(re.search(r'class="pick"', page)) is may
        assert ("belongs to Ann" in text_of(page)) is (person is BEN)
        assert "What came back" in text_of(page)


def test_nobody_decides_about_what_belongs_to_another(team: Team) -> None:
    of_ann, of_ben = unclear(team, ANN), unclear(team, BEN)
    for person in (BEN, EVA):
        assert decide(team, person, "fail", of_ann).status_code == 403
    assert state(team, of_ann) == "unknown"
    assert decide(team, BEN, "fail", of_ann, of_ben).status_code == 303, "his own of the two"
    assert (state(team, of_ann), state(team, of_ben)) == ("unknown", "failed")
    assert decide(team, ADA, "resubmit", of_ann).status_code == 303
    assert state(team, of_ann) == "pending"


def test_it_is_written_down_who_decided(team: Team) -> None:
    mission_id = unclear(team, ANN)
    decide(team, ANN, "fail", mission_id)
    assert "Ann" in text_of(team.page(ADA, f"/missions/{mission_id}/history"))
