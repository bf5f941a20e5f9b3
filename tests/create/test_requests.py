"""What comes in from outside is read once, strictly, and refused by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from webapp.errors import InvalidInput
from webapp.mission_requests import MissionRequest, TemplateRequest, check_name


def mission(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": "Autumn",
        "task_type": "text_to_image",
        "config": {"batch_input": ["a fox"]},
    }
    return body | changes


def refusal(body: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        MissionRequest.from_json(body)
    return {error.field: str(error.message) for error in caught.value.errors}


def test_the_rest_of_a_mission_has_defaults() -> None:
    request = MissionRequest.from_json(mission(name="  Autumn "))
    assert request == MissionRequest("Autumn", "", "text_to_image", {"batch_input": ["a fox"]})


def test_everything_that_is_wrong_is_named_at_once() -> None:
    problems = refusal(
        {
            "name": " ",
            "task_type": "music",
            "config": [],
            "priority": 4,
            "failure_threshold": "half",
            "scheduled_at": 5,
            "colour": "red",
        }
    )
    assert set(problems) == {
        "name",
        "task_type",
        "config",
        "priority",
        "failure_threshold",
        "scheduled_at",
        "colour",
    }
    assert problems["name"] == "Name is missing."
    assert "text_to_video" in problems["task_type"]
    assert problems["priority"] == "Priority must be a whole number from -3 to 3."
    assert problems["colour"] == "“colour” is not a known field."


@pytest.mark.parametrize("missing", ["name", "task_type", "config"])
def test_what_is_missing_is_named(missing: str) -> None:
    body = mission()
    del body[missing]
    assert list(refusal(body)) == [missing]


@pytest.mark.parametrize("body", [None, [], "text", 7])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    assert refusal(body) == {"": "The request must be an object with named fields."}


def test_a_name_of_200_characters_fits_and_of_201_does_not() -> None:
    assert MissionRequest.from_json(mission(name="字" * 200)).name == "字" * 200
    assert refusal(mission(name="字" * 201)) == {
        "name": "Name has 201 characters; at most 200 are allowed."
    }


@pytest.mark.parametrize("priority", [True, 1.0, "1", -4])
def test_a_priority_is_a_whole_number_in_its_range(priority: object) -> None:
    assert list(refusal(mission(priority=priority))) == ["priority"]


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2026-03-01 08:30:00", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
        ("2026-03-01T08:30:00Z", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
        ("2026-03-01T08:30:00+08:00", datetime(2026, 3, 1, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_start_time_is_utc_unless_it_says_otherwise(given: str, utc: datetime) -> None:
    assert MissionRequest.from_json(mission(scheduled_at=given)).scheduled_at == utc


@pytest.mark.parametrize(
    "given", ["0132-11-04 12:55:03", "1999-12-31 23:59:59", "3000-01-01", "9999-12-31T23:59:59"]
)
def test_a_start_is_in_our_time(given: str) -> None:
    problem = "Start time must be in a year from 2000 to 2999."
    assert refusal(mission(scheduled_at=given)) == {"scheduled_at": problem}


@pytest.mark.parametrize("given", ["tomorrow", "2026-13-01", "0001-01-01T00:00:00+23:00", 0, {}])
def test_a_start_time_that_is_none_is_refused(given: object) -> None:
    assert list(refusal(mission(scheduled_at=given))) == ["scheduled_at"]


@pytest.mark.parametrize("given", [0, 1, 0.25, None])
def test_a_failure_limit_is_a_share(given: float | None) -> None:
    assert MissionRequest.from_json(mission(failure_threshold=given)).failure_threshold == given


@pytest.mark.parametrize("given", [-0.1, 1.1, float("nan"), True])
def test_a_failure_limit_outside_of_0_to_1_is_refused(given: object) -> None:
    assert list(refusal(mission(failure_threshold=given))) == ["failure_threshold"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a\x00b"),
        ("name", "half a pair \ud83d"),
        ("config", {"batch_input": ["half a pair \ud83d"]}),
        ("config", {"repeat": float("inf")}),
    ],
)
def test_what_no_page_and_no_provider_can_take_is_refused_at_the_door(
    field: str, value: object
) -> None:
    assert list(refusal(mission(**{field: value}))) == [field]


def test_a_template_knows_no_start_time() -> None:
    with pytest.raises(InvalidInput) as caught:
        TemplateRequest.from_json(mission(scheduled_at=None))
    assert [error.field for error in caught.value.errors] == ["scheduled_at"]


def test_a_name_alone_follows_the_same_rule() -> None:
    assert check_name(" Spring ") == "Spring"
    with pytest.raises(InvalidInput, match="Name is missing"):
        check_name("  ")
