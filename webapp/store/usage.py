"""Sums over the money ledger for some days. What was charged counts when it became known: at the end
of a try, or when one that was given up turned out to be paid for. So sums of the past never change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from peewee import SQL, fn

from webapp.db import database, snapshot
from webapp.models import Attempt, Item
from webapp.states import AttemptState, ItemState
from webapp.store.ledger_missions import LedgerMission, find_missions
from webapp.store.live import is_live
from webapp.store.rows import rows

Span = tuple[datetime, datetime]
"""From the first moment to before the second."""

CHARGED_LATE = (Attempt.state == AttemptState.ABANDONED) & Attempt.cost.is_null(False)
# As text: with bound values the index of the failures is not found.
_FAILURES = SQL("('failed', 'refused', 'abandoned')")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tries; None for all types. The demo's money is another provider's, and never among it."""

    provider: str
    task_type: str | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """Tries of one mission in one part of the days that ended in the same way."""

    part: int  #: counts from 0
    mission_id: int
    task_type: str
    state: AttemptState
    currency: str | None
    tries: int
    priced: int  #: those whose cost is known
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Failure:
    """Items of one mission whose last try failed for the same reason."""

    mission_id: int
    task_type: str
    cause: str
    code: str
    items: int


@dataclass(frozen=True, slots=True)
class Books:
    """All that is known about some days, read at one moment. `unclear` is by mission."""

    sums: Sequence[Sum]
    failures: Sequence[Failure]
    unclear: Mapping[int, int]
    missions: Mapping[int, LedgerMission]


def read(parts: Sequence[Span], scope: Scope) -> Books:
    """The parts follow each other; the first begins when the days do, the last ends with them."""
    days = (parts[0][0], parts[-1][1])
    with snapshot():
        sums = [entry for part, span in enumerate(parts) for entry in _sums(part, span, scope)]
        failures, unclear = _failures(days, scope), _unclear(days, scope)
        ended_in = (entry.mission_id for entry in sums)
        failed_in = (entry.mission_id for entry in failures)
        missions = find_missions({*ended_in, *failed_in, *unclear})
        return Books(sums, failures, unclear, missions)


# As SQL, for there is one query for each part: Peewee would take as long to write it out as SQLite to
# answer. The index of the first kind holds all that is read; one part at a time is least to sort.
_SUMS = """SELECT mission_id, task_type, state, currency,
        COUNT(*), COUNT(cost), COALESCE(SUM(cost), 0)
    FROM attempts
    WHERE {moment} >= ?1 AND {moment} < ?2
        AND provider = ?3 AND (?4 IS NULL OR task_type = ?4) AND {which}
    GROUP BY mission_id, state, currency"""
_SETTLED = _SUMS.format(
    moment="ended_at",
    which="(state IN ('succeeded', 'failed') OR state = 'abandoned' AND cost IS NULL)",
)
_LATE = _SUMS.format(moment="answered_at", which="state = 'abandoned' AND cost IS NOT NULL")


def _sums(part: int, span: Span, scope: Scope) -> Iterator[Sum]:
    since, until = map(Attempt.ended_at.db_value, span)
    for statement in (_SETTLED, _LATE):
        found = database.execute_sql(statement, [since, until, scope.provider, scope.task_type])
        for mission_id, task_type, state, currency, tries, priced, cost in found:
            yield Sum(
                part,
                mission_id,
                task_type,
                AttemptState(state),
                currency,
                tries,
                priced,
                Attempt.cost.python_value(cost),
            )


def _failures(days: Span, scope: Scope) -> list[Failure]:
    """Not of items that failed and were tried again in these days, nor of those that were submitted
    again without having failed."""
    since, until = days
    later = Attempt.alias()
    tried_again = later.select(later.id).where(
        later.item_id == Attempt.item_id, later.number > Attempt.number, later.ended_at < until
    )
    goes_on = Item.select(Item.id).where(
        Item.id == Attempt.item_id, Item.status != ItemState.FAILED
    )
    query = (
        Attempt.select(
            Attempt.mission_id,
            Attempt.task_type,
            Attempt.error_class,
            Attempt.error_code,
            fn.COUNT(Attempt.id),
        )
        .where(
            Attempt.ended_at >= since,
            Attempt.ended_at < until,
            Attempt.state << _FAILURES,
            *_of(scope),
            ~fn.EXISTS(tried_again),
            (Attempt.state != AttemptState.ABANDONED) | ~fn.EXISTS(goes_on),
        )
        .group_by(Attempt.mission_id, Attempt.task_type, Attempt.error_class, Attempt.error_code)
    )
    return [Failure(*entry) for entry in rows(query)]


def _unclear(days: Span, scope: Scope) -> dict[int, int]:
    since, until = days
    query = (
        Attempt.select(Attempt.mission_id, fn.COUNT(Attempt.id))
        .where(
            is_live(),
            Attempt.state == AttemptState.UNKNOWN,
            # Of what may have been sent before a restore, nobody knows when.
            Attempt.created_at >= since,
            Attempt.created_at < until,
            *_of(scope),
        )
        .group_by(Attempt.mission_id)
    )
    return {int(mission_id): int(count) for mission_id, count in rows(query)}


def _of(scope: Scope) -> list[Any]:
    of_type = [Attempt.task_type == scope.task_type] if scope.task_type else []
    return [Attempt.provider == scope.provider, *of_type]


def known_providers(among: Collection[str]) -> tuple[str, ...]:
    """Those of the providers that the ledger has tasks of: one look at an index for each."""
    with snapshot():
        return tuple(
            provider
            for provider in among
            if Attempt.select(Attempt.id)
            .where(Attempt.provider == provider, Attempt.runninghub_task_id.is_null(False))
            .exists()
        )
