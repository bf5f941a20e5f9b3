"""GET /api/api-missions/{id}"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.helpers.live import LiveApp
from webapp.simulator import Simulator

PATH = "/api/api-missions"
LATER = "2099-01-01 00:00:00"
MOMENT = re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d")
ITEM_FIELDS = {
    "item_index",
    "status",
    "input_params",
    "result_url",
    "results",
    "error_code",
    "error_message",
    "runninghub_task_id",
    "attempts",
    "cost",
    "seconds",
    "created_at",
    "updated_at",
}


def test_a_finished_mission_shows_everything(live_app: LiveApp) -> None:
    mission = live_app.ended(live_app.create())
    assert mission["status"] == "completed"
    assert mission["progress"] == 100.0
    assert mission["counts"] == {
        "pending": 0,
        "processing": 0,
        "completed": 2,
        "failed": 0,
        "unknown": 0,
        "cancelled": 0,
    }
    assert mission["config"]["batch_input"] == ["a red fox", "a grey owl"]
    for name in ("created_at", "updated_at", "started_at", "ended_at"):
        assert MOMENT.fullmatch(mission[name]), name
    assert [item["item_index"] for item in mission["items"]] == [1, 2]
    for item in mission["items"]:
        assert set(item) >= ITEM_FIELDS
        assert item["status"] == "completed"
        assert item["attempts"] == 1
        assert item["cost"] == 0.05
        assert re.fullmatch(r"\d{19}", item["runninghub_task_id"])
        assert item["error_code"] is None
        assert item["error_message"] is None
        assert MOMENT.fullmatch(item["updated_at"])


def test_all_items_at_once_are_those_of_the_pages(live_app: LiveApp) -> None:
    prompts = [f"fox “{n}” \u2028" for n in range(7)]
    mission_id = live_app.create(config={"batch_input": prompts}, scheduled_at=LATER)
    path = f"{PATH}/{mission_id}"
    whole = live_app.get(path)
    assert int(whole.headers["content-length"]) == len(whole.content)
    assert whole.headers["content-type"] == "application/json"
    first = live_app.data("GET", path + "?page_size=4")
    second = live_app.data("GET", path + "?page_size=4&page=2")
    assert whole.json()["data"] == {
        **first,
        "items": first["items"] + second["items"],
        "page_size": 7,
    }
    head = live_app.call("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    none = live_app.data("GET", path + "?status=failed")
    assert (none["items"], none["items_total"], none["page_size"]) == ([], 0, 1)


def test_a_result_has_the_providers_link_and_our_copy(live_app: LiveApp) -> None:
    item = live_app.ended(live_app.create())["items"][0]
    [result] = item["results"]
    assert item["result_url"] == result["url"]
    assert result["type"] in ("png", "jpg")
    assert result["text"] is None
    assert result["file_url"].startswith(live_app.url + "/media/")
    copy = live_app.http.get(result["file_url"], timeout=10)
    assert copy.status_code == 200
    assert copy.headers["content-type"].startswith("image/")
    assert len(copy.content) == result["size"]


def test_all_results_are_there_also_a_text(live_app: LiveApp) -> None:
    mission_id = live_app.create(config={"batch_input": ["a poem [text]", "six foxes [many]"]})
    text, many = live_app.ended(mission_id)["items"]
    assert text["results"][0]["text"]
    assert text["results"][0]["type"] == "txt"
    assert text["results"][0]["file_url"] is None
    assert len(many["results"]) > 1
    assert many["result_url"] == many["results"][0]["url"]


def test_progress_counts_the_completed_only(live_app: LiveApp) -> None:
    prompts = ["fox"] * 5 + ["owl [fail:1501]"] * 3
    mission = live_app.ended(live_app.create(config={"batch_input": prompts}))
    assert (mission["completed_count"], mission["failed_count"]) == (5, 3)
    assert mission["progress"] == 62.5
    failed = mission["items"][5]
    assert failed["error_code"] == "1501"
    assert failed["error_cause"] == "content:1501"
    assert failed["error_message"]
    assert failed["result_url"] is None
    assert failed["results"] == []


def test_items_come_in_pages_when_asked_for(live_app: LiveApp) -> None:
    prompts = [f"fox {n}" for n in range(7)]
    mission_id = live_app.create(config={"batch_input": prompts}, scheduled_at=LATER)
    path = f"{PATH}/{mission_id}"
    pages = [live_app.data("GET", f"{path}?page={n}&page_size=3") for n in (1, 2, 3, 4)]
    assert [[item["item_index"] for item in page["items"]] for page in pages] == [
        [1, 2, 3],
        [4, 5, 6],
        [7],
        [],
    ]
    assert {page["items_total"] for page in pages} == {7}
    assert len(live_app.data("GET", path)["items"]) == 7


def test_items_of_one_state(live_app: LiveApp) -> None:
    mission_id = live_app.create(config={"batch_input": ["fox", "owl [fail:1501]", "elk"]})
    live_app.ended(mission_id)
    failed = live_app.data("GET", f"{PATH}/{mission_id}?status=failed")
    assert [item["item_index"] for item in failed["items"]] == [2]
    assert failed["items_total"] == 1
    paged = live_app.data("GET", f"{PATH}/{mission_id}?status=completed&page=2&page_size=1")
    assert [item["item_index"] for item in paged["items"]] == [3]
    assert paged["items_total"] == 2


def test_items_with_a_word_or_of_a_cause(live_app: LiveApp) -> None:
    prompts = ["a red fox", "an owl [fail:1501]", "a fox [fail:1015]", "a Fox [fail:1501]"]
    mission_id = live_app.create(config={"batch_input": prompts})
    live_app.ended(mission_id)
    for query, indexes in (
        ("q=fox", [1, 3, 4]),
        ("q=fox&status=failed", [3, 4]),
        ("q=100%25", []),
        ("cause=content:1501", [2, 4]),
        ("cause=content:1501&q=owl", [2]),
        ("cause=content:1501&status=completed", []),
        ("cause=nothing", []),
        ("q=&cause=&status=", [1, 2, 3, 4]),
    ):
        path = f"{PATH}/{mission_id}?{query}"
        whole, paged = live_app.data("GET", path), live_app.data("GET", path + "&page_size=2")
        assert [item["item_index"] for item in whole["items"]] == indexes, query
        assert [item["item_index"] for item in paged["items"]] == indexes[:2], query
        assert whole["items_total"] == paged["items_total"] == len(indexes)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=partial", "status"),
        ("page=0", "page"),
        ("page_size=1000", "page_size"),
        ("q=" + "x" * 201, "q"),
        ("cause=" + "x" * 201, "cause"),
        ("q=a&q=b", "q"),
    ],
)
def test_a_bad_filter_is_refused_by_name(live_app: LiveApp, query: str, field: str) -> None:
    mission_id = live_app.create(scheduled_at=LATER)
    error = live_app.refused(422, "GET", f"{PATH}/{mission_id}?{query}")
    assert error["errors"][0]["field"] == field


@pytest.mark.parametrize("number", ["0", "999999", "9" * 18, "9" * 19, "9" * 5000, "-1", "one"])
def test_a_mission_that_is_not_there(live_app: LiveApp, number: str) -> None:
    live_app.refused(404, "GET", f"{PATH}/{number}")


def test_public_url_is_the_base_of_file_links(
    start_app: Any, simulator: Simulator, make_settings: Any
) -> None:
    app = start_app(public_url="https://missions.example.com/", poll_interval=0.2)
    [result] = app.ended(app.create(config={"batch_input": ["fox"]}))["items"][0]["results"]
    assert result["file_url"].startswith("https://missions.example.com/media/")
