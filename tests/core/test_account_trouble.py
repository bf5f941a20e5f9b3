"""Money or the key is in trouble: one refusal stops all missions of the account."""

from __future__ import annotations

import pytest

from tests.core.conftest import MakeRig
from tests.core.rig import Rig, states
from webapp.simulator import Simulator

REFUSED = pytest.mark.parametrize("code", ["605", "416", "812", "401", "802", "1014"])


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    made = make_rig(submit_concurrency=2, max_concurrent_api_tasks=2)
    made.start()
    return made


def three_missions(rig: Rig) -> list[int]:
    """Made before anything of them is sent, all due at the same time."""
    soon = rig.clock.now().timestamp() + 100
    at = rig.clock.now().fromtimestamp(soon, rig.clock.now().tzinfo).strftime("%Y-%m-%d %H:%M:%S")
    made = [rig.create(*(f"{name} {n}" for n in range(10)), scheduled_at=at) for name in "abc"]
    rig.leap(101)
    return made


def paused(rig: Rig, mission_ids: list[int]) -> None:
    for mission_id in mission_ids:
        rig.when(mission_id, lambda m: m["status"] == "paused" and not m["counts"]["processing"])


@REFUSED
def test_the_first_refusal_stops_the_other_missions_too(
    rig: Rig, simulator: Simulator, code: str
) -> None:
    rule = simulator.scenario("submit", "refuse", code=code)
    missions = three_missions(rig)
    paused(rig, missions)
    assert rule.struck <= 2, "what was open when it came, and nothing after it"
    for mission_id in missions:
        mission = rig.app.mission(mission_id)
        assert states(mission) == ["pending"] * 10
        assert all(item["attempts"] == 0 for item in mission["items"])
        assert mission["paused_because"]


def test_a_new_mission_in_trouble_sends_one_to_find_out(rig: Rig, simulator: Simulator) -> None:
    rule = simulator.scenario("submit", "refuse", code="605")
    paused(rig, [rig.create("a fox")])
    before = rule.struck
    paused(rig, [rig.create(*(f"owl {n}" for n in range(10)))])
    assert rule.struck == before + 1


def test_what_a_person_paused_and_what_has_nothing_to_send_is_left_alone(
    rig: Rig, simulator: Simulator
) -> None:
    simulator.scenario("submit", "never_ends", match="in flight")
    busy = rig.create("in flight")
    rig.when(busy, lambda m: bool(m["items"][0]["runninghub_task_id"]))
    by_hand = rig.create("a hare", scheduled_at="2099-01-01 00:00:00")
    rig.app.data("POST", f"/api/api-missions/{by_hand}/pause")
    simulator.scenario("submit", "refuse", code="605")
    paused(rig, [rig.create("a fox")])
    assert rig.app.mission(busy)["status"] == "running"
    assert rig.app.mission(by_hand)["paused_because"] is None
