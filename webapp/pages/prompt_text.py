"""The prompts box: from one pasted text to single prompts, each with the line it began on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from webapp.errors import FieldError
from webapp.messages import Message, msg, nmsg

SHOWN_NOTES = 5


class PromptMode(StrEnum):
    """How the text in the box is read."""

    LINES = "lines"  #: one prompt a line
    BLOCKS = "blocks"  #: prompts of several lines, split by a line that is only ---
    JSON = "json"  #: one object of parameters a line


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt; `line` counts from 1."""

    line: int
    text: str


def split_prompts(text: str, mode: PromptMode) -> tuple[Prompt, ...]:
    """Blank lines (blank blocks) and edge spaces are ignored."""
    lines = _lines(text)
    if mode is PromptMode.BLOCKS:
        return tuple(_blocks(lines))
    return tuple(
        Prompt(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()
    )


def is_separator(line: str) -> bool:
    """A line that is only three or more hyphens."""
    stripped = line.strip()
    return len(stripped) >= 3 and not stripped.strip("-")


def join_prompts(prompts: Sequence[str]) -> tuple[str, PromptMode] | None:
    """The text that splits into exactly these prompts; None when no text does."""
    if all(_is_line(prompt) for prompt in prompts):
        return "\n".join(prompts), PromptMode.LINES
    if all(_is_block(prompt) for prompt in prompts):
        return "\n---\n".join(prompts), PromptMode.BLOCKS
    return None


def line_errors(prompts: Sequence[Prompt], mode: PromptMode, max_length: int) -> list[FieldError]:
    """What cannot be made, by line number: too long, or a separator in the wrong mode."""
    errors = [
        FieldError("prompts", _too_long(prompt, max_length))
        for prompt in prompts
        if len(prompt.text) > max_length
    ]
    if mode is PromptMode.LINES:
        separator = next((prompt for prompt in prompts if is_separator(prompt.text)), None)
        if separator is not None:
            problem = msg(
                "Line %(line)s is only “---”. Choose “Several lines each” to split prompts there, "
                "or remove the line.",
                line=separator.line,
            )
            errors.append(FieldError("prompts", problem))
    return errors


def duplicate_notes(prompts: Sequence[Prompt]) -> list[Message]:
    """Which lines repeat an earlier one; the first few are named."""
    first: dict[str, int] = {}
    notes: list[Message] = []
    for prompt in prompts:
        earlier = first.setdefault(prompt.text, prompt.line)
        if earlier != prompt.line:
            notes.append(
                msg(
                    "Line %(line)s is the same as line %(earlier)s.",
                    line=prompt.line,
                    earlier=earlier,
                )
            )
    more = len(notes) - SHOWN_NOTES
    if more > 0:
        rest = nmsg(
            "And %(count)s more line is repeated.", "And %(count)s more lines are repeated.", more
        )
        return [*notes[:SHOWN_NOTES], rest]
    return notes


def read_rows(prompts: Iterable[Prompt]) -> tuple[list[object], list[FieldError]]:
    """JSON mode: each line an object of parameters, or a text in quotes."""
    rows: list[object] = []
    errors: list[FieldError] = []
    for prompt in prompts:
        try:
            row = json.loads(prompt.text)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, (dict, str)):
            problem = msg(
                'Line %(line)s is not a JSON object such as {"prompt": "…"}.', line=prompt.line
            )
            errors.append(FieldError("prompts", problem))
        rows.append(row)
    return rows, errors


def write_rows(rows: Iterable[object]) -> str:
    """The text that `read_rows` reads back."""
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def _lines(text: str) -> list[str]:
    # Not str.splitlines(): that also splits at form feeds and Unicode separators, which a browser
    # shows inside one line.
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _blocks(lines: Sequence[str]) -> Iterable[Prompt]:
    start, block = 1, list[str]()
    for number, line in enumerate([*lines, "---"], 1):
        if not is_separator(line):
            block.append(line)
            continue
        text = "\n".join(block)
        if text.strip():
            blank = next(index for index, one in enumerate(block) if one.strip())
            yield Prompt(start + blank, text.strip())
        start, block = number + 1, []


def _is_line(prompt: str) -> bool:
    return bool(prompt.strip()) and len(_lines(prompt)) == 1 and not is_separator(prompt)


def _is_block(prompt: str) -> bool:
    return bool(prompt.strip()) and not any(is_separator(line) for line in _lines(prompt))


def _too_long(prompt: Prompt, max_length: int) -> Message:
    return msg(
        "Line %(line)s has %(length)s characters; at most %(limit)s are allowed.",
        line=prompt.line,
        length=f"{len(prompt.text):,}",
        limit=f"{max_length:,}",
    )
