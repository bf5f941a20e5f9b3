"""How a task is seen while it runs and at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller


def test_a_task_is_queued_then_running_then_done(caller: Caller) -> None:
    seen: set[str] = set()
    ids = [caller.submit()["taskId"] for _ in range(6)]
    for _ in range(45):
        seen |= {caller.query(task_id)["status"] for task_id in ids}
        caller.sim.advance(1)

    assert seen == {"QUEUED", "RUNNING", "SUCCESS"}


def test_a_running_task_has_no_results_and_no_error(caller: Caller) -> None:
    task_id = caller.submit()["taskId"]

    answer = caller.query(task_id)

    assert answer.pop("status") in ("QUEUED", "RUNNING")
    assert answer == {
        "taskId": task_id,
        "errorCode": "",
        "errorMessage": "",
        "failedReason": {},
        "usage": None,
        "results": None,
        "clientId": "",
        "promptTips": "",
    }


def test_a_finished_task_has_a_link_and_its_cost_as_strings(caller: Caller) -> None:
    answer = caller.finished("a cat")

    task_id = answer["taskId"]
    assert answer == {
        "taskId": task_id,
        "status": "SUCCESS",
        "errorCode": "",
        "errorMessage": "",
        "failedReason": {},
        "usage": {
            "consumeMoney": None,
            "consumeCoins": None,
            "taskCostTime": "0",
            "thirdPartyConsumeMoney": "0.05",
        },
        "results": [
            {
                "url": f"{caller.sim.url}/files/output/{task_id}/0.png",
                "nodeId": "2",
                "outputType": "png",
                "text": None,
            }
        ],
        "clientId": "",
        "promptTips": "",
    }


@pytest.mark.parametrize("task_id", ["1" * 5000, "0", 0, "-1", "١٢", "abc", ["1"], True])
def test_what_is_no_number_above_0_is_1007(caller: Caller, task_id: object) -> None:
    answer = caller.post("query", {"taskId": task_id}).json()

    assert (answer["status"], answer["errorCode"]) == ("", "1007")
    assert answer["errorMessage"] == "must be greater than 0"


def test_an_unknown_task_has_an_empty_status_and_1004(caller: Caller) -> None:
    assert caller.query("2013508786110730241") == {
        "taskId": "2013508786110730241",
        "status": "",
        "errorCode": "1004",
        "errorMessage": "Task not found, please check the task ID"
        " | 任务不存在或已过期，请检查任务ID",
        "results": None,
        "failedReason": {},
        "usage": None,
    }


@pytest.mark.parametrize("task_id", ["", "0", "-5", "abc"])
def test_a_task_id_that_cannot_be_is_1007(caller: Caller, task_id: str) -> None:
    assert caller.query(task_id)["errorCode"] == "1007"


def test_durations_follow_the_kind_and_the_speed(caller: Caller) -> None:
    caller.sim.configure(speed=10.0)
    video = caller.submit(endpoint="rhart-video-s/text-to-video")["taskId"]
    image = caller.submit()["taskId"]

    caller.sim.advance(4.1)
    assert caller.query(image)["status"] == "SUCCESS"
    assert caller.query(video)["status"] in ("QUEUED", "RUNNING")
    caller.sim.advance(26)
    assert caller.query(video)["status"] == "SUCCESS"


def test_durations_can_be_given_per_endpoint(caller: Caller) -> None:
    caller.sim.configure(durations={"rhart-image-v1/text-to-image": (500, 500)})
    task_id = caller.submit()["taskId"]

    caller.sim.advance(499)
    assert caller.query(task_id)["status"] == "RUNNING"
    caller.sim.advance(1)
    assert caller.query(task_id)["status"] == "SUCCESS"
