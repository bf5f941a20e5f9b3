"""docs/json-interface.md names every call, and its examples are true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from tests.helpers.live import LiveApp
from tests.helpers.pictures import png
from webapp import routes
from webapp.settings import load_settings

TEXT = (Path(__file__).parents[2] / "docs" / "json-interface.md").read_text(encoding="utf-8")
HEADING = re.compile(r"^### ([A-Z]+) (/\S+)$", re.MULTILINE)
SECTIONS = {
    tuple(part.splitlines()[0].split()): part
    for part in re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]
}


def examples(method: str, path: str) -> list[Any]:
    """The JSON blocks below a heading."""
    found = re.findall(r"^```json\n(.*?)^```", SECTIONS[method, path], re.MULTILINE | re.DOTALL)
    return [json.loads(block) for block in found]


def answer_example(method: str, path: str) -> Any:
    """The `data` of the answer below a heading."""
    [answer] = [one for one in examples(method, path) if "code" in one]
    return answer["data"]


def shape(value: Any) -> Any:
    """Names in any depth; a list by its first entry."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items() if name not in OPAQUE}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [shape(value[0])]
    return None


OPAQUE = {"config", "input_params"}


def test_every_call_is_documented_and_nothing_else() -> None:
    real = {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in routes.table(load_settings(_env_file=None))
        if isinstance(route, Route) and route.path.startswith(("/api/", "/health"))
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {(method, path) for method, path in HEADING.findall(TEXT)} == real


def test_links_inside_the_page_lead_somewhere() -> None:
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    for target in re.findall(r"\]\(#([^)]+)\)", TEXT):
        assert target in anchors


def test_every_example_is_json() -> None:
    blocks = re.findall(r"^```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 15
    for block in blocks:
        json.loads(block)


@pytest.fixture(scope="module")
def mission_id(live_app: LiveApp) -> int:
    """The mission of the examples, made and finished."""
    path = "/api/api-missions"
    [request] = [one for one in examples("POST", path) if "name" in one]
    made = live_app.data("POST", path, json=request)
    assert shape(made) == shape(answer_example("POST", path))
    live_app.ended(made["api_mission_id"])
    return int(made["api_mission_id"])


def test_the_mission_examples_are_true(live_app: LiveApp, mission_id: int) -> None:
    path = "/api/api-missions"
    assert shape(live_app.data("GET", path)) == shape(answer_example("GET", path))
    real = live_app.mission(mission_id)
    assert shape(real) == shape(answer_example("GET", path + "/{mission_id}"))


def test_the_preview_example_is_true(live_app: LiveApp) -> None:
    [request] = [one for one in examples("POST", "/api/api-missions") if "name" in one]
    real = live_app.data("POST", "/api/api-missions/preview", json=request)
    assert real == answer_example("POST", "/api/api-missions/preview") | {
        "seconds": real["seconds"]
    }


def test_the_template_examples_are_true(live_app: LiveApp) -> None:
    path = "/api/api-templates"
    [request] = [one for one in examples("POST", path) if "name" in one]
    made = live_app.data("POST", path, json=request)
    assert shape(made) == shape(answer_example("POST", path))
    gone = live_app.data("DELETE", f"{path}/{made['id']}")
    assert shape(gone) == shape(answer_example("DELETE", path + "/{template_id}"))


def test_the_upload_example_is_true(live_app: LiveApp) -> None:
    made = live_app.data("POST", "/api/upload-image", files={"file": ("a.png", png())})
    assert shape(made) == shape(answer_example("POST", "/api/upload-image"))


def test_the_small_examples_are_true(live_app: LiveApp) -> None:
    assert shape(live_app.data("GET", "/api/queue")) == shape(answer_example("GET", "/api/queue"))
    [health] = examples("GET", "/health")
    assert set(live_app.get("/health").json()) == set(health)
    [documented] = answer_example("GET", "/api/task-types")["items"]
    real = live_app.data("GET", "/api/task-types")["items"]
    [video] = [one for one in real if one["name"] == documented["name"]]
    assert {**video, "fields": None} == {**documented, "fields": None}
    assert [field for field in documented["fields"] if field not in video["fields"]] == []


def test_the_error_example_is_true(live_app: LiveApp) -> None:
    documented = json.loads(re.findall(r"^```json\n(.*?)^```", TEXT, re.M | re.S)[0])
    body = {
        "name": "Autumn",
        "task_type": "text_to_image",
        "config": {"batch_input": ["a red fox", {"aspectRatio": "1:1"}]},
    }
    assert live_app.refused(422, "POST", "/api/api-missions", json=body) == documented
