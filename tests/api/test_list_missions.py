"""GET /api/api-missions"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import StartApp
from tests.helpers.live import LiveApp

PATH = "/api/api-missions"
LATER = "2099-01-01 00:00:00"
FIELDS = {
    "id",
    "name",
    "task_type",
    "status",
    "total_count",
    "completed_count",
    "failed_count",
    "progress",
    "created_at",
}


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    """Seven missions that do not run, oldest first."""
    app = start_app()
    names = ["Alpha", "100% wool", "a_b", "axb", "秋季新品", "back\\slash", "Omega"]
    for position, name in enumerate(names):
        video = position % 2
        app.create(
            name=name,
            task_type="text_to_video" if video else "text_to_image",
            config={"batch_input": [f"prompt {position} 狐狸" if video else f"prompt {position}"]},
            scheduled_at=LATER,
        )
    app.data("POST", f"{PATH}/{app.create(name='Stopped', scheduled_at=LATER)}/cancel")
    return app


def names(app: LiveApp, **query: Any) -> list[str]:
    return [row["name"] for row in app.data("GET", PATH, params=query)["items"]]


def test_newest_first_with_the_fixed_fields(app: LiveApp) -> None:
    data = app.data("GET", PATH)
    assert data["total"] == 8
    assert [row["name"] for row in data["items"]][:2] == ["Stopped", "Omega"]
    row = data["items"][1]
    assert set(row) >= FIELDS
    assert "items" not in row
    assert "config" not in row
    assert (row["status"], row["progress"], row["total_count"]) == ("queued", 0.0, 1)
    assert len(row["created_at"]) == len("2026-01-01 00:00:00")


def test_pages_do_not_overlap_and_leave_nothing_out(app: LiveApp) -> None:
    pages = [app.data("GET", PATH, params={"page": n, "page_size": 3}) for n in (1, 2, 3, 4)]
    assert [len(page["items"]) for page in pages] == [3, 3, 2, 0]
    assert all(page["total"] == 8 for page in pages)
    ids = [row["id"] for page in pages for row in page["items"]]
    assert len(set(ids)) == 8


def test_empty_values_are_no_filter(app: LiveApp) -> None:
    assert app.data("GET", f"{PATH}?page=&page_size=&status=&task_type=&q=")["total"] == 8


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "cancelled"}, ["Stopped"]),
        ({"status": "completed"}, []),
        ({"task_type": "text_to_video"}, ["back\\slash", "axb", "100% wool"]),
        ({"task_type": "text_to_video", "q": "wool"}, ["100% wool"]),
        ({"q": "alpha"}, ["Alpha"]),
        ({"q": "%"}, ["100% wool"]),
        ({"q": "_"}, ["a_b"]),
        ({"q": "a_b"}, ["a_b"]),
        ({"q": "\\"}, ["back\\slash"]),
        ({"q": "秋季"}, ["秋季新品"]),
        ({"q": "prompt 6"}, ["Omega"]),
        ({"q": "x" * 200}, []),
        ({"q": "a\x00b"}, []),
        ({"q": "'; DROP TABLE api_missions; --"}, []),
    ],
)
def test_filters(app: LiveApp, query: dict[str, str], expected: list[str]) -> None:
    assert names(app, **query) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=two", "page"),
        ("page=1.5", "page"),
        ("page=٣", "page"),
        ("page=99999999999999999999999", "page"),
        ("page=%1e", "page"),
        ("page=2&page=3", "page"),
        ("page=2&page=", "page"),
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("status=done", "status"),
        ("q=" + "x" * 201, "q"),
        ("q=" + "x" * 60_000, "q"),
        ("task_type=text_to_music", "task_type"),
    ],
)
def test_a_bad_value_is_refused_by_name(app: LiveApp, query: str, field: str) -> None:
    error = app.refused(422, "GET", f"{PATH}?{query}")
    assert [one["field"] for one in error["errors"]] == [field]


def test_everything_that_does_not_fit_is_named(app: LiveApp) -> None:
    error = app.refused(422, "GET", f"{PATH}?page=0&status=done&q={'x' * 201}")
    assert [one["field"] for one in error["errors"]] == ["page", "status", "q"]
    assert error["errors"][0]["message"] == "page must be a whole number from 1 to 1000000."
    assert error["errors"][2]["message"] == "q may have up to 200 characters."


def test_two_hundred_is_the_largest_page(app: LiveApp) -> None:
    assert app.data("GET", f"{PATH}?page_size=200")["page_size"] == 200


def test_a_page_far_behind_the_end_is_empty(app: LiveApp) -> None:
    data = app.data("GET", f"{PATH}?page=1000000&page_size=200")
    assert (data["items"], data["total"]) == ([], 8)
