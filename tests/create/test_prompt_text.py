"""From one pasted text to single prompts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapp.pages.prompt_text import (
    Prompt,
    PromptMode,
    duplicate_notes,
    join_prompts,
    line_errors,
    read_rows,
    split_prompts,
    write_rows,
)

LINES, BLOCKS, JSON = PromptMode


def test_blank_lines_and_edge_spaces_are_ignored_and_lines_keep_their_numbers() -> None:
    assert split_prompts("  one \r\n\r\n\t\rtwo\n", LINES) == (Prompt(1, "one"), Prompt(4, "two"))


def test_a_unicode_separator_does_not_end_a_line() -> None:
    assert len(split_prompts("one\u2028still one\x0bstill", LINES)) == 1


def test_blocks_are_split_by_a_line_of_hyphens() -> None:
    text = "---\n\na tall\n  tower\n\n --- \n\n-----\nan owl\n"
    assert split_prompts(text, BLOCKS) == (Prompt(3, "a tall\n  tower"), Prompt(9, "an owl"))


def test_a_separator_among_single_lines_is_an_error_that_says_what_to_choose() -> None:
    errors = line_errors(split_prompts("one\n---\ntwo", LINES), LINES, 100)
    assert [error.field for error in errors] == ["prompts"]
    assert str(errors[0].message).startswith("Line 2 is only “---”. Choose “Several lines each”")


def test_a_prompt_that_is_too_long_is_named_by_its_line() -> None:
    prompts = split_prompts("\n" + "x" * 11, LINES)
    assert [str(error.message) for error in line_errors(prompts, LINES, 10)] == [
        "Line 2 has 11 characters; at most 10 are allowed."
    ]
    assert line_errors(prompts, LINES, 11) == []


def test_repeated_lines_are_named_and_many_are_counted() -> None:
    notes = duplicate_notes(split_prompts("a\nb\na\n" + "b\n" * 7, LINES))
    assert str(notes[0]) == "Line 3 is the same as line 1."
    assert len(notes) == 6
    assert str(notes[-1]) == "And 3 more lines are repeated."


def test_rows_that_are_no_json_are_named_by_their_line() -> None:
    rows, errors = read_rows(split_prompts('{"prompt": "a"}\n\n"b"\nc\n[1]', JSON))
    assert rows[:2] == [{"prompt": "a"}, "b"]
    assert [str(error.message)[:7] for error in errors] == ["Line 4 ", "Line 5 "]


def test_rows_that_are_nested_without_end_are_an_error_and_no_crash() -> None:
    _, errors = read_rows([Prompt(1, "[" * 200_000)])
    assert len(errors) == 1


PROMPT = st.text().map(str.strip).filter(bool)


@given(st.lists(PROMPT, min_size=1))
def test_joined_prompts_are_split_into_the_same_prompts(prompts: list[str]) -> None:
    joined = join_prompts(prompts)
    if joined is not None:
        text, mode = joined
        split = [prompt.text for prompt in split_prompts(text, mode)]
        assert split == [prompt.replace("\r\n", "\n").replace("\r", "\n") for prompt in prompts]


@given(st.lists(st.dictionaries(st.text(), st.text() | st.lists(st.text())), min_size=1))
def test_written_rows_are_read_back(rows: list[dict[str, object]]) -> None:
    assert read_rows(split_prompts(write_rows(rows), JSON)) == (rows, [])
