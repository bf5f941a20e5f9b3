"""What the program learns from refusals and from silence."""

from __future__ import annotations

import pytest

from webapp.clock import FakeClock
from webapp.work.throttle import Throttle


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def throttle(clock: FakeClock) -> Throttle:
    return Throttle(clock, 50)


def test_a_busy_answer_lowers_the_slots_to_what_was_taken(throttle: Throttle) -> None:
    throttle.busy(12, None)
    assert throttle.slots == 12
    throttle.busy(0, None)
    assert throttle.slots == 12, "several refusals at once are one piece of news"


def test_too_fast_is_half_as_many(clock: FakeClock, throttle: Throttle) -> None:
    throttle.busy(3, None, full=False)
    assert throttle.slots == 25
    clock.advance(throttle.closed_for_s())
    throttle.busy(3, None, full=False)
    assert throttle.slots == 12


def test_what_the_account_says_lowers_the_slots_and_never_raises_them(throttle: Throttle) -> None:
    throttle.allow(80)
    assert (throttle.slots, throttle.lowered) == (50, False)
    throttle.allow(3)
    assert (throttle.slots, throttle.closed_for_s()) == (3, 0)
    throttle.allow(-4)
    assert throttle.slots == 1
    for _ in range(1000):
        throttle.accepted()
    assert throttle.slots == 50


def test_after_trouble_with_the_account_one_submit_at_a_time_until_it_takes_one(
    throttle: Throttle,
) -> None:
    assert not throttle.guarded
    throttle.account_refused()
    assert throttle.guarded
    throttle.answered()
    assert throttle.at_once(8) == 1
    throttle.accepted()
    assert throttle.at_once(8) == 8
    assert not throttle.guarded


def test_there_is_always_one_slot(throttle: Throttle) -> None:
    throttle.busy(0, None)
    assert throttle.slots == 1


def test_each_busy_answer_in_a_row_waits_longer_up_to_half_a_minute(
    clock: FakeClock, throttle: Throttle
) -> None:
    pauses = []
    for _ in range(7):
        throttle.busy(10, None)
        pauses.append(throttle.closed_for_s())
        clock.advance(pauses[-1])
        assert throttle.closed_for_s() == 0
    assert pauses == [2, 4, 8, 16, 30, 30, 30]
    throttle.accepted()
    throttle.busy(10, None)
    assert throttle.closed_for_s() == 2


def test_retry_after_is_honoured(clock: FakeClock, throttle: Throttle) -> None:
    throttle.busy(10, 7.0)
    clock.advance(6.9)
    assert throttle.closed_for_s() == pytest.approx(0.1)
    throttle.accepted()
    assert throttle.closed_for_s() == pytest.approx(0.1), "one that was sent before opens nothing"
    clock.advance(0.1)
    assert throttle.closed_for_s() == 0


def test_slots_come_back_a_tenth_per_accepted_submit(throttle: Throttle) -> None:
    throttle.busy(10, None)
    for _ in range(20):
        throttle.accepted()
    assert throttle.slots in (11, 12)  # tenths are not exact
    for _ in range(1000):
        throttle.accepted()
    assert throttle.slots == 50


def test_what_was_on_its_way_during_a_refusal_counts(throttle: Throttle) -> None:
    throttle.busy(7, None)
    assert throttle.lowered
    throttle.accepted(10)
    assert throttle.slots == 10
    throttle.accepted(60)
    assert throttle.slots == 50
    assert not throttle.lowered


def test_two_submits_without_an_answer_change_nothing(throttle: Throttle) -> None:
    for _ in range(2):
        throttle.unanswered()
    throttle.answered()
    throttle.unanswered()
    assert (throttle.at_once(8), throttle.closed_for_s()) == (8, 0)


def test_silence_leads_to_probes_of_one_that_grow_rare(
    clock: FakeClock, throttle: Throttle
) -> None:
    for _ in range(8):
        throttle.unanswered()
    pauses = []
    for _ in range(8):
        assert throttle.at_once(8) == 1
        pauses.append(throttle.closed_for_s())
        clock.advance(pauses[-1])
        throttle.unanswered()
    assert pauses == [10, 20, 40, 80, 160, 320, 600, 600]


def test_any_answer_ends_the_silence(clock: FakeClock, throttle: Throttle) -> None:
    for _ in range(3):
        throttle.unanswered()
    assert throttle.closed_for_s() > 0
    throttle.answered()
    assert (throttle.at_once(8), throttle.closed_for_s()) == (8, 0)


def test_a_service_that_cannot_be_reached_is_knocked_at_ever_more_seldom(
    clock: FakeClock, throttle: Throttle
) -> None:
    pauses = []
    for _ in range(9):
        throttle.unreachable()
        throttle.unreachable()  # another one that was on its way
        pauses.append(throttle.closed_for_s())
        assert throttle.away
        clock.advance(pauses[-1])
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    throttle.accepted()
    throttle.unreachable()
    assert throttle.closed_for_s() == 1


def test_an_answered_question_ends_the_knocking_but_not_the_silence(
    clock: FakeClock, throttle: Throttle
) -> None:
    throttle.unreachable()
    throttle.reached()
    assert throttle.closed_for_s() == 0
    for _ in range(3):
        throttle.unanswered()
    throttle.reached()
    assert throttle.away
