"""The one door between states: what may go where, and what is written with it."""

from __future__ import annotations

from itertools import product

import pytest

from tests.core import making
from tests.core.books import check_books
from tests.core.making import NOW
from webapp.db import reading, writing
from webapp.models import Event, Item, Mission
from webapp.settings import Settings
from webapp.states import ITEM_TRANSITIONS, MISSION_TRANSITIONS, ItemState, MissionState
from webapp.store import missions
from webapp.store.rows import dicts
from webapp.store.transitions import move_items, move_mission

ITEM_MOVES = {
    ("pending", "processing"),
    ("pending", "cancelled"),
    ("pending", "unknown"),  # restored from a backup, and maybe paid for since
    ("processing", "pending"),
    ("processing", "completed"),
    ("processing", "failed"),
    ("processing", "unknown"),
    ("processing", "cancelled"),
    ("unknown", "processing"),
    ("unknown", "pending"),
    ("unknown", "failed"),
    ("failed", "pending"),
    ("cancelled", "pending"),
}
"""Written out a second time: a completed item is never touched, an unknown one never sent again
without passing through a person's hands."""

MISSION_MOVES = {
    *(("queued", target) for target in ("running", "paused", "cancelled")),
    *(("running", target) for target in ("paused", "completed", "cancelled", "failed")),
    *(("paused", to) for to in ("queued", "running", "completed", "cancelled", "failed")),
    *((ended, "running") for ended in ("completed", "cancelled", "failed")),
    ("failed", "cancelled"),  # what the breaker stopped
}


def test_the_tables_say_what_the_design_says() -> None:
    items = {(a.value, b.value) for a, targets in ITEM_TRANSITIONS.items() for b in targets}
    missions = {(a.value, b.value) for a, targets in MISSION_TRANSITIONS.items() for b in targets}
    assert items == ITEM_MOVES
    assert missions == MISSION_MOVES


@pytest.mark.parametrize(("source", "target"), list(product(ItemState, ItemState)))
def test_an_item_goes_only_where_the_table_leads(
    db: Settings, source: ItemState, target: ItemState
) -> None:
    making.new_mission(2)
    flight = making.claim(1).flights[0]
    making.to_state(flight, source)
    with reading():
        before = Event.select().count()
    allowed = (source.value, target.value) in ITEM_MOVES
    assert making.move(flight, target) is allowed
    assert making.item(flight).status == (target if allowed else source)
    with reading():
        assert Event.select().count() == before + allowed
        (counts,) = dicts(Mission.select())
    # The row of the other, waiting item is the one beside it.
    expected = dict.fromkeys(ItemState, 0) | {ItemState.PENDING: 1}
    expected[target if allowed else source] += 1
    assert {state: counts[f"{state}_count"] for state in ItemState} == expected


@pytest.mark.parametrize(("source", "target"), list(product(MissionState, MissionState)))
def test_a_mission_goes_only_where_the_table_leads(
    db: Settings, source: MissionState, target: MissionState
) -> None:
    mission_id = making.new_mission()
    with writing():
        Mission.update(status=source).execute()
        before = Event.select().count()
        allowed = (source.value, target.value) in MISSION_MOVES
        assert move_mission(mission_id, target, now=NOW) is allowed
        assert Event.select().count() == before + allowed
    assert making.status(mission_id) == (target if allowed else source)


def test_a_move_its_event_and_its_counters_stand_or_fall_together(db: Settings) -> None:
    mission_id = making.new_mission()

    class PowerCut(Exception):
        pass

    with reading():
        events, rev = Event.select().count(), Mission.get_by_id(mission_id).rev
    with pytest.raises(PowerCut), writing():
        move_items(mission_id, ItemState.CANCELLED, now=NOW)
        assert Mission.get_by_id(mission_id).cancelled_count == 3
        raise PowerCut
    assert making.states(mission_id) == ["pending"] * 3
    with reading():
        assert Event.select().count() == events
        assert Mission.get_by_id(mission_id).rev == rev
    check_books()


def test_an_event_says_who_and_why(db: Settings) -> None:
    mission_id = making.new_mission(1)
    missions.pause(mission_id, NOW, "anna", cause="account", code="812")
    with reading():
        *_, event = dicts(Event.select().order_by(Event.id))
    assert (event["before"], event["after"]) == ("queued", "paused")
    assert (event["who"], event["note"], event["at"]) == ("anna", "account:812", NOW)


def test_every_move_gives_the_mission_and_the_item_a_higher_revision(db: Settings) -> None:
    first, second = making.new_mission(1), making.new_mission(1)
    revisions = [making.mission(second).rev]
    for now_state in (ItemState.CANCELLED, ItemState.PENDING):
        with writing():
            move_items(second, now_state, now=NOW)
        revisions.append(making.mission(second).rev)
        with reading():
            assert Item.get(Item.mission == second).rev <= revisions[-1]
    assert revisions == sorted(set(revisions))
    assert making.mission(first).rev < revisions[0]


def test_the_last_item_ends_the_mission(db: Settings) -> None:
    mission_id = making.new_mission(2)
    one, two = making.claim().flights
    making.fail(making.accept(one))
    assert making.status(mission_id) is MissionState.RUNNING
    making.finish(making.accept(two))
    assert making.status(mission_id) is MissionState.COMPLETED
    check_books()


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (["completed", "failed"], "completed"),
        (["completed", "unknown"], "completed"),
        (["completed", "cancelled"], "completed"),
        (["failed", "failed"], "failed"),
        (["failed", "unknown"], "failed"),
        (["failed", "cancelled"], "failed"),
        (["unknown", "cancelled"], "failed"),
        (["cancelled", "cancelled"], "cancelled"),
    ],
)
def test_how_a_mission_ends(db: Settings, ends: list[str], expected: str) -> None:
    mission_id = making.new_mission(2)
    for flight, end in zip(making.claim().flights, ends, strict=True):
        making.to_state(flight, ItemState(end))
    assert making.status(mission_id) == expected
    check_books()
