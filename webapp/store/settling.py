"""How an attempt ends: only while it is still open, and still about the same remote task."""

from __future__ import annotations

from datetime import datetime

from webapp.models import Attempt
from webapp.states import LIVE_ATTEMPTS, AttemptState
from webapp.store.flights import Flight, Refusal


def end_attempt(
    flight: Flight, state: AttemptState, refusal: Refusal, now: datetime, **columns: object
) -> bool:
    return settle(
        flight,
        state,
        ended_at=now,
        error_class=refusal.cause,
        error_code=refusal.code,
        error_raw=refusal.raw,
        slot_until=None,
        **columns,
    )


def settle(flight: Flight, state: AttemptState, **columns: object) -> bool:
    """Move an attempt on, if it is still open and still about the same remote task.

    False when somebody was first: a person has decided about it while we asked, and the item may
    be in the hands of another attempt by now.
    """
    task_id = flight.remote_task_id
    same_task = (
        Attempt.runninghub_task_id.is_null()
        if task_id is None
        else Attempt.runninghub_task_id == task_id
    )
    return bool(
        Attempt.update(state=state, **columns)
        .where(Attempt.id == flight.attempt_id, Attempt.state.in_(LIVE_ATTEMPTS), same_task)
        .execute()
    )


def seconds_of(flight: Flight, now: datetime) -> float | None:
    return round((now - flight.sent_at).total_seconds(), 3) if flight.sent_at else None
