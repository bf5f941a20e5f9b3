"""What a person decides: pause, cancel, retry, resolve, delete; in every state of the mission."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.core import making
from tests.core.books import check_books
from tests.core.making import NOW, accept, claim, later
from webapp.accounts.people import LOCAL, Role
from webapp.db import NotUnique, writing
from webapp.models import Result
from webapp.settings import Settings
from webapp.states import ItemState, MissionState
from webapp.store import attempts, flights, items, missions, users
from webapp.store.flights import Flight


def failed_in(state: str) -> Flight:
    """An item that failed, in a mission that has gone on to `state`."""
    mission_id = making.new_mission(2)
    failed, other = claim().flights
    making.fail(accept(failed))
    match state:
        case "paused":
            missions.pause(mission_id, NOW, "anna")
        case "cancelled":
            missions.cancel(mission_id, NOW, "anna")
        case "completed":
            making.finish(accept(other))
        case "failed":
            making.fail(accept(other))
    assert making.status(mission_id) == state
    return failed


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("running", "running"),
        ("paused", "paused"),
        ("cancelled", "running"),
        ("completed", "running"),
        ("failed", "running"),
    ],
)
def test_a_failed_item_is_tried_again_whatever_its_mission_does(
    db: Settings, state: str, expected: str
) -> None:
    failed = failed_in(state)
    assert items.retry(failed.mission_id, NOW, "anna", indexes=[failed.item_index]) == 1
    assert making.status(failed.mission_id) == expected
    item = making.item(failed)
    assert (item.status, item.error_class, item.error_message) == ("pending", "", "")
    assert item.ended_at is None
    check_books()
    assert len(claim().flights) == (0 if expected == "paused" else 1)


def test_a_retry_of_all_leaves_cancelled_unknown_and_completed_items_alone(db: Settings) -> None:
    mission_id = making.new_mission(5)
    ends = [ItemState.FAILED, ItemState.CANCELLED, ItemState.UNKNOWN, ItemState.COMPLETED]
    for flight, end in zip(claim(limit=4).flights, ends, strict=True):
        making.to_state(flight, end)
    assert items.retry(mission_id, NOW, "anna") == 1
    assert making.states(mission_id) == ["pending", "cancelled", "unknown", "completed", "pending"]
    assert items.retry(mission_id, NOW, "anna", indexes=[1, 2, 3, 4, 5]) == 1
    assert making.states(mission_id)[1:4] == ["pending", "unknown", "completed"]
    check_books()


def test_a_retry_gives_the_program_its_three_tries_back(db: Settings) -> None:
    making.new_mission(1)
    for _ in range(3):
        (flight,) = claim().flights
        attempts.give_back(flight, making.BUSY, NOW, retry_at=None, counts_as_try=True)
    assert flights.transient_tries(flight.item_id) == 3
    attempts.refuse(claim().flights[0], making.MODERATED, NOW)
    items.retry(flight.mission_id, NOW, "anna")
    assert flights.transient_tries(flight.item_id) == 0


def test_only_waiting_items_can_be_cancelled(db: Settings) -> None:
    mission_id = making.new_mission(3)
    claim(limit=1)
    assert items.cancel(mission_id, [1, 2], NOW, "anna") == 1
    assert items.cancel(mission_id, [2], NOW, "anna") == 0
    assert making.states(mission_id) == ["processing", "cancelled", "pending"]
    check_books()


@pytest.mark.parametrize("paused", [False, True])
def test_cancelling_the_last_waiting_item_ends_the_mission(db: Settings, paused: bool) -> None:
    mission_id = making.new_mission(2)
    making.finish(accept(claim(limit=1).flights[0]))
    if paused:
        missions.pause(mission_id, NOW, "anna")
    items.cancel(mission_id, [2], NOW, "anna")
    assert making.status(mission_id) is MissionState.COMPLETED
    check_books()


def test_cancelling_a_mission_lets_what_was_sent_finish(db: Settings) -> None:
    mission_id = making.new_mission(3)
    sending, sent = claim(limit=2).flights
    accept(sent)
    assert missions.cancel(mission_id, NOW, "anna") == 1
    assert missions.cancel(mission_id, NOW, "anna") is None
    making.finish(accept(sending))
    assert making.states(mission_id) == ["completed", "processing", "cancelled"]
    assert making.status(mission_id) is MissionState.CANCELLED
    check_books()


def test_a_paused_mission_ends_when_its_last_item_does(db: Settings) -> None:
    flight = making.one_in_flight()
    missions.pause(flight.mission_id, NOW, "anna")
    making.finish(flight)
    assert making.status(flight.mission_id) is MissionState.COMPLETED
    assert not missions.resume(flight.mission_id, NOW, "anna")
    check_books()


def test_pause_and_resume(db: Settings) -> None:
    mission_id = making.new_mission()
    assert not missions.resume(mission_id, NOW, "anna")
    assert missions.pause(mission_id, NOW, "anna", cause="account", code="605", raw="low")
    assert not missions.pause(mission_id, NOW, "anna")
    assert missions.resume(mission_id, NOW, "anna")
    mission = making.mission(mission_id)
    assert (mission.status, mission.pause_cause, mission.pause_raw) == ("queued", "", "")
    assert len(claim().flights) == 3
    check_books()


def test_a_mission_that_was_paused_before_it_began_still_knows_when_it_began(
    db: Settings,
) -> None:
    mission_id = making.new_mission()
    missions.pause(mission_id, NOW, "anna")
    missions.resume(mission_id, later(5), "anna")
    claim(now=later(9))
    assert making.mission(mission_id).started_at == later(9)


def test_resume_does_not_start_a_mission_before_its_time(db: Settings) -> None:
    mission_id = making.new_mission(1, scheduled_at=later(60))
    missions.pause(mission_id, NOW, "anna")
    missions.resume(mission_id, NOW, "anna")
    assert not claim(now=later(59)).flights
    assert len(claim(now=later(60)).flights) == 1


def unknown_one() -> Flight:
    mission_id = making.new_mission(2)
    flight = claim(limit=1).flights[0]
    making.lose(flight)
    items.cancel(mission_id, [2], NOW, "anna")
    return flight


def test_an_attached_task_is_in_flight_again(db: Settings) -> None:
    flight = unknown_one()
    assert making.status(flight.mission_id) is MissionState.FAILED
    task_id = making.new_task_id()
    assert items.unknown_attempt(flight.mission_id, 1) == (flight.attempt_id, 1)
    assert items.attach(flight.attempt_id, task_id, NOW, "anna")
    assert not items.attach(flight.attempt_id, task_id, NOW, "anna")
    item = making.item(flight)
    assert (item.status, item.runninghub_task_id, item.error_class) == ("processing", task_id, "")
    assert making.status(flight.mission_id) is MissionState.RUNNING
    assert items.unknown_attempt(flight.mission_id, 1) is None
    check_books()


@pytest.mark.parametrize(
    ("decide", "item_state", "mission_state"),
    [(items.give_up, "failed", "failed"), (items.submit_again, "pending", "running")],
)
def test_an_unknown_item_is_given_up_or_sent_again_once(
    db: Settings,
    decide: Callable[..., bool],
    item_state: str,
    mission_state: str,
) -> None:
    flight = unknown_one()
    assert decide(flight.attempt_id, NOW, "anna")
    assert not decide(flight.attempt_id, NOW, "anna")
    assert not items.attach(flight.attempt_id, making.new_task_id(), NOW, "anna")
    assert making.states(flight.mission_id) == [item_state, "cancelled"]
    assert making.status(flight.mission_id) == mission_state
    assert making.attempt_states(flight.item_id) == ["abandoned"]
    check_books()


def test_an_item_marked_as_failed_keeps_the_reason(db: Settings) -> None:
    flight = unknown_one()
    items.give_up(flight.attempt_id, NOW, "anna")
    assert making.item(flight).error_code == "read_timeout"


def test_attaching_does_not_start_what_the_person_cancelled(db: Settings) -> None:
    mission_id = making.new_mission(3)
    flight = claim(limit=1).flights[0]
    making.lose(flight)
    missions.cancel(mission_id, NOW, "anna")
    items.attach(flight.attempt_id, making.new_task_id(), NOW, "anna")
    assert making.states(mission_id) == ["processing", "cancelled", "cancelled"]
    assert making.status(mission_id) is MissionState.CANCELLED
    check_books()


def test_a_deleted_mission_drains(db: Settings) -> None:
    mission_id = making.new_mission(3)
    first, second = claim(limit=2).flights
    missions.delete(mission_id, NOW, "anna")
    making.finish(accept(first))
    making.lose(second)
    assert making.states(mission_id) == ["completed", "unknown", "cancelled"]
    assert making.mission(mission_id).deleted_at == NOW
    missions.delete(mission_id, later(5), "anna")
    assert making.mission(mission_id).deleted_at == NOW
    check_books()


def test_however_many_causes_are_named_all_are_looked_for(db: Settings) -> None:
    mission_id = making.new_mission(2)
    first, second = claim().flights
    making.fail(accept(first))
    making.fail(accept(second))
    failed = making.item(first)
    cause = f"{failed.error_class}:{failed.error_code}"
    others = [f"content:{number}" for number in range(9000, 14_000)]
    assert items.retry(mission_id, NOW, "anna", causes=[*others, failed.error_class]) == 0
    assert items.retry(mission_id, NOW, "anna", causes=[*others, cause]) == 2
    check_books()


def test_a_key_is_remembered_for_longer_than_what_it_made(db: Settings) -> None:
    mission_id = making.new_mission(idempotency_key="once", request_hash="abc")
    assert missions.find_by_key(0, "once") == missions.MadeWith(mission_id, "abc", deleted=False)
    missions.delete(mission_id, NOW, "anna")
    assert missions.find_by_key(0, "once") == missions.MadeWith(mission_id, "abc", deleted=True)
    missions.purge(mission_id, NOW)
    assert missions.find_by_key(0, "once") == missions.MadeWith(mission_id, "", deleted=True)
    assert missions.find_by_key(1, "once") is None
    without = making.new_mission()
    missions.delete(without, NOW, "anna")
    missions.purge(without, NOW)
    ada = users.add("Ada", Role.ADMIN, "hash", NOW, LOCAL).person
    assert missions.find_by_key(0, "once") is None
    assert missions.find_by_key(ada.id, "once") == missions.MadeWith(mission_id, "", deleted=True)


def test_a_purge_names_the_files_only_when_it_removed_the_rows(db: Settings) -> None:
    flight = making.one_in_flight()
    making.finish(flight)
    with writing():
        Result.update(filename="1_0001_1_ab.png", file_state="saved").execute()
    assert missions.purge(flight.mission_id, NOW) == []
    missions.delete(flight.mission_id, NOW, "anna")
    assert missions.purge(flight.mission_id, NOW) == ["1_0001_1_ab.png"]
    assert missions.purge(flight.mission_id, NOW) == []


def test_two_people_may_use_the_same_idempotency_key(db: Settings) -> None:
    ann = making.new_mission(owner_id=1, idempotency_key="once")
    ben = making.new_mission(owner_id=2, idempotency_key="once")
    assert missions.find_by_key(1, "once") == missions.MadeWith(ann, "", deleted=False)
    assert missions.find_by_key(2, "once") == missions.MadeWith(ben, "", deleted=False)
    with pytest.raises(NotUnique):
        making.new_mission(owner_id=1, idempotency_key="once")
