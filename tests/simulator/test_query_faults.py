"""What can go wrong with a query and the small calls (reliability.md §6, rows 14-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller


def test_a_query_fails_some_times_and_then_succeeds(caller: Caller) -> None:
    task_id = caller.submit()["taskId"]
    caller.sim.finish_all()
    caller.sim.scenario("query", "http", status=502, times=2)
    caller.sim.scenario("query", "reset", times=1)
    caller.sim.scenario("query", "html", times=1)

    statuses = [caller.post("query", {"taskId": task_id}).status_code for _ in range(2)]
    with pytest.raises(requests.ConnectionError):
        caller.query(task_id)
    assert "<html>" in caller.post("query", {"taskId": task_id}).text
    assert statuses == [502, 502]
    assert caller.query(task_id)["status"] == "SUCCESS"
    assert len(caller.sim.ledger) == 1


def test_a_query_answers_a_status_nobody_knows(caller: Caller) -> None:
    caller.sim.scenario("query", "status", word="ARCHIVED", times=1)
    task_id = caller.submit()["taskId"]

    assert caller.query(task_id)["status"] == "ARCHIVED"
    assert caller.query(task_id)["status"] in ("QUEUED", "RUNNING")


@pytest.mark.parametrize("code", ["1004", "807", "423"])
def test_a_query_does_not_find_a_task_that_is_there(caller: Caller, code: str) -> None:
    task_id = caller.submit()["taskId"]
    caller.sim.scenario("query", "not_found", code=code, match=task_id, times=1)

    lost = caller.query(task_id)

    assert (lost["status"], lost["errorCode"]) == ("", code)
    assert caller.query(task_id)["errorCode"] == ""


@pytest.mark.parametrize(
    ("fault", "status"),
    [("fail", "FAILED"), ("cancel", "CANCEL"), ("never_ends", "RUNNING"), ("finish", "SUCCESS")],
)
def test_an_outcome_given_at_query_is_shown_by_one_answer(
    caller: Caller, fault: str, status: str
) -> None:
    task_id = caller.submit()["taskId"]
    caller.sim.scenario("query", fault, times=1)

    assert caller.query(task_id)["status"] == status
    assert caller.query(task_id)["status"] in ("QUEUED", "RUNNING")


def test_results_can_be_empty_many_or_text(caller: Caller) -> None:
    task_id = caller.submit()["taskId"]
    counts = {}
    for fault in ("empty_results", "many_results", "text_result"):
        caller.sim.scenario("query", fault, times=1)
        counts[fault] = [result["outputType"] for result in caller.query(task_id)["results"]]

    assert counts == {
        "empty_results": [],
        "many_results": ["png", "mp4", "txt", "jpg", "png"],
        "text_result": ["txt"],
    }


@pytest.mark.parametrize("on", ["submit", "query"])
def test_a_result_link_can_lead_into_the_inner_network(caller: Caller, on: str) -> None:
    caller.sim.scenario(on, "result_url", url="http://169.254.169.254/latest/meta-data/")

    (result,) = caller.finished()["results"]

    assert result["url"] == "http://169.254.169.254/latest/meta-data/"


def test_fields_of_an_answer_can_be_replaced(caller: Caller) -> None:
    caller.sim.scenario("query", "merge", fields={"status": "success", "usage": None, "new": 1})

    answer = caller.finished()

    assert (answer["status"], answer["usage"], answer["new"]) == ("success", None, 1)


def test_queue_account_and_upload_have_faults_too(caller: Caller) -> None:
    caller.sim.scenario("queue", "refuse", code="811")
    caller.sim.scenario("account", "http", status=503)
    refusal = {"code": -1, "msg": "ApiKey verification failed"}
    caller.sim.scenario("upload", "http", status=401, body=refusal, times=1)

    queue = caller.get(f"{caller.base}/queue/status").json()
    assert queue == {"code": 811, "msg": "CORPAPIKEY_INVALID", "data": None}
    assert caller.get(f"{caller.base}/api-key/list").status_code == 503
    assert caller.upload(b"x") == refusal
    assert caller.upload(b"x")["code"] == 0


def test_an_upload_can_be_lost_or_refused(caller: Caller) -> None:
    caller.sim.scenario("upload", "reset", match="lost")
    caller.sim.scenario("upload", "refuse", code="1005")

    with pytest.raises(requests.ConnectionError):
        caller.upload(b"x", "lost.png")
    answer = caller.upload(b"x")
    assert answer["code"] == 1005
    assert answer["message"].startswith("Internal server error")
