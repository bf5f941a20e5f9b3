"""The money ledger: an attempt ends once, by its own task, and its item with it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from peewee import IntegrityError

from tests.core import making
from tests.core.books import check_books
from tests.core.making import MODERATED, NOW, SUBMITTER, accept, claim, later
from webapp.db import reading
from webapp.models import Attempt, Event, Result
from webapp.settings import Settings
from webapp.states import AttemptState, MissionState
from webapp.store import attempts, flights, items, missions
from webapp.store.flights import Flight, Refusal

Answer = Callable[[Flight], object]

LATE_ANSWERS: dict[str, Answer] = {
    "success": making.finish,
    "failure": making.fail,
    "cancel": lambda flight: attempts.cancelled_remotely(flight, MODERATED, NOW),
    "silence": making.lose,
}


def overdue(**changes: object) -> Flight:
    """A task that never ended and is unknown now, with an id that is still asked about."""
    flight = making.one_in_flight(**changes)
    making.lose(flight)
    found = flights.load_flight(flight.attempt_id)
    assert found is not None
    return found


def test_a_success_stores_all_results_and_the_money(db: Settings) -> None:
    flight = making.one_in_flight()
    assert making.finish(flight, later(9), cost="0.05", files=3) == 3
    item, mission = making.item(flight), making.mission(flight.mission_id)
    assert (item.status, item.cost, item.seconds) == ("completed", Decimal("0.05"), 9.0)
    assert item.result_url == "https://cos.example/0.png"
    assert (mission.cost, mission.files_pending) == (Decimal("0.05"), 3)
    assert mission.ended_at == later(9)
    with reading():
        assert [r.position for r in Result.select().order_by(Result.id)] == [1, 2, 3]
    check_books()


def test_a_success_without_a_price_costs_nothing_known(db: Settings) -> None:
    flight = making.one_in_flight()
    making.finish(flight, cost=None)
    assert making.item(flight).cost is None
    assert making.mission(flight.mission_id).cost == 0
    check_books()


def test_a_failure_that_was_charged_counts_as_money(db: Settings) -> None:
    flight = making.one_in_flight()
    attempts.fail(flight, MODERATED, NOW, cost=Decimal("0.02"), currency="CNY")
    assert making.item(flight).cost == Decimal("0.02")
    assert making.mission(flight.mission_id).cost == Decimal("0.02")
    check_books()


@pytest.mark.parametrize("answer", LATE_ANSWERS.values(), ids=LATE_ANSWERS)
@pytest.mark.parametrize("first", ["success", "failure"])
def test_the_second_answer_changes_nothing(db: Settings, first: str, answer: Answer) -> None:
    flight = making.one_in_flight()
    LATE_ANSWERS[first](flight)
    ended = making.item(flight).status
    answer(flight)
    assert making.item(flight).status == ended
    with reading():
        assert Result.select().count() == (1 if first == "success" else 0)
    check_books()


@pytest.mark.parametrize("answer", LATE_ANSWERS.values(), ids=LATE_ANSWERS)
def test_a_given_up_attempt_cannot_end_the_one_that_took_its_place(
    db: Settings, answer: Answer
) -> None:
    """A late success once completed the item of the attempt that a person had sent instead. The new
    one, paid for as well, then kept its slot for ever."""
    late = overdue()
    items.submit_again(late.attempt_id, NOW, "anna")
    (again,) = claim().flights
    accept(again)
    answer(late)
    assert making.attempt_states(late.item_id) == ["abandoned", "submitted"]
    assert making.item(late).status == "processing"
    check_books()
    making.finish(accept_as_is(again))
    assert making.attempt_states(late.item_id) == ["abandoned", "succeeded"]
    check_books()


def accept_as_is(flight: Flight) -> Flight:
    found = flights.load_flight(flight.attempt_id)
    assert found is not None
    return found


@pytest.mark.parametrize("answer", LATE_ANSWERS.values(), ids=LATE_ANSWERS)
def test_an_answer_about_another_task_ends_nothing(db: Settings, answer: Answer) -> None:
    """A person attached another id while the question about the first one was on its way."""
    late = overdue()
    right = making.new_task_id()
    assert items.attach(late.attempt_id, right, NOW, "anna")
    answer(late)
    assert making.attempt(late).state == "submitted"
    assert making.attempt(late).runninghub_task_id == right
    check_books()


def test_a_late_success_completes_an_unknown_item(db: Settings) -> None:
    late = overdue()
    assert making.status(late.mission_id) is MissionState.FAILED
    making.finish(late)
    item = making.item(late)
    assert (item.status, item.error_class, item.error_message) == ("completed", "", "")
    assert making.status(late.mission_id) is MissionState.COMPLETED
    check_books()


def test_a_late_failure_fails_an_unknown_item(db: Settings) -> None:
    late = overdue()
    making.fail(late)
    assert making.item(late).error_code == "1501"
    assert making.status(late.mission_id) is MissionState.FAILED
    check_books()


def test_a_late_success_leaves_a_cancelled_mission_cancelled(db: Settings) -> None:
    mission_id = making.new_mission(2)
    late = accept(claim(limit=1).flights[0])
    making.lose(late)
    missions.cancel(mission_id, NOW, "anna")
    making.finish(late)
    assert making.states(mission_id) == ["completed", "cancelled"]
    assert making.status(mission_id) is MissionState.CANCELLED
    check_books()


def test_an_id_belongs_to_one_attempt(db: Settings) -> None:
    making.new_mission(2)
    one, two = claim().flights
    taken = accept(one)
    assert taken.remote_task_id is not None
    with pytest.raises(IntegrityError):
        attempts.accepted(two, taken.remote_task_id, "queued", "{}", NOW)
    assert making.attempt(two).state == "submitting"
    making.lose(two)
    with pytest.raises(IntegrityError):
        items.attach(two.attempt_id, taken.remote_task_id, NOW, "anna")
    assert making.states(one.mission_id) == ["processing", "unknown"]
    check_books()


def test_an_id_that_comes_after_somebody_has_decided_is_only_written_down(db: Settings) -> None:
    making.new_mission(1)
    (flight,) = claim().flights
    making.lose(flight)
    assert items.give_up(flight.attempt_id, later(5), "anna")
    taken = accept(flight, later(6))
    assert making.attempt(flight).runninghub_task_id == taken.remote_task_id
    assert making.attempt_states(flight.item_id) == ["abandoned"]
    assert making.states(flight.mission_id) == ["failed"]
    check_books()


def test_a_busy_answer_spends_no_try(db: Settings) -> None:
    making.new_mission(1)
    for _ in range(5):
        (flight,) = claim().flights
        attempts.give_back(flight, making.BUSY, NOW, retry_at=None, counts_as_try=False)
    assert making.item(flight).attempt_count == 0
    assert flights.transient_tries(flight.item_id) == 0
    assert making.attempt_states(flight.item_id) == ["returned"] * 5
    check_books()


@pytest.mark.parametrize("end", [attempts.fail, attempts.cancelled_remotely])
def test_what_a_task_without_a_result_cost_is_in_the_books(
    db: Settings, end: Callable[..., None]
) -> None:
    """Once while somebody waits for it, once after they had given it up."""
    charged: dict[str, Any] = {"cost": Decimal("0.05"), "currency": "CNY"}
    flight = making.one_in_flight()
    end(flight, MODERATED, later(9), **charged)
    assert making.attempt(flight).cost == making.mission(flight.mission_id).cost == Decimal("0.05")
    late = making.one_in_flight()
    making.lose(late)
    assert items.give_up(late.attempt_id, later(5), "anna")
    for _ in range(2):
        end(late, MODERATED, later(9), **charged)
    assert making.attempt(late).cost == making.mission(late.mission_id).cost == Decimal("0.05")
    check_books()


@pytest.mark.parametrize("prepares", [frozenset(), frozenset({"text_to_image"})])
def test_a_refusal_from_before_the_trouble_was_mended_pauses_nothing(
    db: Settings, prepares: frozenset[str]
) -> None:
    """Two submits (or uploads before them) are open; one is refused, a person tops up and goes on,
    then the other is."""
    mission_id, other_id = making.new_mission(3), making.new_mission(3)
    first, second = claim(2, prepares=prepares).flights
    empty = Refusal("account", "812", "no money")

    def refused(flight: Flight, at: float) -> None:
        attempts.give_back(flight, empty, later(at), retry_at=None, counts_as_try=False, pause=True)

    def found() -> set[str]:
        return {making.mission(one).status for one in (mission_id, other_id)}

    refused(first, 1)
    assert found() == {"paused"}
    assert len(missions.resume_after_trouble("runninghub", later(5), "anna")) == 2
    refused(second, 6)
    assert found() == {"running"}
    (newer,) = claim(1, now=later(7)).flights
    refused(newer, 8)
    assert found() == {"paused"}
    check_books()


def test_trouble_with_the_account_pauses_the_mission_and_says_why(db: Settings) -> None:
    mission_id = making.new_mission(3)
    one, two = claim(limit=2).flights
    empty = Refusal("account", "812", "no money")
    for flight in (one, two):
        attempts.give_back(flight, empty, NOW, retry_at=None, counts_as_try=False, pause=True)
    mission = making.mission(mission_id)
    assert (mission.status, mission.pause_code, mission.pause_raw) == ("paused", "812", "no money")
    assert making.states(mission_id) == ["pending"] * 3
    assert not claim().flights
    check_books()


@pytest.mark.parametrize(
    ("stop", "expected"),
    [(missions.pause, "pending"), (missions.cancel, "cancelled"), (missions.delete, "cancelled")],
)
def test_nothing_is_sent_for_a_mission_that_was_stopped_while_its_images_went_up(
    db: Settings, stop: Callable[..., object], expected: str
) -> None:
    mission_id = making.new_mission(1, task_type="image_to_image")
    (flight,) = claim(prepares=frozenset({"image_to_image"})).flights
    stop(mission_id, NOW, "anna")
    assert attempts.begin_submit(flight, later(1)) is None
    assert making.states(mission_id) == [expected]
    assert making.attempt_states(flight.item_id) == ["returned"]
    assert making.item(flight).attempt_count == 0
    check_books()


@pytest.mark.parametrize("stop", [missions.cancel, missions.delete])
def test_what_comes_back_to_a_cancelled_mission_is_cancelled(
    db: Settings, stop: Callable[..., object]
) -> None:
    mission_id = making.new_mission(1)
    (flight,) = claim().flights
    stop(mission_id, NOW, "anna")
    attempts.give_back(flight, making.BUSY, NOW, retry_at=later(9), counts_as_try=True)
    item = making.item(flight)
    assert (item.status, item.next_at, item.ended_at) == ("cancelled", None, NOW)
    check_books()


def test_attempts_and_events_outlive_a_purged_mission(db: Settings) -> None:
    flight = making.one_in_flight()
    making.finish(flight)
    missions.delete(flight.mission_id, NOW, "anna")
    assert missions.purgeable(NOW) == []
    assert missions.purgeable(later(1)) == [flight.mission_id]
    missions.purge(flight.mission_id, later(1))
    ledger = making.attempt(flight)
    assert (ledger.state, ledger.cost) == ("succeeded", Decimal("0.05"))
    assert flights.load_flight(flight.attempt_id) is None
    with reading():
        assert Result.select().count() == 0
    check_books()


def test_a_mission_with_something_in_flight_is_not_purged(db: Settings) -> None:
    flight = making.one_in_flight()
    missions.delete(flight.mission_id, NOW, "anna")
    assert missions.purgeable(later(1)) == []
    assert missions.purge(flight.mission_id, later(1)) == []
    assert making.item(flight).status == "processing"
    check_books()


def test_what_is_unknown_is_given_up_with_its_deleted_mission(db: Settings) -> None:
    making.new_mission(2)
    first, second = claim().flights
    making.lose(first)
    making.lose(accept(second))
    missions.delete(first.mission_id, NOW, "anna")
    assert making.attempt_states(first.item_id) == ["unknown"], "an answer would still be noted"
    assert missions.purgeable(later(1)) == [first.mission_id]
    missions.purge(first.mission_id, later(1))
    assert missions.purgeable(later(1)) == []
    for flight in (first, second):
        ledger = making.attempt(flight)
        assert (ledger.state, ledger.ended_at, ledger.slot_until) == ("abandoned", later(1), None)
        with reading():
            event = Event.select().where(Event.item_id == flight.item_id).order_by(-Event.id).get()
        told = (event.attempt_id, event.before, event.after, event.note, event.who)
        assert told == (flight.attempt_id, "unknown", "failed", "mission deleted", "program")
    check_books()


def test_durations_come_from_successes_alone_newest_first(db: Settings) -> None:
    making.new_mission(3)
    for flight, seconds in zip(claim().flights, (3, 5, 4), strict=True):
        end = making.finish if seconds != 4 else making.fail
        end(accept(flight), later(seconds))
    assert flights.recent_durations("text_to_image", 10) == [5.0, 3.0]
    assert flights.recent_durations("text_to_image", 1) == [5.0]
    assert flights.recent_durations("text_to_video", 10) == []


def test_what_is_at_the_provider_can_be_found_again(db: Settings) -> None:
    making.new_mission(3)
    one, two, _ = claim().flights
    accept(one)
    making.lose(two)
    assert flights.submitted_ids(SUBMITTER.provider) == [one.attempt_id]
    with reading():
        assert Attempt.select().where(Attempt.state == AttemptState.SUBMITTING).count() == 1


def test_a_try_that_was_given_up_and_delivers_is_in_the_ledger_and_in_the_sum(
    db: Settings,
) -> None:
    flight = making.one_in_flight()
    attempts.become_unknown(flight, making.LOST_ANSWER, NOW, may_run_for_s=0)
    assert items.submit_again(flight.attempt_id, later(1), "anna")
    assert making.finish(flight, later(2)) == 0
    assert making.finish(flight, later(3)) == 0, "and only once"
    given_up = making.attempt(flight)
    assert (given_up.state, str(given_up.cost)) == ("abandoned", "0.05")
    assert str(making.mission(flight.mission_id).cost) == "0.05"
    assert making.item(flight).status == "pending"


@pytest.mark.parametrize("answer", LATE_ANSWERS.values(), ids=LATE_ANSWERS)
def test_an_answer_about_a_mission_that_is_gone_does_no_harm(db: Settings, answer: Answer) -> None:
    """What it cost goes into the ledger; there is no item any more to tell about it."""
    late = overdue()
    missions.delete(late.mission_id, NOW, "anna")
    missions.purge(late.mission_id, NOW)
    answer(late)
    ledger = making.attempt(late)
    assert ledger.state == "abandoned"
    assert ledger.cost == (Decimal("0.05") if answer is making.finish else None)
    check_books()
