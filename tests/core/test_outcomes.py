"""What a task that succeeded may bring."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.core.rig import Rig, states
from webapp.simulator import Simulator


def test_one_picture(rig: Rig) -> None:
    mission = rig.run("a fox")
    (item,) = mission["items"]
    (result,) = item["results"]
    assert (mission["status"], mission["cost"], item["attempts"]) == ("completed", 0.05, 1)
    assert (result["type"], result["file_status"]) == ("png", "saved")
    assert item["runninghub_task_id"] == rig.task_of("a fox")


def test_many_results_are_all_kept_in_their_order(rig: Rig) -> None:
    (item,) = rig.run("a fox [many]")["items"]
    assert [result["type"] for result in item["results"]] == ["png", "mp4", "txt", "jpg", "png"]
    assert [result["file_status"] for result in item["results"]].count("none") == 1
    assert item["result_url"] == item["results"][0]["url"]


def test_a_text_alone(rig: Rig) -> None:
    mission = rig.run("a poem [text]")
    (result,) = mission["items"][0]["results"]
    assert result["text"] == "About: a poem [text]"
    assert (result["url"], result["file_status"]) == (None, "none")
    assert (mission["files_pending"], mission["items"][0]["result_url"]) == (0, None)


def test_nothing_at_all_is_a_failure_that_was_paid(rig: Rig) -> None:
    mission = rig.run("a fox [empty]")
    assert states(mission) == ["failed"]
    assert mission["items"][0]["error_cause"] == "failed:no_result"
    assert mission["cost"] == 0.05
    assert rig.submits() == 1


@pytest.mark.parametrize(
    "results",
    [
        [{"text": "half a pair: \ud800", "outputType": "txt"}],
        [{"text": "a nul: \0", "outputType": "txt"}],
        [{"url": "https://cos.example/\udfff.png", "outputType": "png\ud800"}],
        [{"text": "x" * 500_000, "outputType": "txt"}],
        [{"url": "not an address", "outputType": ""}],
        [{"text": "ok"}, None, 5, [], {"url": None}, "https://cos.example/a.png"],
    ],
)
def test_whatever_the_results_are_the_item_ends(
    rig: Rig, simulator: Simulator, results: list[Any]
) -> None:
    """Half a surrogate pair once could not be stored: the item was never asked about again."""
    body = json.dumps({"status": "SUCCESS", "results": results, "usage": {"consumeMoney": "0.05"}})
    simulator.scenario("query", "http", status=200, body=body)
    mission_id = rig.create("a fox")
    mission = rig.until(mission_id, ["completed"])
    assert len(mission["items"][0]["results"]) == sum(
        isinstance(r, str | dict) for r in results
    ) - ({"url": None} in results)
    simulator.clear_scenario()


@pytest.mark.parametrize("word", ["\ud800", "x" * 5000, "…", "805\n"])
def test_whatever_the_code_of_a_refusal_is_the_item_ends(
    rig: Rig, simulator: Simulator, word: str
) -> None:
    body = json.dumps({"errorCode": word, "errorMessage": word})
    simulator.scenario("submit", "http", status=200, body=body)
    mission = rig.run("a fox")
    assert states(mission) == ["failed"]


@pytest.mark.parametrize("odd", ["task-\ud800", "…" * 40, "a b", "0x1"])
def test_whatever_the_id_of_a_task_is_it_is_kept(rig: Rig, simulator: Simulator, odd: str) -> None:
    simulator.scenario("submit", "http", status=200, body=json.dumps({"taskId": odd}))
    mission = rig.when(rig.create("a fox"), lambda m: bool(m["items"][0]["runninghub_task_id"]))
    assert mission["items"][0]["runninghub_task_id"] == odd.replace("\ud800", "?")
    assert rig.submits() == 1
