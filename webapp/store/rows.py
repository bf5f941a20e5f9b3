"""Plain tuples out of queries. Peewee's type stubs do not follow `.tuples()`; this one place does."""

from __future__ import annotations

from typing import Any


def rows(query: Any) -> list[tuple[Any, ...]]:
    """All rows as tuples of the selected columns, read at once."""
    return list(query.tuples())


def row(query: Any) -> tuple[Any, ...] | None:
    """The first row, or None."""
    found: tuple[Any, ...] | None = query.tuples().first()
    return found


def dicts(query: Any) -> list[dict[str, Any]]:
    """All rows as dicts by column name, read at once."""
    return list(query.dicts())
