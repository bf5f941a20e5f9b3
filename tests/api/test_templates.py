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
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    live_app: LiveApp, change: dict[str, Any], field: str
) -> None:
    error = live_app.refused(422, "POST", PATH, json=template_body(**change))
    assert [one["field"] for one in error["errors"]] == [field]


def test_a_template_needs_a_json_body(live_app: LiveApp) -> None:
    live_app.refused(415, "POST", PATH, data={"name": "x"})
    live_app.refused(400, "POST", PATH, data=b"{", headers={"Content-Type": "application/json"})


def test_a_template_larger_than_a_megabyte_is_refused(live_app: LiveApp) -> None:
    body = template_body(config={"prompt": "x" * (1024 * 1024 + 1)})
    live_app.refused(413, "POST", PATH, json=body)
