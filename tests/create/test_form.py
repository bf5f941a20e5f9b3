"""The create form stands for a mission in which every item is named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from webapp.errors import InvalidInput
from webapp.mission_requests import MissionRequest
from webapp.pages.forms import MissionForm
from webapp.task_types import TASK_TYPES

IMAGES = [f"/api/images/{name}.png" for name in "abc"]


def read(**fields: Any) -> MissionForm:
    """A posted form; a list of `image`s becomes as many fields."""
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        name = name.replace("__", ".")
        pairs += [(name, one) for one in value] if isinstance(value, list) else [(name, value)]
    return MissionForm.read(pairs)


def request(**fields: Any) -> MissionRequest:
    return read(**{"task_type": "text_to_image", **fields}).request(ZoneInfo("Asia/Shanghai"))


def refusal(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        request(**fields)
    return {error.field: str(error.message) for error in caught.value.errors}


def items(**fields: Any) -> Any:
    return request(**fields).config["batch_input"]


def test_each_line_becomes_an_item_by_name() -> None:
    made = request(prompts="a fox\n\nan owl", param__aspectRatio="16:9", repeat="2", priority="-1")
    assert made.config == {
        "aspectRatio": "16:9",
        "batch_input": [{"prompt": "a fox"}, {"prompt": "an owl"}],
        "repeat": 2,
    }
    assert (made.priority, made.failure_threshold) == (-1, 0.5)


def test_blocks_become_prompts_of_several_lines() -> None:
    assert items(prompts="a tall\ntower\n---\nan owl", mode="blocks") == [
        {"prompt": "a tall\ntower"},
        {"prompt": "an owl"},
    ]


def test_json_rows_are_taken_as_they_are() -> None:
    rows = '{"prompt": "a", "aspectRatio": "1:1"}\n"b"'
    assert items(prompts=rows, mode="json") == [{"prompt": "a", "aspectRatio": "1:1"}, "b"]


def test_all_combinations_go_prompt_by_prompt() -> None:
    made = items(task_type="image_to_video", prompts="up\ndown", image=IMAGES[:2], pairing="all")
    assert [(row["prompt"], row["imageUrl"][-5]) for row in made] == [
        ("up", "a"),
        ("up", "b"),
        ("down", "a"),
        ("down", "b"),
    ]


def test_one_to_one_pairs_in_order() -> None:
    made = items(task_type="image_to_image", prompts="up\ndown", image=IMAGES[:2], pairing="pair")
    assert made == [
        {"prompt": "up", "imageUrls": [IMAGES[0]]},
        {"prompt": "down", "imageUrls": [IMAGES[1]]},
    ]


def test_one_prompt_for_many_images_needs_no_pairing() -> None:
    assert len(items(task_type="image_to_image", prompts="up", image=IMAGES, pairing="pair")) == 3


def test_all_images_with_every_prompt() -> None:
    made = items(task_type="image_to_image", prompts="up\ndown", image=IMAGES, pairing="together")
    assert [row["imageUrls"] for row in made] == [IMAGES, IMAGES]


def test_images_may_be_given_by_address() -> None:
    made = items(
        task_type="image_to_video",
        prompts="up",
        image=IMAGES[:1],
        image_urls="https://example.com/1.png\r\n https://example.com/2.png\r\n",
    )
    assert [row["imageUrl"] for row in made] == [
        IMAGES[0],
        "https://example.com/1.png",
        "https://example.com/2.png",
    ]


def test_unequal_numbers_cannot_be_paired_and_the_sentence_says_both() -> None:
    problems = refusal(task_type="image_to_image", prompts="up\ndown", image=IMAGES, pairing="pair")
    assert problems == {
        "images": "2 prompts and 3 images cannot be paired one to one. Make the numbers equal, or "
        "choose “All combinations”."
    }


def test_at_most_five_images_go_together() -> None:
    problems = refusal(
        task_type="image_to_image", prompts="up", image=IMAGES * 2, pairing="together"
    )
    assert problems["images"].startswith("6 images are too many for one item; at most 5")


def test_an_image_type_needs_an_image() -> None:
    assert refusal(task_type="image_to_video", prompts="up") == {
        "images": "Add at least one reference image."
    }


def test_the_size_is_refused_with_its_factors_before_the_list_is_made() -> None:
    problems = refusal(
        task_type="image_to_image",
        prompts="\n".join(f"p{n}" for n in range(40)),
        image=[f"/api/images/{n}.png" for n in range(30)],
        repeat="10",
    )
    assert problems == {
        "prompts": "40 prompts × 30 images × 10 = 12,000 items; at most 10,000 fit in one mission."
    }


def test_twenty_thousand_lines_are_one_clear_sentence() -> None:
    problems = refusal(prompts="a fox\n" * 20_000)
    assert problems == {"prompts": "20,000 prompts; at most 10,000 fit in one mission."}


def test_everything_that_does_not_fit_is_told_at_once_in_the_forms_own_names() -> None:
    problems = refusal(
        name="x" * 201,
        prompts="",
        repeat="many",
        priority="9",
        scheduled_at="soon",
        failure_percent="200",
    )
    assert set(problems) == {
        "name",
        "prompts",
        "repeat",
        "priority",
        "scheduled_at",
        "failure_percent",
    }


def test_a_start_time_is_in_the_zone_of_the_person() -> None:
    made = request(prompts="a fox", scheduled_at="2026-03-01T08:30")
    assert made.scheduled_at == datetime(2026, 3, 1, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(("typed", "kept"), [("", None), ("0", 0.0), (" 12.5 % ", 0.125)])
def test_a_failure_limit_is_typed_in_percent(typed: str, kept: float | None) -> None:
    assert request(prompts="a fox", failure_percent=typed).failure_threshold == kept


def test_a_mission_without_a_name_is_called_by_its_first_prompt() -> None:
    assert request(prompts="a  fox\nan owl").name == "a fox"
    assert request(prompts="word " * 20).name == "word word word word word word word word…"
    assert request(prompts='{"prompt": "by name"}', mode="json").name == "by name"


def test_after_a_change_of_type_only_what_was_chosen_and_fits_stays() -> None:
    images, videos = TASK_TYPES["text_to_image"], TASK_TYPES["text_to_video"]

    def after(ratio: str) -> str:
        fields = [("task_type", videos.name), ("param.aspectRatio", ratio)]
        return MissionForm.read(fields, from_type=images).params.get("aspectRatio", "")

    assert after("16:9") == "16:9"
    assert after("21:9") == ""  # not a ratio of videos
    assert after("3:4") == ""  # was the default, not a choice


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("config.batch_input[2].aspectRatio", "param.aspectRatio"),
        ("config.batch_input[2].prompt", "prompts"),
        ("config.batch_input[2].imageUrls", "images"),
        ("config.batch_input", "prompts"),
        ("config.aspectRatio", "param.aspectRatio"),
        ("config.repeat", "repeat"),
        ("failure_threshold", "failure_percent"),
        ("name", "name"),
    ],
)
def test_errors_are_shown_at_their_place_in_the_form(path: str, place: str) -> None:
    assert read(task_type="image_to_image").place_of(path) == place


def test_in_rows_of_json_a_shared_name_is_in_the_box_too() -> None:
    form = read(task_type="image_to_image", mode="json")
    assert form.place_of("config.batch_input[2].aspectRatio") == "prompts"


def test_a_posted_form_is_read_whatever_is_in_it() -> None:
    form = MissionForm.read([("task_type", "music"), ("mode", "?"), ("pairing", "?"), ("x", "y")])
    assert (form.task_type.name, form.mode, form.pairing) == ("text_to_image", "lines", "all")
