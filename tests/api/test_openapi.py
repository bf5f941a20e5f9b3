"""GET /api/openapi.json: every call is in it, it is a valid document, in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from tests.helpers.live import LiveApp
from webapp import routes
from webapp.accounts.doorkeeper import is_open
from webapp.accounts.people import Role
from webapp.api.json_shapes import StateCounts
from webapp.api.openapi import ERRORS
from webapp.api.operations import Operation
from webapp.routes.api_docs import ALL
from webapp.settings import load_settings
from webapp.states import ItemState


@pytest.fixture(scope="module")
def document(live_app: LiveApp) -> Any:
    answer = live_app.get("/api/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def test_every_route_is_described_and_nothing_else(document: Any) -> None:
    real = {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in routes.table(load_settings(_env_file=None))
        if isinstance(route, Route) and route.path.startswith(("/api/", "/health"))
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert described == real


def test_every_reference_leads_somewhere(document: Any) -> None:
    def look(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                found = document
                for part in value["$ref"].removeprefix("#/").split("/"):
                    found = found[part]
            for one in value.values():
                look(one)
        if isinstance(value, list):
            for one in value:
                look(one)

    look(document)


def test_names_are_unique() -> None:
    names = [operation.name for operation in ALL]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("operation", ALL, ids=lambda one: one.name)
def test_what_changes_something_needs_a_role(operation: Operation) -> None:
    assert not operation.changes or operation.role in (Role.MEMBER, Role.ADMIN)
    assert set(operation.statuses) <= set(ERRORS)


def test_the_statuses_are_those_that_come_and_those_of_the_documentation() -> None:
    assert {status for operation in ALL for status in operation.statuses} == set(ERRORS)
    text = (Path(__file__).parents[2] / "docs" / "json-interface.md").read_text(encoding="utf-8")
    told = {int(status) for status in re.findall(r"^\| (\d{3}) \|", text, re.MULTILINE)}
    assert told == {*ERRORS, 405}


@pytest.mark.parametrize("operation", ALL, ids=lambda one: one.name)
def test_who_may_call_is_what_the_door_says(operation: Operation) -> None:
    assert (operation.role is None) == is_open(operation.public_path)


def test_without_accounts_nobody_signs_in(document: Any) -> None:
    assert "securitySchemes" not in document["components"]
    assert "security" not in document["paths"]["/api/queue"]["get"]


def test_the_document_is_in_the_readers_language(live_app: LiveApp, document: Any) -> None:
    assert document["paths"]["/api/queue"]["get"]["summary"] == "How busy the whole program is"
    chinese = live_app.get("/api/openapi.json", headers={"Accept-Language": "zh-CN"})

    def sentences_of(value: Any) -> list[str]:
        if isinstance(value, dict):
            found = [
                one
                for name, one in value.items()
                if name in ("description", "summary") and isinstance(one, str)
            ]
            inner = [one for name, one in value.items() if name != "example"]
            return found + sentences_of(inner)
        if isinstance(value, list):
            return [sentence for one in value for sentence in sentences_of(one)]
        return []

    sentences = sentences_of(chinese.json())
    assert len(sentences) > 100
    assert [one for one in sentences if not re.search("[\u4e00-\u9fff]", one)] == []


def test_limits_and_choices_come_from_the_models(document: Any) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["MissionBody"]["properties"]["name"]["maxLength"] == 200
    assert schemas["MissionBody"]["properties"]["priority"]["minimum"] == -3
    parameters = document["paths"]["/api/api-missions"]["get"]["parameters"]
    [size] = [one for one in parameters if one["name"] == "page_size"]
    assert size["schema"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 20}
    assert "21:9" in schemas["TextToImageConfig"]["properties"]["aspectRatio"]["anyOf"][0]["enum"]


def test_counts_know_every_state() -> None:
    assert list(StateCounts.__annotations__) == [state.value for state in ItemState]


def test_the_server_is_the_one_that_was_asked(live_app: LiveApp, document: Any) -> None:
    assert document["servers"] == [{"url": live_app.url}]
