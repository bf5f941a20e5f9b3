"""The lines of the money ledger that money was paid for, or may have been, in the order of time. They
are read in pieces: no connection is held between them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from webapp.db import reading
from webapp.models import Attempt
from webapp.states import AttemptState
from webapp.store.ledger_missions import LedgerMission, find_missions
from webapp.store.live import is_live
from webapp.store.rows import rows
from webapp.store.usage import CHARGED_LATE, Scope, Span

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One try. `at` is when its cost became known; of one without an answer, when it was begun."""

    mission: LedgerMission
    at: datetime
    id: int
    item_index: int
    number: int
    task_type: str
    provider: str
    state: str
    remote_task_id: str | None
    cost: Decimal | None
    currency: str | None
    error_code: str


def lines(days: Span, scope: Scope) -> Iterator[LedgerLine]:
    """The oldest first."""
    succeeded = Attempt.state == AttemptState.SUCCEEDED
    failed = (Attempt.state == AttemptState.FAILED) & (Attempt.cost > 0)
    given_up = (Attempt.state == AttemptState.ABANDONED) & Attempt.cost.is_null()
    unknown = is_live() & (Attempt.state == AttemptState.UNKNOWN)
    return heapq.merge(
        _in_pieces(Attempt.ended_at, succeeded | failed | given_up, days, scope),
        _in_pieces(Attempt.answered_at, CHARGED_LATE, days, scope),
        _in_pieces(Attempt.created_at, unknown, days, scope),
        key=lambda line: (line.at, line.id),
    )


def _in_pieces(moment: Any, which: Any, days: Span, scope: Scope) -> Iterator[LedgerLine]:
    since, until = days
    last_id = 0
    while True:
        # The first condition alone leads into the index; the second one leaves out what was read.
        after = (moment >= since) & ((moment > since) | (Attempt.id > last_id))
        query = _select(moment, scope).where(after, moment < until, which)
        with reading():
            found = rows(query.order_by(moment, Attempt.id).limit(CHUNK))
            missions = find_missions({entry[0] for entry in found})
        for mission_id, *line in found:
            yield LedgerLine(missions[mission_id], *line)
        if len(found) < CHUNK:
            return
        _, since, last_id, *_ = found[-1]


def _select(moment: Any, scope: Scope) -> Any:
    query = Attempt.select(
        Attempt.mission_id,
        moment,
        Attempt.id,
        Attempt.item_index,
        Attempt.number,
        Attempt.task_type,
        Attempt.provider,
        Attempt.state,
        Attempt.runninghub_task_id,
        Attempt.cost,
        Attempt.currency,
        Attempt.error_code,
    ).where(Attempt.provider == scope.provider)
    return query.where(Attempt.task_type == scope.task_type) if scope.task_type else query
