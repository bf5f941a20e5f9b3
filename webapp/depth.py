"""How deep a config may be: Python reads JSON that is nested more deeply than it can then walk through."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.errors import FieldError
from webapp.item_checks import in_row
from webapp.messages import Message, msg

DEPTH_MAX = 50
"""Lists and objects in each other within one value; parameters have one or two."""


def too_deep(config: Mapping[str, object]) -> FieldError | None:
    """About the first value that is nested too deeply, with its row."""
    entries = config.get("batch_input")
    rows = entries if isinstance(entries, list) else []
    for position, entry in enumerate(rows):
        where, row = f"config.batch_input[{position}]", position + 1
        if not isinstance(entry, dict):
            if _is_deep(entry):
                return FieldError(where, in_row(row, _depth("batch_input")), row)
            continue
        for name in entry:
            if _is_deep(entry[name]):
                return FieldError(f"{where}.{_shown(name)}", in_row(row, _depth(name)), row)
    for name, value in config.items():
        if value is not rows and _is_deep(value):
            return FieldError(f"config.{_shown(name)}", _depth(name))
    return None


def _depth(name: str) -> Message:
    return msg(
        "“%(name)s” is nested too deeply; at most %(limit)s levels are allowed.",
        name=_shown(name),
        limit=DEPTH_MAX,
    )


def _shown(name: str) -> str:
    """A name from outside, as it can be sent back."""
    return name[:80].encode("utf-8", "replace").decode()


def _is_deep(value: object, levels: int = DEPTH_MAX) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deep(one, levels - 1) for one in inner)
