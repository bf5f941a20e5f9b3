"""A page tells the server which rows it shows: their ids, short enough for an address."""

from __future__ import annotations

from collections.abc import Iterable

SHOWN_LIMIT = 500


def pack(ids: Iterable[int]) -> str:
    """`9001-9060.9072`: ranges of neighbours, in ascending order."""
    parts: list[str] = []
    first = last = -1
    for number in sorted(set(ids)):
        if number == last + 1 and first >= 0:
            last = number
            continue
        parts.extend(_part(first, last))
        first = last = number
    parts.extend(_part(first, last))
    return ".".join(parts)


def _part(first: int, last: int) -> list[str]:
    if first < 0:
        return []
    return [str(first) if first == last else f"{first}-{last}"]


def unpack(text: str) -> tuple[int, ...]:
    """The ids again. What cannot be read is skipped, and at most SHOWN_LIMIT come out: the text
    comes from outside."""
    found: list[int] = []
    for part in text.split("."):
        first, _, last = part.partition("-")
        low, high = _number(first), _number(last or first)
        if low is None or high is None or high - low >= SHOWN_LIMIT:
            continue
        found.extend(range(low, high + 1))
        if len(found) >= SHOWN_LIMIT:
            break
    return tuple(found[:SHOWN_LIMIT])


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
