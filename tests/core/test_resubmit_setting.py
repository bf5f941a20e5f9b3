"""A mission may let the program submit an unclear item again: late, once, and with care."""

from __future__ import annotations

import pytest

from tests.core.conftest import MakeRig
from tests.core.making import attempt_states
from tests.core.rig import ENDPOINTS, Rig, states
from webapp.db import reading
from webapp.models import Event, Item
from webapp.simulator import Simulator
from webapp.store.items import BY_SETTING

MINUTES = 10
LATER_S = MINUTES * 60 + 1
HOURS = dict.fromkeys(ENDPOINTS, (36000, 36000))


def lost(rig: Rig, prompt: str = "a fox", *, accept: bool = False, **changes: object) -> int:
    """A mission with the setting, whose only submit was never answered."""
    rig.simulator.scenario("submit", "reset", accept=accept, match=prompt, times=1)
    given: dict[str, object] = {"resubmit_unknown_after": MINUTES} | changes
    mission_id = rig.create(prompt, **given)
    rig.until(mission_id, ["unknown"])
    return mission_id


def tries(mission_id: int) -> list[str]:
    with reading():
        return attempt_states(Item.get(Item.mission == mission_id).id)


def settled(rig: Rig) -> None:
    """Something else has been made after the program has looked around again."""
    rig.leap(6)
    rig.run("an owl")
    rig.leap(6)
    rig.run("another owl")


def test_it_is_submitted_again_when_its_time_has_come(rig: Rig) -> None:
    mission_id = lost(rig)
    rig.leap(LATER_S - 60)
    settled(rig)
    assert states(rig.app.mission(mission_id)) == ["unknown"], "not before"
    rig.leap(60)
    rig.until(mission_id, ["completed"], step_s=6)
    assert tries(mission_id) == ["abandoned", "succeeded"]
    with reading():
        (event,) = Event.select().where(Event.note == BY_SETTING)
    assert (event.who, event.before, event.after) == ("program", "unknown", "pending")


def test_without_the_setting_nothing_is_ever_submitted_again(rig: Rig) -> None:
    mission_id = lost(rig, resubmit_unknown_after=None)
    rig.leap(30 * 24 * 3600)
    settled(rig)
    assert tries(mission_id) == ["unknown"]


def test_a_second_silence_is_for_a_person(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig)
    simulator.scenario("submit", "reset", match="a fox", times=1)
    rig.leap(LATER_S)
    rig.when(mission_id, lambda _: tries(mission_id) == ["abandoned", "unknown"], step_s=6)
    rig.leap(10 * LATER_S)
    settled(rig)
    assert tries(mission_id) == ["abandoned", "unknown"]


def test_it_waits_while_the_account_has_more_under_way_than_we_know(
    rig: Rig, simulator: Simulator
) -> None:
    simulator.configure(durations=HOURS)
    mission_id = lost(rig, accept=True)
    asked = len(simulator.request_times("queue"))
    rig.leap(LATER_S)
    rig.when(mission_id, lambda _: len(simulator.request_times("queue")) > asked, step_s=6)
    rig.leap(61)
    rig.when(mission_id, lambda _: len(simulator.request_times("queue")) > asked + 1, step_s=6)
    assert tries(mission_id) == ["unknown"]
    simulator.configure(durations=dict.fromkeys(ENDPOINTS, (0.01, 0.02)))
    simulator.finish_all()
    rig.confirmed["a fox"] += 1  # it was taken, and its end was never heard of
    rig.until(mission_id, ["completed"], step_s=61)
    assert tries(mission_id) == ["abandoned", "succeeded"]


def test_it_waits_while_the_account_does_not_answer(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig)
    silent = simulator.scenario("queue", "http", status=500)
    rig.leap(LATER_S)
    rig.when(mission_id, lambda _: silent.struck >= 2, step_s=61)
    assert tries(mission_id) == ["unknown"]
    simulator.clear_scenario()
    rig.until(mission_id, ["completed"], step_s=61)


def test_it_waits_during_an_outage(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig)
    simulator.scenario("submit", "reset")
    others = rig.create("owl 1", "owl 2", "owl 3")
    rig.when(others, lambda m: m["counts"]["unknown"] == 3 and rig.manager.throttle.guarded)
    asked = len(simulator.request_times("queue"))
    rig.leap(LATER_S)
    rig.when(others, lambda _: rig.manager.throttle.at_once(8) == 1, step_s=6)
    assert tries(mission_id) == ["unknown"]
    assert len(simulator.request_times("queue")) <= asked + 3, "only the evidence of the three"
    simulator.clear_scenario()
    rig.run("a hare that finds out")
    rig.until(mission_id, ["completed"], step_s=61)


@pytest.mark.parametrize("action", ["pause", "cancel", "delete"])
def test_a_mission_that_a_person_stopped_submits_nothing(
    rig: Rig, simulator: Simulator, action: str
) -> None:
    simulator.scenario("submit", "reset", match="a fox", times=1)
    simulator.scenario("submit", "never_ends", match="stays")
    mission_id = rig.create("a fox", "stays", resubmit_unknown_after=MINUTES)
    rig.until(mission_id, ["unknown", "processing"])
    getattr(rig.missions, action)(mission_id)
    rig.leap(LATER_S)
    settled(rig)
    assert tries(mission_id) == ["unknown"]


def test_a_task_that_is_known_over_there_is_never_submitted_again(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    rig = make_rig(max_task_seconds=600)
    rig.start()
    mission_id = rig.create("a fox [never]", resubmit_unknown_after=1)
    rig.when(mission_id, lambda m: bool(m["items"][0]["runninghub_task_id"]))
    rig.leap(601)
    rig.until(mission_id, ["unknown"])
    rig.leap(48 * 3600)
    settled(rig)
    assert tries(mission_id) == ["unknown"]


def test_a_clock_that_is_set_forward_submits_nothing(rig: Rig) -> None:
    mission_id = lost(rig)
    rig.run("the program looks around")
    rig.leap(6)
    rig.run("and has seen it")
    rig.clock.set(3 * 3600)
    settled(rig)
    assert tries(mission_id) == ["unknown"]
    rig.leap(LATER_S)
    rig.until(mission_id, ["completed"], step_s=6)
