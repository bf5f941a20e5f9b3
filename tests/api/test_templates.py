"""/api/api-templates"""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.live import LiveApp

PATH = "/api/api-templates"


def template_body(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": "国潮插画",
        "description": "tall pictures",
        "task_type": "text_to_image",
        "config": {"aspectRatio": "9:16"},
    }
    return body | changes


def test_a_template_is_kept_read_replaced_and_deleted(live_app: LiveApp) -> None:
    made = live_app.data("POST", PATH, json=template_body())
    one = f"{PATH}/{made['id']}"
    assert made["config"] == {"aspectRatio": "9:16"}
    assert live_app.data("GET", one) == made
    changed = live_app.data(
        "PUT", one, json=template_body(name="宽", config={"aspectRatio": "16:9"})
    )
    assert (changed["id"], changed["name"]) == (made["id"], "宽")
    assert live_app.data("GET", one)["config"] == {"aspectRatio": "16:9"}
    assert live_app.data("DELETE", one) == {"id": made["id"]}
    for method in ("GET", "DELETE"):
        live_app.refused(404, method, one)
    live_app.refused(404, "PUT", one, json=template_body())


def test_the_list_shows_one_task_type_when_asked(live_app: LiveApp) -> None:
    video = template_body(name="clip", task_type="text_to_video", config={"duration": "15"})
    live_app.data("POST", PATH, json=template_body())
    live_app.data("POST", PATH, json=video)
    everything = live_app.data("GET", PATH)
    assert everything["total"] == len(everything["items"]) >= 2
    assert set(everything["items"][0]) >= {"id", "name", "description", "task_type", "config"}
    videos = live_app.data("GET", PATH + "?task_type=text_to_video")["items"]
    assert [one["name"] for one in videos] == ["clip"]
    assert live_app.data("GET", PATH + "?task_type=")["total"] == everything["total"]
    live_app.refused(422, "GET", PATH + "?task_type=music")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"task_type": "music"}, "task_type"),
        ({"config": {"aspectRatio": "7:5"}}, "config.aspectRatio"),
        ({"config": {"colour": ""}}, "config.colour"),
        ({"config": {"repeat": 0}}, "config.repeat"),
        ({"config": {"repeat": []}}, "config.repeat"),
        ({"config": {"batch_input": 5}}, "config.batch_input"),
        ({"config": {"batch_input": ["a"] * 101, "repeat": 100}}, "config.batch_input"),
        ({"config": {"batch_input": ["a", 5]}}, "config.batch_input[1]"),
        ({"config": {"batch_input": [{"colour": "red"}]}}, "config.batch_input[0].colour"),
        ({"config": {"batch_input": [{"aspectRatio": 7}]}}, "config.batch_input[0].aspectRatio"),
        ({"config": {"batch_fields": "x"}}, "config.batch_fields"),
        ({"config": {"batch_fields": ["x"]}}, "config.batch_fields"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    live_app: LiveApp, change: dict[str, Any], field: str
) -> None:
    error = live_app.refused(422, "POST", PATH, json=template_body(**change))
    assert [one["field"] for one in error["errors"]] == [field]


def test_what_does_not_fit_is_named_all_at_once(live_app: LiveApp) -> None:
    config = {"batch_input": 5, "batch_fields": "x", "aspectRatio": "7:5"}
    error = live_app.refused(422, "POST", PATH, json=template_body(name="", config=config))
    fields = ["name", "config.aspectRatio", "config.batch_fields", "config.batch_input"]
    assert [one["field"] for one in error["errors"]] == fields
    made = live_app.data("POST", PATH, json=template_body())
    live_app.refused(422, "PUT", f"{PATH}/{made['id']}", json=template_body(config=config))


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"batch_input": [], "repeat": 3},
        {"batch_input": None, "batch_fields": None},
        {"batch_input": "", "batch_fields": []},
        {"batch_input": [{}, "", {"prompt": ""}, {"aspectRatio": "1:1"}, "a fox"]},
        {"batch_input": ["1:1", {"prompt": "x"}], "batch_fields": ["aspectRatio", "prompt"]},
    ],
)
def test_a_template_may_leave_open_what_comes_later(
    live_app: LiveApp, config: dict[str, Any]
) -> None:
    made = live_app.data("POST", PATH, json=template_body(config=config))
    assert made["config"] == config
    assert live_app.get(f"/missions/new?template={made['id']}").status_code == 200


def test_a_template_needs_a_json_body(live_app: LiveApp) -> None:
    live_app.refused(415, "POST", PATH, data={"name": "x"})
    live_app.refused(400, "POST", PATH, data=b"{", headers={"Content-Type": "application/json"})


def test_a_template_larger_than_a_megabyte_is_refused(live_app: LiveApp) -> None:
    body = template_body(config={"prompt": "x" * (1024 * 1024 + 1)})
    live_app.refused(413, "POST", PATH, json=body)
