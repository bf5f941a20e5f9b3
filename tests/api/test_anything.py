"""Whatever is posted: an answer in the envelope, never our fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.live import LiveApp, mission_body

LATER = "2099-01-01 00:00:00"

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**18, max_value=10**40)
    | st.floats()
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
bodies = {
    "/api/api-missions": mission_body(scheduled_at=LATER)
    | {"description": "", "priority": 0, "failure_threshold": 0.5},
    "/api/api-templates": {"name": "x", "task_type": "text_to_video", "config": {}},
    "/api/api-missions/1/retry": {"cause": "content:1501", "item_indexes": [1]},
    "/api/api-missions/1/items/1/retry": {"confirm": True},
    "/api/api-missions/1/items/1/resolve": {"action": "fail", "runninghub_task_id": "1"},
}
configs = ("batch_input", "batch_fields", "repeat", "prompt", "aspectRatio")
relaxed = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def check(app: LiveApp, path: str, raw: bytes) -> None:
    answer = app.post(path, data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400, 404, 409, 422), answer.text
    assert answer.json()["code"] == (0 if answer.status_code == 200 else answer.status_code)


@pytest.mark.parametrize("path", bodies)
@given(data=st.data())
@relaxed
def test_any_value_in_any_field(live_app: LiveApp, path: str, data: st.DataObject) -> None:
    body: dict[str, Any] = dict(bodies[path])
    name = data.draw(st.sampled_from([*body, "config", "other"]))
    value = data.draw(values)
    if name == "config" and data.draw(st.booleans()):
        value = {"batch_input": ["fox"], data.draw(st.sampled_from(configs)): value}
    check(live_app, path, json.dumps(body | {name: value}).encode())


@pytest.mark.parametrize("path", bodies)
@given(
    raw=st.binary(max_size=60)
    | st.text(alphabet='{}[]",:0123456789eE.+-\\u nul', max_size=40).map(str.encode)
)
@relaxed
def test_any_bytes(live_app: LiveApp, path: str, raw: bytes) -> None:
    check(live_app, path, raw)


@given(
    query=st.dictionaries(
        st.sampled_from(["page", "page_size", "status", "task_type", "q", "x"]),
        st.text(max_size=12),
    )
)
@relaxed
def test_any_query(live_app: LiveApp, query: dict[str, str]) -> None:
    for path in ("/api/api-missions", "/api/api-templates"):
        answer = live_app.get(path, params=query)
        assert answer.status_code in (200, 422), answer.text
