"""Numbers about the whole queue."""

from __future__ import annotations

from datetime import datetime

from peewee import SQL, fn

from webapp.db import reading
from webapp.models import Attempt, Mission
from webapp.states import AttemptState

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
