"""PATCH /api/api-missions/{mission_id}"""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.live import LiveApp

PATH = "/api/api-missions"
LATER = "2099-01-01 00:00:00"


@pytest.fixture(scope="module")
def mission(live_app: LiveApp) -> str:
    """Where a mission that waits is."""
    made = live_app.create(name="Autumn", description="for the shop", scheduled_at=LATER)
    return f"{PATH}/{made}"


def test_what_is_left_out_stays(live_app: LiveApp, mission: str) -> None:
    before = live_app.data("GET", mission)
    renamed = live_app.data("PATCH", mission, json={"name": " Winter 冬 "})
    assert (renamed["name"], renamed["description"]) == ("Winter 冬", "for the shop")
    described = live_app.data("PATCH", mission, json={"description": "two\nlines"})
    assert (described["name"], described["description"]) == ("Winter 冬", "two\nlines")
    both = live_app.data("PATCH", mission, json={"name": "Autumn", "description": ""})
    assert (both["name"], both["description"]) == ("Autumn", "")
    after = live_app.data("GET", mission)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"description", "updated_at"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a nul \x00"}, "name"),
        ({"description": "x" * 2001}, "description"),
        ({"description": None}, "description"),
        ({"priority": 1}, "priority"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    live_app: LiveApp, mission: str, body: dict[str, Any], field: str
) -> None:
    error = live_app.refused(422, "PATCH", mission, json=body)
    assert [one["field"] for one in error["errors"]] == [field]


def test_a_change_needs_json_and_a_mission(live_app: LiveApp, mission: str) -> None:
    live_app.refused(415, "PATCH", mission, data={"name": "x"})
    live_app.refused(415, "PATCH", mission)
    live_app.refused(404, "PATCH", f"{PATH}/424242", json={"name": "x"})
