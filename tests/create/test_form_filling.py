"""A stored config fills a form that makes the same items again."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.expansion import expand_config
from webapp.mission_requests import MissionRequest
from webapp.pages.form_filling import form_of_config, form_of_request, with_template
from webapp.pages.forms import MissionForm
from webapp.pages.pairing import Pairing
from webapp.pages.prompt_text import PromptMode
from webapp.task_types import TASK_TYPES

A, B, C = (f"/api/images/{name}.png" for name in "abc")

CONFIGS: list[tuple[str, dict[str, object], PromptMode, Pairing]] = [
    ("text_to_image", {"batch_input": ["x", "y"], "repeat": 3}, PromptMode.LINES, Pairing.ALL),
    ("text_to_image", {"batch_input": [{"prompt": "x\ny"}]}, PromptMode.BLOCKS, Pairing.ALL),
    (
        "text_to_image",
        {"aspectRatio": "1:1", "batch_input": ["x", {"prompt": "y", "aspectRatio": "16:9"}]},
        PromptMode.JSON,
        Pairing.ALL,
    ),
    ("text_to_video", {"prompt": "x", "duration": "15"}, PromptMode.LINES, Pairing.ALL),
    ("image_to_image", {"prompt": "x", "batch_input": [A, B]}, PromptMode.LINES, Pairing.ALL),
    (
        "image_to_video",
        {"batch_input": [{"prompt": p, "imageUrl": i} for p in "xy" for i in (A, B)]},
        PromptMode.LINES,
        Pairing.ALL,
    ),
    (
        "image_to_video",
        {"batch_input": [{"prompt": "x", "imageUrl": A}, {"prompt": "y", "imageUrl": B}]},
        PromptMode.LINES,
        Pairing.PAIR,
    ),
    (
        "image_to_image",
        {"imageUrls": [A, B, C], "batch_fields": ["prompt"], "batch_input": ["x", "y"]},
        PromptMode.LINES,
        Pairing.TOGETHER,
    ),
    (
        "image_to_image",
        {
            "batch_input": [
                {"prompt": "x", "imageUrls": [A, B]},
                {"prompt": "y", "imageUrls": [C]},
            ]
        },
        PromptMode.JSON,
        Pairing.ALL,
    ),
]


@pytest.mark.parametrize(("name", "config", "mode", "pairing"), CONFIGS)
def test_the_filled_form_makes_the_same_items(
    name: str, config: dict[str, object], mode: PromptMode, pairing: Pairing
) -> None:
    task_type = TASK_TYPES[name]
    form = form_of_config(task_type, config)
    assert (form.mode, form.pairing) == (mode, pairing)
    again = form.request(UTC).config
    assert expand_config(task_type, again).items == expand_config(task_type, config).items


PARAMS = st.fixed_dictionaries(
    {"prompt": st.text("ab\n-", min_size=1).filter(str.strip)},
    optional={
        "imageUrls": st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3),
        "aspectRatio": st.sampled_from(["auto", "1:1"]),
    },
)


@given(st.lists(PARAMS, min_size=1, max_size=6), st.integers(1, 3))
def test_any_mission_can_be_copied_into_a_form(rows: list[dict[str, object]], repeat: int) -> None:
    config = {"imageUrls": [A], "batch_input": rows, "repeat": repeat}
    task_type = TASK_TYPES["image_to_image"]
    again = form_of_config(task_type, config).request(UTC).config
    assert expand_config(task_type, again).items == expand_config(task_type, config).items


def test_a_copy_keeps_the_name_and_what_is_under_advanced() -> None:
    request = MissionRequest(
        "Autumn", "notes", "text_to_image", {"batch_input": ["x"]}, 2, None, 0.25
    )
    form = form_of_request(TASK_TYPES["text_to_image"], request, UTC)
    again = form.request(UTC)
    assert (again.name, again.description) == ("Autumn", "notes")
    assert (again.priority, again.failure_threshold) == (2, 0.25)


def test_a_template_without_items_leaves_the_boxes_empty() -> None:
    form = form_of_config(TASK_TYPES["text_to_video"], {"duration": "15"})
    assert (form.prompts, form.images, form.params["duration"]) == ("", (), "15")


def test_loading_a_template_keeps_what_was_typed() -> None:
    typed = MissionForm(
        TASK_TYPES["text_to_image"], name="mine", prompts="my prompt", images=(A,), key="k"
    )
    config: dict[str, object] = {"duration": "15", "prompt": "of the template", "repeat": 4}
    form = with_template(typed, TASK_TYPES["text_to_video"], config)
    assert (form.task_type.name, form.params["duration"], form.repeat) == (
        "text_to_video",
        "15",
        "4",
    )
    assert (form.name, form.prompts, form.images, form.key) == ("mine", "my prompt", (A,), "k")
