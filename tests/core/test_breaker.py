"""A mission that only fails is stopped before it has spent everything."""

from __future__ import annotations

import pytest

from tests.core import making
from tests.core.books import check_books
from tests.core.making import NOW, claim, later
from webapp.settings import Settings
from webapp.states import MissionState
from webapp.store import items, mission_views, missions
from webapp.store.flights import Refusal
from webapp.views import MissionView

BAD = Refusal("content", "1501", "no")
OTHER = Refusal("failed", "1015", "no")


def run(mission_id: int, words: str, *, at: float = 0) -> MissionView:
    """Let items end one after the other: + succeeds, b fails for one cause, o for another."""
    for step, word in enumerate(words):
        moment = later(at + step)
        (flight,) = claim(1, now=moment).flights
        taken = making.accept(flight)
        if word == "+":
            making.finish(taken, moment)
        else:
            making.fail(taken, moment, BAD if word == "b" else OTHER)
    return view(mission_id)


def view(mission_id: int) -> MissionView:
    found = mission_views.get(mission_id)
    assert found is not None
    check_books()
    return found


def test_five_failures_for_one_cause_at_the_start_stop_it(db: Settings) -> None:
    mission_id = making.new_mission(30)
    assert run(mission_id, "bbbb").state is MissionState.RUNNING
    stopped = run(mission_id, "b")
    assert stopped.state is MissionState.FAILED
    assert stopped.pause is not None and stopped.pause.code == "1501"
    assert stopped.counts.pending == 25
    assert claim(10).flights == []


@pytest.mark.parametrize("words", ["bbbbo", "+bbbbbbbbb", "obobobobobo"])
def test_different_causes_and_a_success_between_are_no_pattern(db: Settings, words: str) -> None:
    assert run(making.new_mission(60), words).state is MissionState.RUNNING


def test_ten_in_a_row_for_one_cause_stop_it_later_too(db: Settings) -> None:
    stopped = run(making.new_mission(60), "+" * 12 + "b" * 10)
    assert stopped.state is MissionState.FAILED


def test_more_than_the_limit_of_failures_stops_it_from_the_twentieth_on(db: Settings) -> None:
    mission_id = making.new_mission(60)
    assert run(mission_id, "+obobobo+o+bo+bo+o+").state is MissionState.RUNNING
    stopped = run(mission_id, "b", at=100)
    assert stopped.state is MissionState.FAILED
    assert stopped.pause is not None and stopped.pause.cause == "breaker"


def test_the_limit_is_the_mission_s_own(db: Settings) -> None:
    patient = making.new_mission(60, failure_threshold=0.9)
    assert run(patient, "+obobobo+o+bo+bo+o+b").state is MissionState.RUNNING


def test_nothing_left_to_start_is_nothing_to_stop(db: Settings) -> None:
    ended = run(making.new_mission(5), "bbbbb")
    assert ended.state is MissionState.FAILED and ended.pause is None


def test_resume_goes_on_and_counts_anew(db: Settings) -> None:
    mission_id = making.new_mission(30)
    run(mission_id, "bbbbb")
    assert missions.resume(mission_id, later(50), "anna")
    assert run(mission_id, "bbbb", at=60).state is MissionState.RUNNING
    assert run(mission_id, "b", at=70).state is MissionState.FAILED


def test_a_retry_of_one_item_does_not_start_all_the_others(db: Settings) -> None:
    mission_id = making.new_mission(30)
    run(mission_id, "bbbbb")
    assert items.retry(mission_id, NOW, "anna", indexes=[1]) == 1
    assert view(mission_id).state is MissionState.FAILED
    assert claim(10).flights == []


def test_what_is_left_of_a_stopped_mission_can_be_cancelled(db: Settings) -> None:
    mission_id = making.new_mission(30)
    run(mission_id, "bbbbb")
    assert missions.cancel(mission_id, later(50), "anna") == 25
    assert view(mission_id).state is MissionState.CANCELLED
    assert missions.cancel(mission_id, later(60), "anna") is None


def test_a_clock_that_was_set_back_does_not_blind_it(db: Settings) -> None:
    mission_id = making.new_mission(60)
    assert missions.pause(mission_id, later(8 * 3600), "anna")
    assert missions.resume(mission_id, later(8 * 3600), "anna")
    assert run(mission_id, "bbbbb").state is MissionState.FAILED, "eight hours before"
