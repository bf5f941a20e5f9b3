"""Plain tuples out of queries (Peewee's type stubs do not follow `.tuples()`; this one place does), and
a condition that several of them share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from peewee import Expression

from webapp.accounts.people import LOCAL


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


def owner_name(entry: Mapping[str, Any]) -> str:
    """The `owner` of a row that was joined with `users`: what is nobody's is the local user's."""
    return entry["owner"] or LOCAL.name


LONGEST_WAIT = timedelta(minutes=20)
"""The program postpones nothing of its own for longer."""


def has_come(moment: Any, now: datetime) -> Expression:
    """Whether a column's moment, if there is one, has come. One that is farther ahead than LONGEST_WAIT
    was written before the machine's clock was set back: nothing waits for that."""
    found: Expression = moment.is_null() | (moment <= now) | (moment > now + LONGEST_WAIT)
    return found
