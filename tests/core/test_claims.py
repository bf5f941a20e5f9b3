"""Who gets the next free slot, and how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from peewee import IntegrityError

from tests.core import making
from tests.core.books import check_books
from tests.core.making import BOOT_2, BOOT_3, NOW, SUBMITTER, claim, later
from webapp.db import writing
from webapp.models import Attempt
from webapp.settings import Settings
from webapp.states import AttemptState, MissionState
from webapp.store import attempts, claims, flights, items, missions
from webapp.store.flights import Flight


def per_mission(flights: Sequence[Flight]) -> Counter[int]:
    return Counter(flight.mission_id for flight in flights)


def test_a_claim_takes_items_in_their_order_no_more_than_asked(db: Settings) -> None:
    making.new_mission(5)
    found = claim(2)
    assert [flight.item_index for flight in found.flights] == [1, 2]
    assert found.more
    assert [flight.item_index for flight in claim().flights] == [3, 4, 5]
    check_books()


def test_a_clock_that_was_set_back_leaves_no_item_behind(db: Settings) -> None:
    making.new_mission(1)
    (flight,) = claim(now=later(8 * 3600)).flights
    attempts.give_back(
        flight, making.BUSY, later(8 * 3600), retry_at=later(8 * 3600 + 400), counts_as_try=True
    )
    assert claim(now=later(8 * 3600 + 399)).flights == []
    assert [again.item_id for again in claim().flights] == [flight.item_id], "eight hours before"
    check_books()


def test_a_claim_writes_what_the_submit_needs(db: Settings) -> None:
    mission_id = making.new_mission(1)
    (flight,) = claim().flights
    attempt = making.attempt(flight)
    assert (attempt.state, attempt.number, attempt.sent_at) == ("submitting", 1, NOW)
    assert (attempt.boot_id, attempt.key_fingerprint) == ("boot-1", "key-1")
    assert flight.params == {"prompt": "fox 0", "aspectRatio": "3:4"}
    mission = making.mission(mission_id)
    assert (mission.status, mission.started_at) == ("running", NOW)


@pytest.mark.parametrize(
    ("limit", "texts", "most", "with_images", "without"),
    [(8, 2, 6, 6, 2), (8, 10, 0, 0, 8), (8, 10, 9, 4, 4), (20, 10, 6, 6, 10), (20, 0, 6, 6, 0)],
)
def test_no_more_items_with_images_than_allowed_keep_the_others_waiting(
    db: Settings, limit: int, texts: int, most: int, with_images: int, without: int
) -> None:
    edits = making.new_mission(50, task_type="image_to_image")
    if texts:
        making.new_mission(texts)
    found = claims.claim(limit, 100, NOW, SUBMITTER, frozenset({"image_to_image"}), most)
    taken = per_mission(found.flights)
    assert (taken.pop(edits, 0), taken.total()) == (with_images, without)
    check_books()


def test_items_with_images_are_prepared_before_anything_can_leave(db: Settings) -> None:
    making.new_mission(1, task_type="image_to_image")
    (flight,) = claim(prepares=frozenset({"image_to_image"})).flights
    assert flight.state is AttemptState.PREPARING
    assert making.attempt(flight).sent_at is None
    sent = attempts.begin_submit(flight, later(3))
    assert sent is not None and sent.state is AttemptState.SUBMITTING
    assert making.attempt(flight).sent_at == later(3)
    assert attempts.begin_submit(flight, later(4)) is None
    check_books()


def test_slots_are_counted_from_rows(db: Settings) -> None:
    """Nothing but the database knows what is in flight, so a restart changes nothing."""
    making.new_mission(10)
    assert len(claim(slots=4).flights) == 4
    full = claim(slots=4)
    assert not full.flights
    assert claims.busy_slots(NOW, SUBMITTER.provider) == 4


def test_fewer_slots_than_before_let_what_runs_go_on(db: Settings) -> None:
    making.new_mission(60)
    running = [making.accept(flight) for flight in claim(slots=50).flights]
    assert len(running) == 50
    assert not claim(slots=5).flights
    for flight in running[:45]:
        making.finish(flight)
    assert not claim(slots=5).flights
    making.finish(running[45])
    assert len(claim(slots=5).flights) == 1
    assert claims.busy_slots(NOW, SUBMITTER.provider) == 5
    check_books()


def test_more_slots_than_before_are_filled(db: Settings) -> None:
    making.new_mission(60)
    claim(slots=5)
    assert len(claim(slots=50).flights) == 45


def test_an_unknown_attempt_keeps_its_slot_while_it_may_run(db: Settings) -> None:
    making.new_mission(3)
    first, second = claim(slots=2).flights
    making.lose(first, may_run_for_s=100)
    making.lose(second, may_run_for_s=200)
    full = claim(slots=2, now=later(99))
    assert not full.flights
    assert full.next_at == later(100)
    assert claims.busy_slots(later(99), SUBMITTER.provider) == 2
    assert len(claim(slots=2, now=later(100)).flights) == 1


@pytest.mark.parametrize("decision", ["fail", "resubmit"])
def test_a_decision_frees_the_slot_of_an_unknown_attempt(db: Settings, decision: str) -> None:
    making.new_mission(1)
    (flight,) = claim().flights
    making.lose(flight, may_run_for_s=1000)
    decide = items.give_up if decision == "fail" else items.submit_again
    assert decide(flight.attempt_id, NOW, "anna")
    assert claims.busy_slots(NOW, SUBMITTER.provider) == 0
    check_books()


def test_two_missions_share_the_slots_evenly(db: Settings) -> None:
    first, second = making.new_mission(40), making.new_mission(40)
    assert per_mission(claim(slots=10).flights) == {first: 5, second: 5}


def test_a_late_mission_catches_up_before_the_other_gets_more(db: Settings) -> None:
    early = making.new_mission(40)
    running = claim(slots=10).flights
    late = making.new_mission(40)
    for flight in running[:6]:
        making.finish(making.accept(flight))
    assert per_mission(claim(slots=10).flights) == {late: 5, early: 1}


def test_one_picture_gets_the_next_free_slot_beside_ten_thousand(db: Settings) -> None:
    making.new_mission(10_000)
    running = claim(limit=50, slots=50).flights
    one = making.new_mission(1)
    making.finish(making.accept(running[0]))
    (next_up,) = claim(slots=50).flights
    assert next_up.mission_id == one


def test_what_a_small_mission_leaves_goes_to_the_large_one_at_once(db: Settings) -> None:
    """A share for items that were not there once left slots empty until the next ending."""
    large, small = making.new_mission(40), making.new_mission(1)
    found = claim(limit=8, slots=50)
    assert per_mission(found.flights) == {large: 7, small: 1}
    assert found.more


def test_missions_of_one_item_each_fill_all_slots(db: Settings) -> None:
    for _ in range(12):
        making.new_mission(1)
    assert len(claim(slots=10).flights) == 10


def test_who_waited_longest_comes_first(db: Settings) -> None:
    first, second, third = (making.new_mission(9) for _ in range(3))
    turns = [claim(limit=1).flights[0].mission_id for _ in range(6)]
    assert turns == [first, second, third] * 2


def test_a_higher_priority_gets_twice_the_slots_per_step(db: Settings) -> None:
    plain, important = making.new_mission(90), making.new_mission(90, priority=2)
    assert per_mission(claim(slots=50).flights) == {plain: 10, important: 40}


def test_a_low_priority_never_starves(db: Settings) -> None:
    low, high = making.new_mission(90, priority=-3), making.new_mission(90, priority=3)
    shared = per_mission(claim(slots=65).flights)
    assert shared[low] == 1
    assert shared[high] == 64


def test_a_mission_starts_when_its_time_has_come_however_late_we_look(db: Settings) -> None:
    making.new_mission(2, scheduled_at=later(60))
    early = claim(now=later(59))
    assert not early.flights
    assert early.next_at == later(60)
    assert len(claim(limit=1, now=later(60)).flights) == 1
    assert len(claim(now=later(86400)).flights) == 1


def test_an_item_that_waits_for_its_next_try_is_passed_over(db: Settings) -> None:
    making.new_mission(2)
    first, _ = claim().flights
    attempts.give_back(first, making.BUSY, NOW, retry_at=later(8), counts_as_try=True)
    found = claim(now=later(7))
    assert not found.flights
    assert found.next_at == later(8)
    (again,) = claim(now=later(8)).flights
    assert (again.item_id, making.attempt(again).number) == (first.item_id, 2)


def test_nothing_is_to_be_done_later_when_nothing_waits(db: Settings) -> None:
    making.new_mission(1)
    assert claim().next_at is None
    assert claim().next_at is None


@pytest.mark.parametrize("state", ["paused", "cancelled", "deleted"])
def test_a_stopped_mission_gets_no_slot(db: Settings, state: str) -> None:
    mission_id = making.new_mission()
    claim(limit=1)
    stop = {"paused": missions.pause, "cancelled": missions.cancel, "deleted": missions.delete}
    stop[state](mission_id, NOW, "anna")
    assert not claim().flights
    check_books()


def test_the_database_refuses_a_second_live_attempt(db: Settings) -> None:
    making.new_mission(1)
    (flight,) = claim().flights
    columns = {
        "mission_id": flight.mission_id,
        "item_id": flight.item_id,
        "item_index": 1,
        "number": 2,
        "task_type": "text_to_image",
        "provider": "runninghub",
        "created_at": NOW,
        "boot_id": "boot-1",
    }
    for state in ("preparing", "submitting", "submitted", "unknown"):
        with pytest.raises(IntegrityError), writing():
            Attempt.insert(state=state, **columns).execute()
    with writing():
        Attempt.insert(state=AttemptState.FAILED, ended_at=NOW, **columns).execute()


def test_after_a_crash_what_was_being_sent_is_unknown_and_nothing_is_sent_again(
    db: Settings,
) -> None:
    mission_id = making.new_mission(4)
    first, second, third = claim(limit=3).flights
    accepted = making.accept(third)
    (again,) = claims.recover(later(10), BOOT_2, lambda _: 100.0)
    assert again.attempt_id == accepted.attempt_id
    assert making.states(mission_id) == ["unknown", "unknown", "processing", "pending"]
    for flight in (first, second):
        assert making.attempt(flight).slot_until == later(100)
        assert making.attempt(flight).error_code == "restart"
    assert [flight.item_index for flight in claim(now=later(10)).flights] == [4]
    check_books()


def test_after_a_crash_what_had_sent_nothing_waits_again(db: Settings) -> None:
    mission_id = making.new_mission(1, task_type="image_to_image")
    (flight,) = claim(prepares=frozenset({"image_to_image"})).flights
    assert claims.recover(later(10), BOOT_2, lambda _: 100.0) == []
    assert making.states(mission_id) == ["pending"]
    assert making.item(flight).attempt_count == 0
    assert making.attempt_states(flight.item_id) == ["returned"]
    check_books()


def test_after_a_crash_a_cancelled_mission_stays_cancelled(db: Settings) -> None:
    """Its item once went back to a queue that nobody serves."""
    mission_id = making.new_mission(1, task_type="image_to_image")
    claim(prepares=frozenset({"image_to_image"}))
    missions.cancel(mission_id, NOW, "anna")
    claims.recover(later(10), BOOT_2, lambda _: 100.0)
    assert making.states(mission_id) == ["cancelled"]
    assert making.status(mission_id) is MissionState.CANCELLED
    check_books()


def test_a_start_touches_nothing_of_its_own_boot(db: Settings) -> None:
    making.new_mission(1)
    (flight,) = claim().flights
    claims.recover(NOW, SUBMITTER, lambda _: 100.0)
    assert making.attempt(flight).state == "submitting"


def test_an_unknown_attempt_with_an_id_is_asked_about_for_a_day(db: Settings) -> None:
    making.new_mission(1)
    (flight,) = claim().flights
    late = making.accept(flight)
    making.lose(late)
    day = 24 * 3600
    assert claims.recover(later(day - 1), BOOT_2, lambda _: 100.0) != []
    assert claims.recover(later(day + 1), BOOT_3, lambda _: 100.0) == []


def test_what_was_made_for_the_demo_is_never_sent_to_the_account(db: Settings) -> None:
    making.new_mission(3, provider="simulator")
    assert claim(10).flights == []
    real = making.new_mission(2)
    assert {flight.mission_id for flight in claim(10).flights} == {real}


def test_the_account_s_tasks_are_not_asked_about_in_the_demo(db: Settings) -> None:
    making.new_mission(1)
    (flight,) = claim(1).flights
    making.accept(flight)
    demo = replace(BOOT_2, provider="simulator")
    assert claims.recover(later(10), demo, lambda _: 100.0) == []
    assert flights.submitted_ids("simulator") == []
    assert claims.busy_slots(NOW, "simulator") == 0
    (again,) = claims.recover(later(20), BOOT_3, lambda _: 100.0)
    assert again.attempt_id == flight.attempt_id
