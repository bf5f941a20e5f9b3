"""What an older version made stays to be seen when its task type is no longer offered."""

from __future__ import annotations

import pytest

from tests.helpers.live import LiveApp
from tests.pages.browsing import LATER, text_of
from webapp.db import writing
from webapp.models import Mission, Template

GONE = "%old_type"


@pytest.fixture(scope="module")
def mission(live_app: LiveApp) -> int:
    """A mission that waits, of a type that is gone."""
    mission_id = live_app.create(config={"batch_input": ["a red fox"]}, scheduled_at=LATER)
    with writing():
        Mission.update(task_type=GONE).where(Mission.id == mission_id).execute()
    return mission_id


@pytest.fixture(scope="module")
def template(live_app: LiveApp) -> int:
    body = {"name": "Old", "task_type": "text_to_image", "config": {"batch_input": ["a red fox"]}}
    template_id = int(live_app.data("POST", "/api/api-templates", json=body)["id"])
    with writing():
        Template.update(task_type=GONE).where(Template.id == template_id).execute()
    return template_id


def test_missions_of_a_type_that_is_gone_are_shown_under_its_name(
    live_app: LiveApp, mission: int
) -> None:
    for path in ("/missions", f"/missions/{mission}", f"/missions/{mission}/items/1"):
        answer = live_app.get(path)
        assert answer.status_code == 200
        assert GONE in text_of(answer.text)
    assert live_app.mission(mission)["task_type"] == GONE


def test_templates_of_a_type_that_is_gone_are_still_listed(
    live_app: LiveApp, template: int
) -> None:
    words = text_of(live_app.get("/templates").text)
    assert f"{GONE} Old" in words
    assert "1 prompt" in words


def test_nothing_new_is_made_of_them(live_app: LiveApp, mission: int, template: int) -> None:
    sources = [f"template={template}", f"from={mission}", f"from={mission}&item=1"]
    for source in sources:
        answer = live_app.get(f"/missions/new?{source}")
        assert answer.status_code == 404
        assert f"“{GONE}” is not offered any more." in text_of(answer.text)


def test_their_waiting_items_fail_without_being_sent(live_app: LiveApp, mission: int) -> None:
    with writing():
        Mission.update(scheduled_at=None).where(Mission.id == mission).execute()
    live_app.app.state.manager.wake()
    (item,) = live_app.ended(mission)["items"]
    assert (item["status"], item["error_cause"]) == ("failed", "input:task_type_gone")
    assert item["runninghub_task_id"] is None
