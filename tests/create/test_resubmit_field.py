"""“Submit unclear items again after minutes”: off unless somebody says so, and kept where it was said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import StartApp
from tests.create.pages import previewed
from tests.helpers.html_forms import Form
from tests.helpers.live import LiveApp
from tests.pages.browsing import LATER, browser, text_of


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    return start_app()


def form_of(app: LiveApp, query: str = "") -> Form:
    return Form(app.get(f"/missions/new{query}").text, "mission-form")


def send(app: LiveApp, minutes: str, **changes: str) -> Any:
    typed = {"prompts": "a fox", "scheduled_at": "2099-01-01T00:00", "resubmit_after": minutes}
    fields = previewed(app, form_of(app).fill(**typed, **changes))
    answer = app.post("/missions", data=fields, headers=browser(app, "/missions/new"))
    app.http.cookies.clear()
    return answer


def newest(app: LiveApp) -> Any:
    return app.data("GET", "/api/api-missions?page_size=1")["items"][0]


def test_it_is_off_and_says_what_it_may_cost(app: LiveApp) -> None:
    page = app.get("/missions/new").text
    assert dict(form_of(app).fields)["resubmit_after"] == ""
    assert "may be paid twice" in text_of(page)
    assert send(app, "").status_code == 303
    assert newest(app)["resubmit_unknown_after"] is None


def test_it_is_shown_and_a_duplicate_keeps_it(app: LiveApp) -> None:
    assert send(app, " 45 ", failure_percent="30").status_code == 303
    mission = newest(app)
    assert (mission["resubmit_unknown_after"], mission["failure_threshold"]) == (45, 0.3)
    page = text_of(app.get(f"/missions/{mission['id']}").text)
    assert "unclear items are submitted again after 45 minutes, once each" in page
    assert "stops when more than 30 % failed" in page
    again = dict(form_of(app, f"?from={mission['id']}").fields)
    assert (again["resubmit_after"], again["failure_percent"]) == ("45", "30")


@pytest.mark.parametrize("minutes", ["0", "-1", "10081", "1.5", "soon", "9" * 30])
def test_a_number_that_does_not_fit_is_told(app: LiveApp, minutes: str) -> None:
    before = newest(app)["id"]
    answer = send(app, minutes)
    assert answer.status_code == 422
    assert "whole number of minutes from 1 to 10080" in text_of(answer.text)
    assert 'id="advanced"' in answer.text and "<details open" in answer.text
    assert newest(app)["id"] == before


@pytest.mark.parametrize("value", [0, -1, 10081, 1.5, "30", True, []])
def test_json_takes_minutes_only(app: LiveApp, value: object) -> None:
    body = {
        "name": "Autumn",
        "task_type": "text_to_image",
        "config": {"batch_input": ["a fox"]},
        "scheduled_at": LATER,
        "resubmit_unknown_after": value,
    }
    refused = app.refused(422, "POST", "/api/api-missions", json=body)
    assert [error["field"] for error in refused["errors"]] == ["resubmit_unknown_after"]
    made = app.data("POST", "/api/api-missions", json=body | {"resubmit_unknown_after": 10080})
    assert app.mission(made["api_mission_id"])["resubmit_unknown_after"] == 10080
