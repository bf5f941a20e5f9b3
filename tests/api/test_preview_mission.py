"""POST /api/api-missions/preview"""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.live import LiveApp, mission_body

PATH = "/api/api-missions"
PREVIEW = PATH + "/preview"
LATER = "2099-01-01 00:00:00"


def test_it_tells_what_is_then_made_and_makes_nothing(live_app: LiveApp) -> None:
    rows: list[Any] = ["a fox", {"prompt": "an owl", "aspectRatio": "16:9"}, " a fox "]
    config = {"batch_input": rows, "repeat": 8, "aspectRatio": "1:1"}
    body = mission_body(name="Only looked at", config=config, scheduled_at=LATER)
    plan = live_app.data("POST", PREVIEW, json=body, headers={"Idempotency-Key": "looked"})
    assert plan["seconds"] > 0
    assert {name: plan[name] for name in set(plan) - {"items", "seconds"}} == {
        "total_count": 24,
        "repeat": 8,
        "duplicates": 1,
        "unit_price": 0.05,
        "estimate": 1.2,
        "currency": "CNY",
    }
    assert live_app.data("GET", PATH + "?q=Only looked at")["total"] == 0

    made = live_app.data("POST", PATH, json=body, headers={"Idempotency-Key": "looked"})
    mission = live_app.mission(made["api_mission_id"])
    assert (mission["estimate"], mission["total_count"]) == (plan["estimate"], plan["total_count"])
    assert plan["items"] == [
        {"item_index": item["item_index"], "input_params": item["input_params"]}
        for item in mission["items"][:20]
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        mission_body(name="", config={"batch_input": [""], "colour": "red"}),
        mission_body(config={"batch_input": [7] * 93}),
        mission_body(task_type="image_to_image", config={"batch_input": ["/api/images/0.png"]}),
        mission_body(
            task_type="image_to_video",
            config={"prompt": "x", "batch_input": ["/api/images/0123456789abcdef.png"]},
        ),
    ],
)
def test_its_errors_are_those_of_the_call_that_makes_it(
    live_app: LiveApp, body: dict[str, Any]
) -> None:
    told = live_app.refused(422, "POST", PREVIEW, json=body)
    assert told["errors"]
    assert told == live_app.refused(422, "POST", PATH, json=body)


def test_ten_thousand_items_can_be_looked_at(live_app: LiveApp) -> None:
    prompts = [f"fox {n}, " + "in the mist " * 20 for n in range(10_000)]
    body = mission_body(config={"batch_input": prompts})
    assert live_app.data("POST", PREVIEW, json=body)["estimate"] == 500.0
    live_app.refused(415, "POST", PREVIEW, data=b"{}")
    live_app.refused(400, "POST", PREVIEW, data=b"{", headers={"Content-Type": "application/json"})
