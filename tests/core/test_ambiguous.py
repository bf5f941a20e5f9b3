"""Submits whose answer never came: never sent again by the program, decided by a person."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.conftest import MakeRig
from tests.core.making import attempt_states
from tests.core.rig import Rig, states
from webapp.db import reading
from webapp.models import Item
from webapp.simulator import Simulator

AMBIGUOUS: list[dict[str, Any]] = [
    {"fault": "reset"},
    {"fault": "hang"},
    {"fault": "drip", "interval_s": 0.2},
    {"fault": "cut"},
    {"fault": "http", "status": 500},
    {"fault": "http", "status": 502},
    {"fault": "http", "status": 504, "body": {"errorCode": "1501"}},
    {"fault": "http", "status": 408},
    {"fault": "redirect"},
    {"fault": "html"},
    {"fault": "invalid_json"},
    {"fault": "empty_body"},
    {"fault": "no_ids"},
]


def lost(rig: Rig, prompt: str = "a fox", *, accept: bool = True, **fault: Any) -> int:
    """A mission of one item whose submit was never answered."""
    details = {"fault": "reset", "accept": accept, "match": prompt, "times": 1, **fault}
    rig.simulator.scenario("submit", **details)
    mission_id = rig.create(prompt)
    rig.until(mission_id, ["unknown"])
    return mission_id


def attempts_in(mission_id: int, index: int = 1) -> list[str]:
    with reading():
        found = Item.get(Item.mission == mission_id, Item.item_index == index)
    return attempt_states(found.id)


@pytest.mark.parametrize("accept", [True, False], ids=["accepted", "not accepted"])
def test_an_unclear_submit_is_never_sent_again(
    make_rig: MakeRig, simulator: Simulator, accept: bool
) -> None:
    rig = make_rig(request_timeout=0.3)
    rig.start()
    prompts = [f"fox {n}." for n in range(len(AMBIGUOUS))]
    for prompt, fault in zip(prompts, AMBIGUOUS, strict=True):
        simulator.scenario("submit", match=prompt, accept=accept, **fault)
    mission_id = rig.create(*prompts)
    # Probes of one after the first few: each waits for the answer to the one before.
    mission = rig.until(mission_id, ["unknown"] * len(prompts), step_s=50)
    assert mission["status"] == "failed"
    for item, fault in zip(mission["items"], AMBIGUOUS, strict=True):
        assert item["error_cause"].startswith("ambiguous:"), fault
    simulator.clear_scenario()
    assert rig.missions.retry(mission_id) == 0
    assert rig.missions.retry(mission_id, indexes=range(1, len(prompts) + 1)) == 0
    rig.leap(100_000)
    rig.restart()
    rig.run("another")
    assert states(rig.app.mission(mission_id)) == ["unknown"] * len(prompts)
    assert all(attempts_in(mission_id, n) == ["unknown"] for n in range(1, len(prompts) + 1))
    assert rig.submits() == len(prompts) + 1, "once each, and the other one"


def test_an_id_beside_an_error_is_an_accepted_task(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("submit", "id_and_error", code="1005")
    assert states(rig.run("a fox")) == ["completed"]
    assert rig.submits() == 1


def test_an_unknown_item_holds_its_slot_as_long_as_it_may_run(make_rig: MakeRig) -> None:
    rig = make_rig(max_concurrent_api_tasks=2)
    rig.start()
    for prompt in ("a fox", "an owl"):
        lost(rig, prompt)
    waiting = rig.create("a hare")
    assert rig.app.data("GET", "/api/queue")["busy"] == 2
    rig.leap(60)  # of the hundred seconds that are four times what an image typically takes
    assert states(rig.app.mission(waiting)) == ["pending"]
    rig.leap(41)
    assert states(rig.ended(waiting)) == ["completed"]


def test_giving_up_frees_the_slot_at_once(make_rig: MakeRig) -> None:
    rig = make_rig(max_concurrent_api_tasks=1)
    rig.start()
    mission_id = lost(rig)
    waiting = rig.create("a hare")
    rig.resolve(mission_id, 1, "fail")
    assert states(rig.ended(waiting)) == ["completed"]
    assert states(rig.app.mission(mission_id)) == ["failed"]
    assert attempts_in(mission_id) == ["abandoned"]


def test_a_person_attaches_the_task(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig)
    item = rig.resolve(mission_id, 1, "attach", runninghub_task_id=rig.task_of("a fox"))
    assert item["status"] in ("processing", "completed")
    mission = rig.ended(mission_id)
    assert (mission["status"], states(mission)) == ("completed", ["completed"])
    assert mission["items"][0]["error_cause"] is None
    assert attempts_in(mission_id) == ["succeeded"]
    assert rig.submits() == 1


def test_the_id_of_another_item_is_refused(rig: Rig) -> None:
    mission_id = lost(rig)
    done = rig.run("an owl")["items"][0]["runninghub_task_id"]
    path = f"/api/api-missions/{mission_id}/items/1/resolve"
    body = {"action": "attach", "runninghub_task_id": done}
    assert "another" in rig.app.refused(409, "POST", path, json=body)["message"]
    assert states(rig.app.mission(mission_id)) == ["unknown"]


def test_an_id_that_nobody_knows_is_refused(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig)
    path = f"/api/api-missions/{mission_id}/items/1/resolve"
    for task_id in ("2013508786110730241", "0", "x", ""):
        body = {"action": "attach", "runninghub_task_id": task_id}
        rig.app.refused(422, "POST", path, json=body)
    simulator.scenario("query", "http", status=500)
    body = {"action": "attach", "runninghub_task_id": rig.task_of("a fox")}
    rig.app.refused(409, "POST", path, json=body)
    assert states(rig.app.mission(mission_id)) == ["unknown"]


def test_a_person_sends_it_again_and_knows_that_it_may_be_paid_twice(rig: Rig) -> None:
    mission_id = lost(rig)
    path = f"/api/api-missions/{mission_id}/items/1"
    rig.app.refused(422, "POST", path + "/resolve", json={"action": "resubmit"})
    rig.app.refused(422, "POST", path + "/retry")
    assert rig.paid("a fox") == 1
    rig.resolve(mission_id, 1, "resubmit", confirm=True)
    rig.confirmed["a fox"] += 1
    mission = rig.ended(mission_id)
    assert (mission["status"], mission["items"][0]["attempts"]) == ("completed", 2)
    assert attempts_in(mission_id) == ["abandoned", "succeeded"]
    assert rig.paid("a fox") == 2


def test_what_never_arrived_is_paid_once_when_a_person_sends_it_again(make_rig: MakeRig) -> None:
    rig = make_rig(request_timeout=0.3)
    rig.start()
    mission_id = lost(rig, accept=False, fault="hang")
    assert rig.paid("a fox") == 0
    rig.resolve(mission_id, 1, "resubmit", confirm=True)
    assert states(rig.ended(mission_id)) == ["completed"]
    assert rig.paid("a fox") == 1


def test_silence_does_not_eat_a_mission(make_rig: MakeRig, simulator: Simulator) -> None:
    """Three in a row, and then one at a time, ever more seldom."""
    rig = make_rig(submit_concurrency=2)
    rig.start()
    silent = simulator.scenario("submit", "reset")
    mission_id = rig.create(*(f"fox {n}" for n in range(30)))
    rig.when(mission_id, lambda _: rig.manager.throttle.closed_for_s() > 0)
    rig.when(mission_id, lambda m: not m["counts"]["processing"])
    first = silent.struck
    assert first <= 4, "two may be open while the third is lost"
    for probe in (1, 2, 3):
        rig.leap(rig.manager.throttle.closed_for_s() + 0.1)
        rig.when(mission_id, lambda m: m["counts"]["unknown"] == first + probe)  # noqa: B023
        rig.when(mission_id, lambda _: rig.manager.throttle.closed_for_s() > 5)
    assert silent.struck == first + 3
    simulator.clear_scenario()
    rig.leap(1000)
    mission = rig.when(mission_id, lambda m: not m["counts"]["pending"], step_s=1)
    assert rig.ended(mission_id)["completed_count"] == 30 - first - 3
    assert mission["counts"]["unknown"] == first + 3
    assert rig.manager.throttle.at_once(2) == 2
