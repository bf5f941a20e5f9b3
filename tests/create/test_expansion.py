"""From a config to the exact items that are paid for."""

from __future__ import annotations

import pytest

from webapp.errors import InvalidInput
from webapp.expansion import MAX_ITEMS, Expansion, expand_config
from webapp.task_types import TASK_TYPES

URL = "https://example.com/{}.png"


def expand(task_type: str = "text_to_image", **config: object) -> Expansion:
    return expand_config(TASK_TYPES[task_type], config)


def refusal(task_type: str = "text_to_image", **config: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        expand(task_type, **config)
    return {error.field: str(error.message) for error in caught.value.errors}


def test_strings_stand_for_the_batch_field_and_defaults_are_filled_in() -> None:
    made = expand(batch_input=["a fox", "an owl"])
    assert made.items == (
        {"prompt": "a fox", "aspectRatio": "3:4"},
        {"prompt": "an owl", "aspectRatio": "3:4"},
    )


def test_a_string_of_image_to_image_is_one_image_in_a_list() -> None:
    made = expand("image_to_image", prompt="as snow", batch_input=[URL.format(1)])
    assert made.items[0]["imageUrls"] == [URL.format(1)]


def test_a_string_of_image_to_video_is_one_image() -> None:
    made = expand("image_to_video", prompt="it moves", batch_input=[URL.format(1)])
    assert made.items[0]["imageUrl"] == URL.format(1)


def test_an_items_own_value_wins_over_the_missions() -> None:
    made = expand(aspectRatio="1:1", batch_input=["a", {"prompt": "b", "aspectRatio": "16:9"}])
    assert [item["aspectRatio"] for item in made.items] == ["1:1", "16:9"]


def test_batch_fields_name_what_a_string_stands_for() -> None:
    made = expand(
        "image_to_video",
        imageUrl=URL.format(1),
        batch_fields=["prompt"],
        batch_input=["up", "down"],
    )
    assert [item["prompt"] for item in made.items] == ["up", "down"]


def test_batch_fields_limit_what_an_entry_may_set() -> None:
    problems = refusal(
        batch_fields=["prompt"],
        batch_input=[{"prompt": "a"}, {"prompt": "b", "aspectRatio": "1:1"}],
    )
    assert problems == {
        "config.batch_input[1].aspectRatio": "Row 2: “aspectRatio” is not one of config.batch_fields."
    }


def test_each_entry_is_repeated_in_its_place() -> None:
    made = expand(batch_input=["a", "b"], repeat=3)
    assert [item["prompt"] for item in made.items] == ["a", "a", "a", "b", "b", "b"]
    assert (made.inputs, made.repeat) == (2, 3)


def test_entries_that_are_the_same_are_counted() -> None:
    assert expand(batch_input=["a", "b", "a", {"prompt": " a "}]).duplicates == 2


def test_the_batch_field_as_a_plain_value_is_one_item() -> None:
    assert len(expand(prompt="a fox").items) == 1
    assert len(expand(prompt="a fox", repeat=4).items) == 4


def test_without_anything_to_make_the_batch_is_missing() -> None:
    missing = {"config.batch_input": "config.batch_input is missing."}
    assert refusal() == missing
    assert refusal("image_to_image", prompt="only words") == missing
    assert refusal(batch_input=[]) == {"config.batch_input": "config.batch_input is empty."}
    assert list(refusal(batch_input="a fox")) == ["config.batch_input"]


def test_rows_are_counted_from_one_in_words_and_from_zero_in_paths() -> None:
    problems = refusal(batch_input=["a", " ", {"colour": "red"}, 7])
    assert problems == {
        "config.batch_input[1].prompt": "Row 2: Prompt is empty.",
        "config.batch_input[2].colour": "Row 3: “colour” is not a parameter of this type.",
        "config.batch_input[2].prompt": "Row 3: Prompt is missing.",
        "config.batch_input[3]": "Row 4: an entry must be a text, or an object of parameters.",
    }


def test_a_wrong_shared_parameter_is_told_once_and_not_for_every_row() -> None:
    problems = refusal(aspectRatio="7:7", colour="red", batch_input=["a"] * 500)
    assert set(problems) == {"config.aspectRatio", "config.colour"}


def test_more_than_fifty_errors_are_counted_instead_of_listed() -> None:
    with pytest.raises(InvalidInput) as caught:
        expand(batch_input=[7] * 93)
    assert len(caught.value.errors) == 51
    assert str(caught.value.errors[-1].message) == "And 43 more."


@pytest.mark.parametrize("repeat", [0, 101, 1.5, "2", True])
def test_repeat_is_a_whole_number_to_100(repeat: object) -> None:
    assert list(refusal(batch_input=["a"], repeat=repeat)) == ["config.repeat"]


def test_ten_thousand_items_fit_and_one_more_does_not() -> None:
    assert len(expand(batch_input=["a"] * MAX_ITEMS).items) == MAX_ITEMS
    assert refusal(batch_input=["a"] * (MAX_ITEMS + 1)) == {
        "config.batch_input": "10,001 items; at most 10,000 fit in one mission."
    }


def test_the_message_about_too_many_names_the_factors() -> None:
    assert refusal(batch_input=["a"] * 200, repeat=100) == {
        "config.batch_input": "200 entries × 100 = 20,000 items; at most 10,000 fit in one mission."
    }


@pytest.mark.parametrize("fields", [[], "prompt", [1], ["colour"]])
def test_batch_fields_must_be_names_of_parameters(fields: object) -> None:
    assert list(refusal(batch_fields=fields, batch_input=["a"])) == ["config.batch_fields"]
