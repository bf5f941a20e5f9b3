"""design.md §6 from end to end: what each class of error does to items, missions and money."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from tests.core.conftest import MakeRig
from tests.core.making import attempt_states
from tests.core.rig import Rig, states
from webapp.db import reading
from webapp.models import Item
from webapp.runner import LOST_ANSWERS, LOST_GRACE_S
from webapp.simulator import Simulator

ENDPOINT = "rhart-image-v1/text-to-image"


def attempts_of(mission: dict[str, Any], index: int = 1) -> list[str]:
    with reading():
        found = Item.get(Item.mission == mission["id"], Item.item_index == index)
    return attempt_states(found.id)


def test_a_definite_no_fails_the_item_and_costs_nothing(rig: Rig) -> None:
    causes = [
        *("content:1501", "content:1505", "input:301", "input:433", "input:1007"),
        *("input:40310", "input:1004", "failed:1000", "failed:99999"),
    ]
    refused = [f"a fox [refuse:{cause.partition(':')[2]}]" for cause in causes]
    mission = rig.run(*refused, "an owl")
    assert states(mission) == ["failed"] * len(refused) + ["completed"]
    assert [item["error_cause"] for item in mission["items"][:-1]] == causes
    assert mission["status"] == "completed"
    for index in range(1, len(refused) + 1):
        assert attempts_of(mission, index) == ["refused"]
    assert (rig.submits(), len(rig.simulator.ledger)) == (len(refused) + 1, 1)


@pytest.mark.parametrize("code", ["401", "812"])
def test_trouble_with_the_account_pauses_the_mission(
    make_rig: MakeRig, simulator: Simulator, code: str
) -> None:
    rig = make_rig()
    rig.start(submit_concurrency=2)
    simulator.scenario("submit", "refuse", code=code)
    mission_id = rig.create(*(f"fox {n}" for n in range(20)))
    mission = rig.when(
        mission_id, lambda m: m["status"] == "paused" and not m["counts"]["processing"]
    )
    assert states(mission) == ["pending"] * 20
    assert mission["paused_because"]
    assert {item["attempts"] for item in mission["items"]} == {0}
    assert rig.submits() <= 2, "no more than were on their way"
    simulator.clear_scenario()
    rig.missions.resume(mission_id)
    assert rig.ended(mission_id)["status"] == "completed"
    assert len(simulator.ledger) == 20


def test_an_empty_purse_in_the_middle_of_a_mission(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(balance="0.25")
    mission_id = rig.create(*(f"fox {n}" for n in range(8)))
    mission = rig.when(
        mission_id, lambda m: m["status"] == "paused" and not m["counts"]["processing"]
    )
    assert (mission["completed_count"], mission["counts"]["pending"]) == (5, 3)
    simulator.configure(balance="10")
    rig.missions.resume(mission_id)
    assert rig.ended(mission_id)["completed_count"] == 8
    assert mission["cost"] == 0.25


@pytest.mark.parametrize(("code", "slots"), [("421", 1), ("1011", 25)])
def test_a_busy_service_is_asked_again_later(
    rig: Rig, simulator: Simulator, code: str, slots: int
) -> None:
    """When the account is full, no more than it has; when it is too fast, half."""
    rule = simulator.scenario("submit", "refuse", code=code, times=1)
    mission_id = rig.create("a fox")
    rig.when(mission_id, lambda _: rig.manager.throttle.closed_for_s() > 0)
    assert rig.manager.throttle.slots == slots
    rig.leap(31)
    mission = rig.ended(mission_id)
    assert states(mission) == ["completed"]
    assert mission["items"][0]["attempts"] == 1
    assert attempts_of(mission) == ["returned", "succeeded"]
    assert rule.struck == 1


def test_retry_after_closes_the_door_for_everybody(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("submit", "http", status=429, headers={"Retry-After": "700"}, times=1)
    mission_id = rig.create("a fox")
    rig.when(mission_id, lambda _: rig.manager.throttle.closed_for_s() > 0)
    assert 600 < rig.manager.throttle.closed_for_s() <= 700
    other = rig.create("an owl")
    rig.leap(600)
    assert rig.submits() == 1
    rig.leap(100)
    assert states(rig.ended(mission_id)) == states(rig.ended(other)) == ["completed"]


def test_the_slots_follow_what_the_account_takes(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(concurrency=3, durations={ENDPOINT: (3600, 3600)})
    mission_id = rig.create(*(f"fox {n}" for n in range(12)))
    rig.when(mission_id, lambda _: rig.manager.throttle.closed_for_s() > 0)
    rig.when(mission_id, lambda m: m["counts"]["processing"] == 3 and m["counts"]["pending"] == 9)
    assert rig.manager.throttle.slots == 3
    assert rig.app.data("GET", "/api/queue")["limit"] == 3
    refused = rig.submits() - 3
    rig.leap(31)
    simulator.finish_all()
    rig.when(mission_id, lambda m: m["completed_count"] >= 3)
    assert rig.submits() - len(simulator.ledger) == refused, "no slot that the account has not"
    simulator.configure(durations={ENDPOINT: (0.01, 0.02)})
    simulator.finish_all()
    rig.when(mission_id, lambda m: m["status"] == "completed", step_s=1)
    assert len(simulator.ledger) == 12


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "refuse", "code": "1504"},
        {"fault": "http", "status": 503},
    ],
)
def test_a_passing_trouble_is_tried_three_times_more(
    rig: Rig, simulator: Simulator, fault: dict[str, Any]
) -> None:
    rule = simulator.scenario("submit", **fault)
    mission_id = rig.create("a fox")
    for tries in range(1, 5):
        rig.when(mission_id, lambda _: rule.struck == tries)  # noqa: B023
        rig.until(mission_id, ["pending" if tries < 4 else "failed"])
        rig.leap(60)
    mission = rig.ended(mission_id)
    assert (mission["status"], mission["items"][0]["attempts"]) == ("failed", 4)
    assert attempts_of(mission) == ["returned"] * 3 + ["refused"]
    assert rig.submits() == 4


def test_a_service_that_is_not_there_gets_its_item_when_it_comes_back(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    rig = make_rig(runninghub_base_url="http://127.0.0.1:9")
    rig.start()
    mission_id = rig.create(*(f"fox {number}" for number in range(12)))
    for _ in range(6):  # many more knocks than an item has tries
        rig.when(mission_id, lambda _: rig.manager.service_away)
        rig.leap(100)
    untouched = [("pending", 0)] * 12
    rig.when(
        mission_id,
        lambda m: [(item["status"], item["attempts"]) for item in m["items"]] == untouched,
    )
    rig.restart(runninghub_base_url=simulator.url)
    rig.leap(60)
    assert states(rig.ended(mission_id)) == ["completed"] * 12
    assert rig.submits() == 12


def test_a_task_that_fails_is_not_started_again(rig: Rig) -> None:
    causes = ["content:1501", "failed:1000", "failed:1006", "failed:1015"]
    mission = rig.run(*(f"a fox [fail:{cause.partition(':')[2]}]" for cause in causes))
    assert mission["status"] == "failed"
    assert [item["error_cause"] for item in mission["items"]] == causes
    for index in range(1, len(causes) + 1):
        assert attempts_of(mission, index) == ["failed"]
    assert rig.submits() == len(causes)


def test_what_a_failed_task_cost_is_counted(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(charge_failed=True)
    mission = rig.run("a fox [fail:1015]")
    simulator.configure(charge_failed=False)
    assert (mission["cost"], mission["items"][0]["cost"]) == (0.05, 0.05)


def test_a_task_that_somebody_cancels_there_is_cancelled_here(
    rig: Rig, simulator: Simulator
) -> None:
    simulator.scenario("submit", "cancel", match="a fox")
    mission = rig.run("a fox", "an owl")
    assert states(mission) == ["cancelled", "completed"]
    assert attempts_of(mission) == ["failed"]
    rig.missions.retry(mission["id"])
    assert rig.submits() == 2, "a retry of everything takes no cancelled item along"


def test_a_task_that_is_not_known_at_once_is_asked_about_again(
    rig: Rig, simulator: Simulator
) -> None:
    rule = simulator.scenario("query", "not_found", times=2)
    rig.until(rig.create("a fox"), ["completed"], step_s=1)
    assert (rule.struck, rig.submits()) == (2, 1)


def test_a_task_that_stays_unknown_over_there_is_lost(rig: Rig, simulator: Simulator) -> None:
    rule = simulator.scenario("query", "not_found")
    mission_id = rig.create("a fox")
    begun = rig.clock.monotonic()
    mission = rig.until(mission_id, ["failed"], step_s=1)
    assert mission["items"][0]["error_cause"] == "lost:1004"
    assert rule.struck >= LOST_ANSWERS
    assert rig.clock.monotonic() - begun > LOST_GRACE_S
    assert rig.submits() == 1


def test_another_key_cannot_declare_a_task_lost(make_rig: MakeRig, simulator: Simulator) -> None:
    """Started once with another key, the program would have given up what was paid for."""
    rig = make_rig()
    rig.start()
    simulator.configure(durations={ENDPOINT: (3600, 3600)})
    mission_id = rig.create("a fox")
    rig.when(mission_id, lambda m: m["items"][0]["runninghub_task_id"] is not None)
    rule = simulator.scenario("query", "not_found", times=6)
    simulator.configure(key="another-key-0123456789")
    rig.restart(runninghub_api_key=SecretStr("another-key-0123456789"))
    rig.when(mission_id, lambda _: rule.struck >= 6, step_s=2)
    assert states(rig.app.mission(mission_id)) == ["processing"]
    simulator.finish_all()
    assert states(rig.until(mission_id, ["completed"], step_s=2)) == ["completed"]


def test_a_failed_question_never_fails_a_task(rig: Rig, simulator: Simulator) -> None:
    faults: list[dict[str, Any]] = [
        {"fault": "http", "status": 500},
        {"fault": "http", "status": 429},
        {"fault": "refuse", "code": "1003"},
        {"fault": "refuse", "code": "802"},
        {"fault": "reset"},
        {"fault": "html"},
        {"fault": "invalid_json"},
        {"fault": "status", "word": "ARCHIVED"},
    ]
    prompts = [f"fox {n}." for n in range(len(faults))]
    rules = [
        simulator.scenario("query", times=4, match=prompt, **fault)
        for prompt, fault in zip(prompts, faults, strict=True)
    ]
    rig.until(rig.create(*prompts), ["completed"] * len(prompts), step_s=2)
    assert [rule.struck for rule in rules] == [4] * len(rules)
    assert rig.submits() == len(prompts)


def test_after_an_outage_of_the_service_all_questions_are_asked_at_once(
    rig: Rig, simulator: Simulator
) -> None:
    mission_id = rig.create(*(f"fox {n}" for n in range(6)))
    rig.when(mission_id, lambda _: len(simulator.ledger) == 6)
    outage = simulator.scenario("query", "http", status=500)
    rig.when(mission_id, lambda _: outage.struck >= 36, step_s=60)
    simulator.clear_scenario()
    rig.manager.hint(1, simulator.ledger[0]["task_id"])  # one is asked about, the others follow
    assert states(rig.ended(mission_id)) == ["completed"] * 6
