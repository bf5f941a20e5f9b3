"""Tasks that never end, clocks that jump, missions that start later."""

from __future__ import annotations

import pytest

from tests.core.conftest import MakeRig
from tests.core.rig import ENDPOINTS, Rig, states
from webapp.clock import format_utc
from webapp.simulator import Simulator
from webapp.store import claims
from webapp.work.asking import LATE_PAUSE_S

HOURS = dict.fromkeys(ENDPOINTS, (36000, 36000))


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    made = make_rig(max_task_seconds=600, max_concurrent_api_tasks=1)
    made.start()
    return made


def overdue(rig: Rig) -> int:
    """An item whose task has not ended in time."""
    mission_id = rig.create("a fox [never]")
    rig.when(mission_id, lambda m: bool(m["items"][0]["runninghub_task_id"]))
    rig.leap(601)
    mission = rig.until(mission_id, ["unknown"])
    assert mission["items"][0]["error_cause"] == "ambiguous:timeout"
    assert mission["items"][0]["runninghub_task_id"] == rig.task_of("a fox [never]")
    return mission_id


def test_a_task_that_never_ends_gives_its_slot_back(rig: Rig) -> None:
    overdue(rig)
    assert states(rig.run("an owl")) == ["completed"]


def test_its_late_success_is_taken(rig: Rig, simulator: Simulator) -> None:
    mission_id = overdue(rig)
    simulator.finish_all()
    rig.leap(LATE_PAUSE_S + 1)
    mission = rig.ended(rig.until(mission_id, ["completed"])["id"])
    assert (mission["status"], mission["items"][0]["error_cause"]) == ("completed", None)
    assert rig.submits() == 1


def test_its_late_success_is_taken_after_a_restart_too(rig: Rig, simulator: Simulator) -> None:
    mission_id = overdue(rig)
    simulator.finish_all()
    rig.restart()
    rig.until(mission_id, ["completed"])
    assert rig.submits() == 1


def test_it_is_asked_about_every_ten_minutes_for_a_day(rig: Rig, simulator: Simulator) -> None:
    mission_id = overdue(rig)
    asked = len(simulator.request_times("query"))
    for n in range(1, 4):
        rig.leap(LATE_PAUSE_S + 1)
        rig.when(mission_id, lambda _: len(simulator.request_times("query")) == asked + n)  # noqa: B023
    rig.leap(25 * 3600)
    rig.when(mission_id, lambda _: len(simulator.request_times("query")) == asked + 4)
    rig.leap(25 * 3600)
    rig.run("an owl")
    assert states(rig.app.mission(mission_id)) == ["unknown"]
    asked = sum("never" in str(e) for e in simulator.ledger)
    assert asked == 1


def test_a_second_try_is_not_disturbed_by_the_first(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    """The late success of a given up attempt once completed the item that another one was at."""
    rig = make_rig(max_task_seconds=LATE_PAUSE_S + 100)
    rig.start()
    mission_id = rig.create("a fox [never]")
    rig.when(mission_id, lambda m: bool(m["items"][0]["runninghub_task_id"]))
    rig.leap(LATE_PAUSE_S + 101)
    rig.until(mission_id, ["unknown"])
    rig.resolve(mission_id, 1, "resubmit", confirm=True)
    rig.confirmed["a fox [never]"] += 1
    rig.when(mission_id, lambda _: len(simulator.ledger) == 2)
    first, second = (entry["task_id"] for entry in simulator.ledger)
    told = simulator.scenario("query", "text_result", match=first)
    rig.leap(LATE_PAUSE_S + 1)
    rig.when(mission_id, lambda _: told.struck >= 1)
    assert states(rig.app.mission(mission_id)) == ["processing"]
    simulator.finish_all()
    mission = rig.ended(mission_id)
    assert mission["items"][0]["runninghub_task_id"] == second
    assert mission["items"][0]["results"][0]["type"] == "png"
    assert claims.busy_slots(rig.clock.now(), "runninghub") == 0


@pytest.mark.parametrize("hours", [3, -3])
def test_a_clock_that_is_set_ends_nothing_and_sends_nothing(
    make_rig: MakeRig, simulator: Simulator, hours: int
) -> None:
    rig = make_rig(max_task_seconds=600)
    rig.start()
    simulator.configure(durations=HOURS)
    mission_id = rig.create(*(f"fox {n}" for n in range(5)))
    rig.when(mission_id, lambda _: len(simulator.ledger) == 5)
    asked = len(simulator.request_times("query"))
    rig.clock.set(hours * 3600)
    rig.manager.wake()
    rig.when(mission_id, lambda _: len(simulator.request_times("query")) > asked + 10)
    assert states(rig.app.mission(mission_id)) == ["processing"] * 5
    simulator.finish_all()
    assert rig.ended(mission_id)["completed_count"] == 5
    simulator.configure(durations=dict.fromkeys(ENDPOINTS, (0.01, 0.02)))
    assert states(rig.run("an owl")) == ["completed"]
    assert rig.submits() == 6


def test_a_mission_waits_for_its_hour(rig: Rig) -> None:
    at = rig.clock.now().timestamp() + 3600
    moment = format_utc(rig.clock.now().fromtimestamp(at, rig.clock.now().tzinfo))
    mission_id = rig.create("a fox", scheduled_at=moment)
    assert states(rig.run("an owl")) == ["completed"]
    assert rig.app.mission(mission_id)["status"] == "queued"
    rig.leap(3601)
    assert rig.ended(mission_id)["status"] == "completed"


def test_a_mission_whose_hour_has_passed_while_we_were_away_starts_now(rig: Rig) -> None:
    moment = format_utc(rig.clock.now().replace(year=rig.clock.now().year + 1))
    mission_id = rig.create("a fox", scheduled_at=moment)
    rig.stop()
    rig.clock.leap(2 * 366 * 86400)
    rig.start()
    assert rig.ended(mission_id)["status"] == "completed"
