"""What a task that succeeded may bring."""

from __future__ import annotations

import json
from typing import Any

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


ODD_RESULTS: list[list[Any]] = [
    [{"text": "half a pair: \ud800", "outputType": "txt"}],
    [{"text": "a nul: \0", "outputType": "txt"}],
    [{"url": "https://cos.example/\udfff.png", "outputType": "png\ud800"}],
    [{"text": "x" * 500_000, "outputType": "txt"}],
    [{"url": "not an address", "outputType": ""}],
    [{"text": "ok"}, None, 5, [], {"url": None}, "https://cos.example/a.png"],
]


def test_whatever_the_results_are_the_item_ends(rig: Rig, simulator: Simulator) -> None:
    """Half a surrogate pair once could not be stored: the item was never asked about again."""
    prompts = [f"fox {n}." for n in range(len(ODD_RESULTS))]
    for prompt, results in zip(prompts, ODD_RESULTS, strict=True):
        told = {"status": "SUCCESS", "results": results, "usage": {"consumeMoney": "0.05"}}
        simulator.scenario("query", "http", match=prompt, status=200, body=json.dumps(told))
    mission = rig.until(rig.create(*prompts), ["completed"] * len(prompts))
    assert [len(item["results"]) for item in mission["items"]] == [1, 1, 1, 1, 1, 2]


BARE_LINKS = {
    "owl": ("glTF\x02\0\0\0", "glb"),
    "fox": ("PK\x03\x04", "zip"),
    "elk": ("a poem", "txt"),
}
"""What is behind links without an extension, and what it is stored as."""


def test_what_comes_without_a_name_is_known_by_its_bytes(rig: Rig, simulator: Simulator) -> None:
    """A link without an extension was once promised to be a text, whatever came."""
    bodies = BARE_LINKS | {"cat": ('{"code": 1, "msg": "expired"}', "")}
    for prompt, (body, _) in bodies.items():
        link = f"{simulator.url}/files/output/{prompt}/x?id=1"
        told = {"status": "SUCCESS", "results": [{"url": link, "outputType": None}]}
        simulator.scenario("query", "http", match=prompt, status=200, body=json.dumps(told))
        simulator.scenario("download", "http", match=prompt, status=200, body=body)
    mission = rig.when(rig.create(*bodies), lambda m: m["files_failed"] == 1, step_s=30)
    results = {i["input_params"]["prompt"]: i["results"][0] for i in mission["items"]}
    found = {name: (one["type"], one["file_status"]) for name, one in results.items()}
    assert found == {
        **{name: (type, "saved") for name, (_, type) in BARE_LINKS.items()},
        "cat": ("", "failed"),
    }
    assert results["owl"]["file_url"].endswith(".glb")
    served = rig.app.get(results["owl"]["file_url"].removeprefix(rig.app.url))
    assert served.headers["content-disposition"].startswith("attachment")


def test_whatever_the_code_of_a_refusal_is_the_item_ends(rig: Rig, simulator: Simulator) -> None:
    codes = ["\ud800", "x" * 5000, "…", "805\n"]
    prompts = [f"fox {n}." for n in range(len(codes))]
    for prompt, code in zip(prompts, codes, strict=True):
        body = json.dumps({"errorCode": code, "errorMessage": code})
        simulator.scenario("submit", "http", match=prompt, status=200, body=body)
    assert states(rig.run(*prompts)) == ["failed"] * len(codes)


def test_whatever_the_id_of_a_task_is_it_is_kept(rig: Rig, simulator: Simulator) -> None:
    ids = ["task-\ud800", "…" * 40, "a b", "0x1"]
    prompts = [f"fox {n}." for n in range(len(ids))]
    for prompt, odd in zip(prompts, ids, strict=True):
        body = json.dumps({"taskId": odd})
        simulator.scenario("submit", "http", match=prompt, status=200, body=body)
    mission = rig.when(
        rig.create(*prompts), lambda m: all(i["runninghub_task_id"] for i in m["items"])
    )
    kept = [item["runninghub_task_id"] for item in mission["items"]]
    assert kept == ["task-?", *ids[1:]]
    assert rig.submits() == len(ids)
