"""The money ledger's steps: say that a POST leaves, write down what came back. What a finished task
brought is deliveries.py's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from webapp.db import writing
from webapp.models import Attempt, Item, Mission
from webapp.states import AttemptState, ItemState, MissionState
from webapp.store import breaker
from webapp.store.flights import Flight, Refusal
from webapp.store.revisions import set_item, touch_mission
from webapp.store.rows import row, rows
from webapp.store.settling import end_attempt, note_extra, seconds_of, settle
from webapp.store.transitions import move_items, move_mission

_CHARGED = "an earlier try was charged too"
"""Of a try that was given up, and then ended without a result."""


def begin_submit(flight: Flight, now: datetime) -> Flight | None:
    """Say that the POST leaves now. None: it must not, because the mission was stopped while the
    images went up; the item waits again, or is cancelled with its mission."""
    with writing("begin_submit"):
        if _mission_state(flight.mission_id) is not MissionState.RUNNING:
            return_unsent(flight, Refusal("", "", ""), now)
            return None
        changed = (
            Attempt.update(state=AttemptState.SUBMITTING, sent_at=now)
            .where(Attempt.id == flight.attempt_id, Attempt.state == AttemptState.PREPARING)
            .execute()
        )
    return replace(flight, state=AttemptState.SUBMITTING, sent_at=now) if changed else None


def return_unsent(flight: Flight, refusal: Refusal, now: datetime, *, note: str = "") -> None:
    """Nothing has left: the item waits again, or is cancelled with its mission. Inside `writing()`."""
    if end_attempt(flight, AttemptState.RETURNED, refusal, now):
        _wait_again(flight, now, note, attempt_count=Item.attempt_count - 1)


def accepted(flight: Flight, remote_task_id: str, phase: str, raw: str, now: datetime) -> Flight:
    """The provider gave an id: from now on only questions are asked. Returns the attempt as it is now.

    Raises NotUnique when another attempt already has this id.
    """
    this_one = Attempt.id == flight.attempt_id
    with writing("accepted"):
        changed = (
            Attempt.update(
                state=AttemptState.SUBMITTED,
                phase=phase,
                runninghub_task_id=remote_task_id,
                answered_at=now,
                answer_raw=raw,
            )
            .where(this_one, Attempt.state == AttemptState.SUBMITTING)
            .execute()
        )
        if changed:
            rev = touch_mission(flight.mission_id, now)
            set_item(flight.item_id, rev, now, runninghub_task_id=remote_task_id)
        else:  # somebody has decided meanwhile; the ledger still learns what was paid for
            Attempt.update(runninghub_task_id=remote_task_id).where(
                this_one, Attempt.runninghub_task_id.is_null()
            ).execute()
    return replace(flight, state=AttemptState.SUBMITTED, remote_task_id=remote_task_id, phase=phase)


def note_task(attempt_id: int, remote_task_id: str) -> bool:
    """The task of an attempt that was given up became known after all: the ledger names it. Raises
    NotUnique when another attempt has it."""
    given_up = (Attempt.state == AttemptState.ABANDONED) & Attempt.runninghub_task_id.is_null()
    with writing():
        return bool(
            Attempt.update(runninghub_task_id=remote_task_id)
            .where(Attempt.id == attempt_id, given_up)
            .execute()
        )


def set_phase(flight: Flight, phase: str, now: datetime) -> None:
    """Queued or running at the provider, for people to see."""
    with writing("set_phase", durable=False):
        changed = (
            Attempt.update(phase=phase)
            .where(
                Attempt.id == flight.attempt_id,
                Attempt.state == AttemptState.SUBMITTED,
            )
            .execute()
        )
        if changed:
            set_item(flight.item_id, touch_mission(flight.mission_id, now), now)


def give_back(
    flight: Flight,
    refusal: Refusal,
    now: datetime,
    *,
    retry_at: datetime | None,
    counts_as_try: bool,
    pause: bool = False,
) -> None:
    """Not accepted for a passing reason: the item waits again, or is cancelled with its mission.

    `pause` stops the mission in the same transaction, and all others that would send something
    with the same account: money or the key is in trouble.
    """
    with writing("give_back"):
        if pause:
            _pause_all(flight, refusal, now)
        if not end_attempt(flight, AttemptState.RETURNED, refusal, now):
            return
        _wait_again(
            flight,
            now,
            f"{refusal.cause}:{refusal.code}",
            retry_at=retry_at,
            # A busy account or a broken key spends no try (design.md §6).
            attempt_count=Item.attempt_count - (0 if counts_as_try else 1),
            transient_tries=Item.transient_tries + (1 if counts_as_try else 0),
        )


def _wait_again(
    flight: Flight,
    now: datetime,
    note: str,
    *,
    retry_at: datetime | None = None,
    **columns: Any,
) -> None:
    stopped = _mission_state(flight.mission_id) is MissionState.CANCELLED
    move_items(
        flight.mission_id,
        ItemState.CANCELLED if stopped else ItemState.PENDING,
        Item.id == flight.item_id,
        now=now,
        sources=[ItemState.PROCESSING],
        attempt_id=flight.attempt_id,
        note=note,
        next_at=None if stopped else retry_at,
        ended_at=now if stopped else None,
        **columns,
    )


def _pause_all(flight: Flight, refusal: Refusal, now: datetime) -> None:
    """Pause a mission, and before they waste calls all others of its provider that would go on. What a
    person set going after this submit or upload had begun stays so: they may have mended the trouble since."""
    mission_id = flight.mission_id
    provider = Mission.select(Mission.provider).where(Mission.id == mission_id)
    others = rows(
        Mission.select(Mission.id).where(
            Mission.provider == provider,
            Mission.id != mission_id,
            Mission.status.in_([MissionState.QUEUED, MissionState.RUNNING]),
            Mission.pending_count > 0,
            Mission.scheduled_at.is_null() | (Mission.scheduled_at <= now),
            Mission.deleted_at.is_null(),
        )
    )
    for paused_id in (mission_id, *(int(entry[0]) for entry in others)):
        if _set_going(paused_id, flight.sent_at or flight.claimed_at, now):
            continue
        move_mission(
            paused_id,
            MissionState.PAUSED,
            now=now,
            note=f"{refusal.cause}:{refusal.code}",
            pause_cause=refusal.cause,
            pause_code=refusal.code,
            pause_raw=refusal.raw,
        )


def _set_going(mission_id: int, since: datetime, now: datetime) -> bool:
    between = (Mission.judged_from > since) & (Mission.judged_from <= now)
    return bool(Mission.select(Mission.id).where(Mission.id == mission_id, between).exists())


def _mission_state(mission_id: int) -> MissionState:
    """CANCELLED also for a deleted mission, however it had ended before."""
    found = row(Mission.select(Mission.status, Mission.deleted_at).where(Mission.id == mission_id))
    if found is None or found[1] is not None:
        return MissionState.CANCELLED
    return MissionState(found[0])


def refuse(flight: Flight, refusal: Refusal, now: datetime) -> None:
    """The provider said no to the submit: nothing was paid."""
    with writing("refuse"):
        if end_attempt(flight, AttemptState.REFUSED, refusal, now):
            _fail_item(flight, refusal, now, None)


def fail(
    flight: Flight,
    refusal: Refusal,
    now: datetime,
    *,
    cost: Decimal | None,
    currency: str | None,
) -> None:
    """The remote task ended without a result; `cost` is what it was charged all the same."""
    charged = {"cost": cost, "currency": currency}
    with writing("fail"):
        if end_attempt(flight, AttemptState.FAILED, refusal, now, **charged):
            _fail_item(flight, refusal, now, cost)
        elif cost:
            note_extra(flight, cost, currency, now, _CHARGED)


def _fail_item(flight: Flight, refusal: Refusal, now: datetime, cost: Decimal | None) -> None:
    move_items(
        flight.mission_id,
        ItemState.FAILED,
        Item.id == flight.item_id,
        now=now,
        attempt_id=flight.attempt_id,
        note=f"{refusal.cause}:{refusal.code}",
        counters={"cost": cost or Decimal(0)},
        error_class=refusal.cause,
        error_code=refusal.code,
        error_message=refusal.raw,
        cost=cost,
        ended_at=now,
        seconds=seconds_of(flight, now),
    )
    breaker.judge(flight.mission_id, now)


def cancelled_remotely(
    flight: Flight,
    refusal: Refusal,
    now: datetime,
    *,
    cost: Decimal | None = None,
    currency: str | None = None,
) -> None:
    """Somebody cancelled the task at the provider; `cost` is what it was charged all the same."""
    charged = {"cost": cost, "currency": currency}
    with writing("cancelled_remotely"):
        if not end_attempt(flight, AttemptState.FAILED, refusal, now, **charged):
            if cost:
                note_extra(flight, cost, currency, now, _CHARGED)
            return
        move_items(
            flight.mission_id,
            ItemState.CANCELLED,
            Item.id == flight.item_id,
            now=now,
            sources=[ItemState.PROCESSING],
            attempt_id=flight.attempt_id,
            note="cancelled at the provider",
            counters={"cost": cost or Decimal(0)},
            cost=cost,
            ended_at=now,
            seconds=seconds_of(flight, now),
        )


def become_unknown(
    flight: Flight, refusal: Refusal, now: datetime, *, may_run_for_s: float
) -> None:
    """Sent and not known how it went: it may be paid for, and keeps its slot while it may run."""
    with writing("become_unknown"):
        changed = settle(
            flight,
            AttemptState.UNKNOWN,
            answered_at=now,
            slot_until=now + timedelta(seconds=may_run_for_s),
            error_class=refusal.cause,
            error_code=refusal.code,
            error_raw=refusal.raw,
        )
        if not changed:
            return
        move_items(
            flight.mission_id,
            ItemState.UNKNOWN,
            Item.id == flight.item_id,
            now=now,
            attempt_id=flight.attempt_id,
            note=f"{refusal.cause}:{refusal.code}",
            error_class=refusal.cause,
            error_code=refusal.code,
            error_message=refusal.raw,
            ended_at=now,
        )
