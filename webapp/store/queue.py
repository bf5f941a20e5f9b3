"""Numbers about the whole queue."""

from __future__ import annotations

from datetime import datetime

from peewee import SQL, fn

from webapp.db import reading
from webapp.models import Attempt, Mission
from webapp.states import AttemptState, ItemState
from webapp.store.rows import row

_ENDED = (AttemptState.SUCCEEDED, AttemptState.FAILED)


def ended_count(since: datetime) -> int:
    """Remote tasks that ended after then."""
    with reading():
        return int(
            Attempt.select().where(Attempt.ended_at > since, Attempt.state.in_(_ENDED)).count()
        )


def unknown_count() -> int:
    """Items that wait for a person because nobody knows whether they were paid for."""
    with reading():
        total = (
            Mission.select(fn.SUM(Mission.unknown_count))
            .where(SQL("unknown_count > 0"), Mission.deleted_at.is_null())  # so it finds its index
            .scalar()
        )
        return int(total or 0)


def item_counts() -> dict[str, int]:
    """Items by state, of all missions, those of the last day's deleted ones too: whether one is
    deleted stands behind its whole configuration, and would take long to read."""
    fields = [(state.value, getattr(Mission, f"{state}_count")) for state in ItemState]
    with reading():
        found = row(Mission.select(*(fn.SUM(field) for _, field in fields)))
    return {name: int(total or 0) for (name, _), total in zip(fields, found or [], strict=False)}


def anything_sent() -> bool:
    """Whether anything was ever submitted from here."""
    with reading():
        return bool(Attempt.select(Attempt.id).limit(1).exists())
