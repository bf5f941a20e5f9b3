"""RunningHub cannot read an image that it was given (code 1013): the next try uploads it anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.rig import Rig, states
from tests.helpers.pictures import png
from webapp.simulator import Simulator


@pytest.fixture
def image(rig: Rig) -> str:
    """The address of an image that was uploaded for an earlier mission."""
    found: Any = rig.app.data("POST", "/api/upload-image", files={"file": ("fox.png", png())})
    address = f"/api/images/{found['filename']}"
    assert states(rig.ended(edit(rig, address, "make it red"))) == ["completed"]
    return address


def edit(rig: Rig, image: str, prompt: str = "make it blue") -> int:
    config = {"prompt": prompt, "batch_input": [image]}
    return rig.app.create(task_type="image_to_image", config=config)


def retried(rig: Rig, mission_id: int) -> list[str]:
    rig.app.post(f"/api/api-missions/{mission_id}/retry")
    return states(rig.ended(mission_id))


def uploads(simulator: Simulator) -> int:
    return len(simulator.request_times("upload"))


def test_a_copy_that_is_gone_before_its_time_is_replaced_at_the_retry(
    rig: Rig, simulator: Simulator, image: str
) -> None:
    rig.confirmed["make it blue"] = 1  # RunningHub took the task before it looked at the image
    simulator.world.uploads.clear()
    mission_id = edit(rig, image)
    assert states(rig.ended(mission_id)) == ["failed"]

    assert retried(rig, mission_id) == ["completed"]
    assert uploads(simulator) == 2


def test_a_refused_submit_has_its_image_uploaded_anew_at_the_retry(
    rig: Rig, simulator: Simulator, image: str
) -> None:
    simulator.scenario("submit", "refuse", code="1013", times=1)
    mission_id = edit(rig, image)
    assert states(rig.ended(mission_id)) == ["failed"]

    assert retried(rig, mission_id) == ["completed"]
    assert uploads(simulator) == 2


def test_another_refusal_leaves_the_copy_in_use(rig: Rig, simulator: Simulator, image: str) -> None:
    simulator.scenario("submit", "refuse", code="1501", times=1)
    mission_id = edit(rig, image)
    assert states(rig.ended(mission_id)) == ["failed"]

    assert retried(rig, mission_id) == ["completed"]
    assert uploads(simulator) == 1
