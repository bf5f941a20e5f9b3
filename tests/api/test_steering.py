"""Cancel, pause, resume, retry and delete; single items; what to do with an unknown one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.live import LiveApp
from webapp.simulator import Simulator

PATH = "/api/api-missions"
LATER = "2099-01-01 00:00:00"


@pytest.fixture(autouse=True)
def no_faults_left(simulator: Simulator) -> Iterator[None]:
    yield
    simulator.clear_scenario()


def waiting_mission(app: LiveApp, items: int = 3) -> int:
    prompts = [f"fox {n}" for n in range(items)]
    return app.create(config={"batch_input": prompts}, scheduled_at=LATER)


def states(mission: Any) -> list[str]:
    return [item["status"] for item in mission["items"]]


def unknown_item(app: LiveApp, simulator: Simulator, word: str) -> tuple[int, str]:
    """A mission of one item whose submit was accepted but never answered, and its id there."""
    simulator.scenario("submit", "reset", match=word, times=1, accept=True)
    mission_id = app.create(config={"batch_input": [f"a fox {word}"]})
    assert states(app.ended(mission_id)) == ["unknown"]
    [accepted] = [entry for entry in simulator.ledger if word in str(entry)]
    return mission_id, str(accepted["task_id"])


def test_cancel_says_how_many_items_it_stopped(live_app: LiveApp) -> None:
    mission_id = waiting_mission(live_app, 3)
    assert live_app.data("POST", f"{PATH}/{mission_id}/cancel") == {"cancelled_count": 3}
    mission = live_app.mission(mission_id)
    assert mission["status"] == "cancelled"
    assert states(mission) == ["cancelled"] * 3
    live_app.refused(409, "POST", f"{PATH}/{mission_id}/cancel")


def test_pause_and_resume(live_app: LiveApp) -> None:
    mission_id = waiting_mission(live_app)
    path = f"{PATH}/{mission_id}"
    assert live_app.data("POST", path + "/pause")["status"] == "paused"
    live_app.refused(409, "POST", path + "/pause")
    assert live_app.data("POST", path + "/resume")["status"] == "queued"
    live_app.refused(409, "POST", path + "/resume")


def test_retry_takes_all_failed_items(live_app: LiveApp, simulator: Simulator) -> None:
    simulator.scenario("submit", "refuse", match="twice", code="1501", times=2)
    mission_id = live_app.create(config={"batch_input": ["fox", "elk twice", "owl twice"]})
    assert states(live_app.ended(mission_id)) == ["completed", "failed", "failed"]
    assert live_app.data("POST", f"{PATH}/{mission_id}/retry") == {"retry_count": 2}
    again = live_app.ended(mission_id)
    assert states(again) == ["completed"] * 3
    assert [item["attempts"] for item in again["items"]] == [1, 2, 2]
    assert live_app.data("POST", f"{PATH}/{mission_id}/retry") == {"retry_count": 0}


def test_retry_takes_one_cause_or_the_chosen_items(live_app: LiveApp) -> None:
    prompts = ["a [fail:1501]", "b [fail:1015]", "c [fail:1015]", "d"]
    mission_id = live_app.create(config={"batch_input": prompts})
    live_app.ended(mission_id)
    path = f"{PATH}/{mission_id}/retry"
    cause = live_app.mission(mission_id)["items"][1]["error_cause"]
    assert live_app.data("POST", path, json={"cause": cause}) == {"retry_count": 2}
    live_app.ended(mission_id)
    assert live_app.data("POST", path, json={"item_indexes": [1, 4]}) == {"retry_count": 1}
    attempts = [item["attempts"] for item in live_app.ended(mission_id)["items"]]
    assert attempts == [2, 2, 2, 1]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"cause": ""}, "cause"),
        ({"cause": 5}, "cause"),
        ({"item_indexes": []}, "item_indexes"),
        ({"item_indexes": "1"}, "item_indexes"),
        ({"item_indexes": [0]}, "item_indexes"),
        ({"item_indexes": [True]}, "item_indexes"),
        ({"item_indexes": [1.5]}, "item_indexes"),
        ({"item_indexes": [10_001]}, "item_indexes"),
        ({"item_indexes": [1] * 33_000}, "item_indexes"),
        ({"cause": "content:1501", "item_indexes": [1]}, "cause"),
        ({"index": 1}, "index"),
    ],
)
def test_a_retry_that_is_not_clear_retries_nothing(
    live_app: LiveApp, options: dict[str, Any], field: str
) -> None:
    mission_id = waiting_mission(live_app)
    error = live_app.refused(422, "POST", f"{PATH}/{mission_id}/retry", json=options)
    assert [one["field"] for one in error["errors"]] == [field]


def test_every_list_that_may_be_sent_is_taken(live_app: LiveApp) -> None:
    mission_id = waiting_mission(live_app)
    live_app.data("POST", f"{PATH}/{mission_id}/items/2/cancel")
    path = f"{PATH}/{mission_id}/retry"
    assert live_app.data("POST", path, json={"item_indexes": [1] * 10_000}) == {"retry_count": 0}
    every = list(range(10_000, 0, -1))
    assert live_app.data("POST", path, json={"item_indexes": every}) == {"retry_count": 1}


def test_a_whole_number_may_be_written_with_a_point(live_app: LiveApp) -> None:
    path = f"{PATH}/{waiting_mission(live_app)}/retry"
    raw = {"data": b'{"item_indexes": [1.0]}', "headers": {"Content-Type": "application/json"}}
    assert live_app.data("POST", path, **raw) == {"retry_count": 0}


def test_delete_hides_a_mission(live_app: LiveApp) -> None:
    mission_id = waiting_mission(live_app)
    assert live_app.data("DELETE", f"{PATH}/{mission_id}") == {"id": mission_id}
    live_app.refused(404, "GET", f"{PATH}/{mission_id}")
    live_app.refused(404, "DELETE", f"{PATH}/{mission_id}")
    assert mission_id not in [row["id"] for row in live_app.data("GET", PATH)["items"]]


@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("POST", "/cancel"),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/retry"),
        ("POST", "/refetch"),
        ("DELETE", ""),
        ("POST", "/items/1/retry"),
        ("POST", "/items/1/cancel"),
        ("POST", "/items/1/refetch"),
    ],
)
def test_nothing_can_be_done_with_a_mission_that_is_not_there(
    live_app: LiveApp, method: str, tail: str
) -> None:
    live_app.refused(404, method, f"{PATH}/424242{tail}")


@pytest.mark.parametrize(
    "tail", ["/cancel", "/pause", "/resume", "/refetch", "/items/1/cancel", "/items/1/refetch"]
)
def test_an_action_takes_no_unknown_options(live_app: LiveApp, tail: str) -> None:
    path = f"{PATH}/{waiting_mission(live_app)}{tail}"
    error = live_app.refused(422, "POST", path, json={"force": True})
    assert error["errors"][0]["field"] == "force"
    live_app.refused(415, "POST", path, data=b"force=1")


def test_one_item_is_cancelled_and_tried_again(live_app: LiveApp) -> None:
    mission_id = waiting_mission(live_app)
    path = f"{PATH}/{mission_id}/items/2"
    item = live_app.data("POST", path + "/cancel")
    assert (item["item_index"], item["status"]) == (2, "cancelled")
    assert states(live_app.mission(mission_id)) == ["pending", "cancelled", "pending"]
    assert live_app.data("POST", path + "/retry", json={})["status"] == "pending"
    live_app.refused(409, "POST", path + "/retry")


def test_failed_files_are_fetched_again_and_nothing_is_made_again(
    live_app: LiveApp, simulator: Simulator
) -> None:
    simulator.scenario("download", "redirect", url="ftp://elsewhere/", times=3)
    mission_id = live_app.create(config={"batch_input": ["gnu", "gnu", "gnu"]})
    assert live_app.ended(mission_id)["files_failed"] == 3
    path = f"{PATH}/{mission_id}"
    item = live_app.data("POST", f"{path}/items/2/refetch")
    assert item["item_index"] == 2
    assert item["results"][0]["file_status"] in ("pending", "saved")
    assert live_app.ended(mission_id)["files_failed"] == 2
    assert live_app.data("POST", path + "/refetch") == {"refetch_count": 2}
    done = live_app.ended(mission_id)
    assert (done["files_failed"], done["cost"]) == (0, 0.15)
    assert [item["attempts"] for item in done["items"]] == [1, 1, 1]
    assert live_app.data("POST", path + "/refetch") == {"refetch_count": 0}
    assert (
        live_app.data("POST", f"{path}/items/2/refetch")["results"] == done["items"][1]["results"]
    )
    live_app.refused(404, "POST", f"{path}/items/4/refetch")


def test_an_item_that_is_not_there(live_app: LiveApp) -> None:
    path = f"{PATH}/{waiting_mission(live_app)}/items"
    for number in ("0", "4", "99999999999", "x"):
        live_app.refused(404, "POST", f"{path}/{number}/retry")


def test_an_unknown_item_is_not_sent_again_without_a_word(
    live_app: LiveApp, simulator: Simulator
) -> None:
    mission_id, _ = unknown_item(live_app, simulator, "quagga")
    path = f"{PATH}/{mission_id}/items/1"
    error = live_app.refused(422, "POST", path + "/retry")
    assert error["errors"][0]["field"] == "confirm"
    live_app.refused(422, "POST", path + "/resolve", json={"action": "resubmit"})
    item = live_app.data("POST", path + "/resolve", json={"action": "resubmit", "confirm": True})
    assert item["status"] in ("pending", "processing", "completed")
    assert states(live_app.ended(mission_id)) == ["completed"]


def test_a_repeated_decision_does_not_touch_a_newer_try(
    live_app: LiveApp, simulator: Simulator
) -> None:
    simulator.scenario("submit", "reset", match="kakapo", times=2, accept=True)
    mission_id = live_app.create(config={"batch_input": ["a kakapo"]})
    [item] = live_app.ended(mission_id)["items"]
    assert (item["status"], item["attempts"]) == ("unknown", 1)
    path = f"{PATH}/{mission_id}/items/1/resolve"
    body = {"action": "resubmit", "confirm": True, "attempt": 1}
    live_app.refused(409, "POST", path, json=body | {"attempt": 2})
    live_app.data("POST", path, json=body)
    [item] = live_app.ended(mission_id)["items"]
    assert (item["status"], item["attempts"]) == ("unknown", 2)
    for action in ("resubmit", "fail"):
        live_app.refused(409, "POST", path, json=body | {"action": action})
    assert sum("kakapo" in str(entry) for entry in simulator.ledger) == 2
    assert live_app.data("POST", path, json=body | {"attempt": 2})["attempts"] == 2
    [item] = live_app.ended(mission_id)["items"]
    assert (item["status"], item["attempts"]) == ("completed", 3)


def test_an_unknown_item_is_marked_as_failed(live_app: LiveApp, simulator: Simulator) -> None:
    mission_id, _ = unknown_item(live_app, simulator, "dodo")
    path = f"{PATH}/{mission_id}/items/1/resolve"
    assert live_app.data("POST", path, json={"action": "fail"})["status"] == "failed"
    live_app.refused(409, "POST", path, json={"action": "fail"})


def test_an_unknown_item_gets_its_task_attached(live_app: LiveApp, simulator: Simulator) -> None:
    lost, task_id = unknown_item(live_app, simulator, "moa")
    path = f"{PATH}/{lost}/items/1/resolve"
    item = live_app.data("POST", path, json={"action": "attach", "runninghub_task_id": task_id})
    assert item["runninghub_task_id"] == task_id
    [done] = live_app.ended(lost)["items"]
    assert (done["status"], done["attempts"]) == ("completed", 1)
    assert sum("moa" in str(entry) for entry in simulator.ledger) == 1


def test_only_a_task_that_nobody_has_can_be_attached(
    live_app: LiveApp, simulator: Simulator
) -> None:
    lost, _ = unknown_item(live_app, simulator, "auk")
    done = live_app.ended(live_app.create(config={"batch_input": ["other"]}))
    taken = done["items"][0]["runninghub_task_id"]
    path = f"{PATH}/{lost}/items/1/resolve"
    for task_id in ("", "abc", "1000000000000000001", "²"):
        body = {"action": "attach", "runninghub_task_id": task_id}
        error = live_app.refused(422, "POST", path, json=body)
        assert error["errors"][0]["field"] == "runninghub_task_id"
    body = {"action": "attach", "runninghub_task_id": taken}
    live_app.refused(409, "POST", path, json=body)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "action"),
        ({"action": "delete"}, "action"),
        ({"action": ["fail"]}, "action"),
        ({"action": "resubmit", "confirm": "yes"}, "confirm"),
        ({"action": "attach", "runninghub_task_id": 2013508786110730241}, "runninghub_task_id"),
        ({"action": "fail", "why": "no idea"}, "why"),
        ({"action": "fail", "attempt": 0}, "attempt"),
        ({"action": "fail", "attempt": "1"}, "attempt"),
    ],
)
def test_a_decision_that_is_not_clear_is_refused(
    live_app: LiveApp, body: dict[str, Any], field: str
) -> None:
    path = f"{PATH}/{waiting_mission(live_app)}/items/1/resolve"
    error = live_app.refused(422, "POST", path, json=body)
    assert [one["field"] for one in error["errors"]] == [field]
