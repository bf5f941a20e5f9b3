"""How an attempt ends: only while it is still open, and still about the same remote task."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from webapp.models import Attempt, Event, Item
from webapp.states import LIVE_ATTEMPTS, AttemptState
from webapp.store.flights import Flight, Refusal
from webapp.store.revisions import set_item, touch_mission


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


def note_extra(
    flight: Flight, cost: Decimal | None, currency: str | None, now: datetime, note: str
) -> None:
    """A try that was given up has ended all the same: what it cost belongs in the ledger and in the
    mission's sum, and the history says so."""
    given_up = (Attempt.id == flight.attempt_id) & (Attempt.state == AttemptState.ABANDONED)
    noted = (
        Attempt.update(cost=cost, currency=currency, answered_at=now)
        .where(given_up, Attempt.cost.is_null())
        .execute()
    )
    state = Item.select(Item.status).where(Item.id == flight.item_id).scalar()
    if noted and cost is not None and state is not None:  # else its mission is gone
        rev = touch_mission(flight.mission_id, now, cost=cost)
        set_item(flight.item_id, rev, now)
        Event.insert(
            mission_id=flight.mission_id,
            item_id=flight.item_id,
            attempt_id=flight.attempt_id,
            at=now,
            before=state,
            after=state,
            note=note,
        ).execute()
