"""Words in a prompt that steer the task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller


@pytest.mark.parametrize("code", ["1501", "1505", "1504", "1015", "1000", "805"])
def test_a_fail_trigger_lets_an_accepted_task_fail(caller: Caller, code: str) -> None:
    answer = caller.finished(f"a cat [fail:{code}]")

    assert (answer["status"], answer["errorCode"]) == ("FAILED", code)
    assert answer["errorMessage"]
    assert answer["results"] is None


@pytest.mark.parametrize("code", ["1011", "1520", "40310", "1003"])
def test_a_refuse_trigger_refuses_the_submit(caller: Caller, code: str) -> None:
    answer = caller.submit(f"a cat [refuse:{code}]")

    assert (answer["taskId"], answer["status"], answer["errorCode"]) == ("", "", code)
    assert caller.sim.ledger == []


def test_empty_means_success_without_results(caller: Caller) -> None:
    answer = caller.finished("[empty]")

    assert (answer["status"], answer["results"]) == ("SUCCESS", [])


def test_many_means_five_results_with_a_text_among_them(caller: Caller) -> None:
    results = caller.finished("[many]")["results"]

    assert [result["outputType"] for result in results] == ["png", "mp4", "txt", "jpg", "png"]
    assert results[2]["url"] is None
    assert results[2]["text"] == "About: [many]"
    for result in results[:2] + results[3:]:
        assert caller.get(result["url"]).status_code == 200


def test_text_means_a_text_only(caller: Caller) -> None:
    (result,) = caller.finished("写一首诗 [text]")["results"]

    assert (result["url"], result["outputType"]) == (None, "txt")
    assert "写一首诗" in result["text"]


def test_slow_takes_four_times_as_long(caller: Caller) -> None:
    caller.sim.configure(durations={"rhart-image-v1/text-to-image": (10, 10)})
    task_id = caller.submit("[slow]")["taskId"]

    caller.sim.advance(39)
    assert caller.query(task_id)["status"] == "RUNNING"
    caller.sim.advance(1)
    assert caller.query(task_id)["status"] == "SUCCESS"


def test_never_goes_on_for_ever(caller: Caller) -> None:
    task_id = caller.submit("[never]")["taskId"]
    caller.sim.advance(1_000_000)

    assert caller.query(task_id)["status"] in ("QUEUED", "RUNNING")


def test_lost_means_paid_and_never_answered(caller: Caller) -> None:
    with pytest.raises(requests.ConnectionError):
        caller.submit("a cat [lost]")

    (paid,) = caller.sim.ledger
    assert paid["body"]["prompt"] == "a cat [lost]"


def test_jpg_means_a_jpeg(caller: Caller) -> None:
    assert caller.result("[jpg]")[:2] == b"\xff\xd8"
