"""Schemathesis reads the OpenAPI document and tries each operation over HTTP: examples, limits, any value in any
place. No error of ours, only documented statuses, answers that are what the document says.

By hand, against a running server and for longer: `schemathesis run http://127.0.0.1:7777/api/openapi.json`.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig

from tests.helpers.live import LiveApp
from webapp.openapi import OpenApi
from webapp.routes.api_docs import ALL

LATER = "2099-01-01 00:00:00"

# What a schema cannot say: whether an image is one, whether each row has a prompt, which item numbers there are.
_BEYOND_SCHEMA = ("create_mission", "upload_image", "mission_zip")
_CONFIG = {
    "seed": 1,
    "generation": {"max-examples": 20, "deterministic": True, "database": "none"},
    "operations": [
        {
            "include-operation-id": name,
            "checks": {"positive_data_acceptance": {"enabled": False}},
        }
        for name in _BEYOND_SCHEMA
    ],
}

schema = schemathesis.openapi.from_dict(
    OpenApi(ALL).document(str, "http://127.0.0.1", None),
    config=SchemathesisConfig.from_dict(_CONFIG),
)


@pytest.fixture(scope="module")
def mission_ids(live_app: LiveApp) -> list[int]:
    """Missions that wait, are done, have a failed item, were cancelled, are paused."""
    waiting = [live_app.create(scheduled_at=LATER) for _ in range(3)]
    done = live_app.create(config={"batch_input": ["a red fox", "an owl [fail:1501]"]})
    live_app.ended(done)
    live_app.data("POST", f"/api/api-missions/{waiting[1]}/cancel")
    live_app.data("POST", f"/api/api-missions/{waiting[2]}/pause")
    return [done, *waiting]


@schema.parametrize()
def test_any_call(case: schemathesis.Case[Any], live_app: LiveApp, mission_ids: list[int]) -> None:
    lead_to_a_mission(case.path_parameters, mission_ids)
    case.call_and_validate(base_url=live_app.url, session=live_app.http)


def lead_to_a_mission(path: Any, mission_ids: list[int]) -> None:
    """Numbers that fit the schema name, in their turn, missions and items that there are."""
    mission_id, index = path.get("mission_id"), path.get("item_index")
    if isinstance(mission_id, int) and mission_id > 0:
        path["mission_id"] = mission_ids[mission_id % len(mission_ids)]
    if isinstance(index, int) and index > 0:
        path["item_index"] = 1 + index % 3
