"""The money ledger: claim an item, say that its POST leaves, write down what came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from webapp.db import reading, writing
from webapp.models import Attempt, Item, Mission, Result
from webapp.states import (
    AttemptState,
    FileState,
    ItemState,
    MissionState,
)
from webapp.store.revisions import set_item, touch_mission
from webapp.store.rows import row, rows
from webapp.store.transitions import move_items, move_mission, wake_mission


@dataclass(frozen=True, slots=True)
class Flight:
    """An attempt in flight, with what its next step needs."""

    state: AttemptState
    attempt_id: int
    item_id: int
    mission_id: int
    item_index: int
    task_type: str
    params: Mapping[str, object]
    remote_task_id: str | None
    sent_at: datetime | None
    phase: str | None  #: the last one that was written down


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an attempt ended without a result, in the provider's words and our class."""

    cause: str
    code: str
    raw: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """One output as the provider named it."""

    kind: str
    type: str
    url: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a finished remote task brought."""

    results: Sequence[Delivered]
    cost: Decimal | None
    currency: str | None
    links_expire_at: datetime


def load_flight(attempt_id: int) -> Flight | None:
    """The attempt as it stands, None when it is not in flight (any more)."""
    with reading():
        return next(iter(flights_of([attempt_id])), None)


def flights_of(attempt_ids: Iterable[int]) -> list[Flight]:
    """Attempts with what their next step needs, oldest first. Inside a connection."""
    found = rows(
        Attempt.select(
            Attempt.state,
            Attempt.id,
            Attempt.item_id,
            Attempt.mission_id,
            Attempt.item_index,
            Attempt.task_type,
            Item.input_params,
            Attempt.runninghub_task_id,
            Attempt.sent_at,
            Attempt.phase,
        )
        .join(Item, on=(Item.id == Attempt.item_id))
        .where(Attempt.id.in_(list(attempt_ids)))
        .order_by(Attempt.id)
    )
    return [Flight(AttemptState(entry[0]), *entry[1:]) for entry in found]


def begin_submit(flight: Flight, now: datetime) -> Flight | None:
    """Say that the POST leaves now. None: the attempt is not waiting to be sent (any more)."""
    with writing():
        changed = (
            Attempt.update(state=AttemptState.SUBMITTING, sent_at=now)
            .where(Attempt.id == flight.attempt_id, Attempt.state == AttemptState.PREPARING)
            .execute()
        )
    return replace(flight, state=AttemptState.SUBMITTING, sent_at=now) if changed else None


def accepted(flight: Flight, remote_task_id: str, phase: str, raw: str, now: datetime) -> Flight:
    """The provider gave an id: from now on only questions are asked. Returns the attempt as it is now.

    Raises peewee.IntegrityError when another attempt already has this id.
    """
    with writing():
        Attempt.update(
            state=AttemptState.SUBMITTED,
            phase=phase,
            runninghub_task_id=remote_task_id,
            answered_at=now,
            answer_raw=raw,
        ).where(Attempt.id == flight.attempt_id).execute()
        rev = touch_mission(flight.mission_id, now)
        set_item(flight.item_id, rev, now, runninghub_task_id=remote_task_id)
    return replace(flight, state=AttemptState.SUBMITTED, remote_task_id=remote_task_id, phase=phase)


def set_phase(flight: Flight, phase: str, now: datetime) -> None:
    """Queued or running at the provider, for people to see."""
    with writing():
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

    `pause` stops the mission in the same transaction: money or the key is in trouble.
    """
    with writing():
        if pause:
            pause_for(flight.mission_id, refusal, now)
        _end_attempt(flight, AttemptState.RETURNED, refusal, now)
        stopped = _mission_stopped(flight.mission_id)
        target = ItemState.CANCELLED if stopped else ItemState.PENDING
        move_items(
            flight.mission_id,
            target,
            Item.id == flight.item_id,
            now=now,
            sources=[ItemState.PROCESSING],
            attempt_id=flight.attempt_id,
            note=f"{refusal.cause}:{refusal.code}",
            next_at=None if stopped else retry_at,
            ended_at=now if stopped else None,
            # A busy account or a broken key spends no try (design.md §6).
            attempt_count=Item.attempt_count - (0 if counts_as_try else 1),
            transient_tries=Item.transient_tries + (1 if counts_as_try else 0),
        )


def pause_for(mission_id: int, refusal: Refusal, now: datetime) -> bool:
    """Pause a mission because the program met trouble that concerns all its items. Inside `writing()`."""
    return move_mission(
        mission_id,
        MissionState.PAUSED,
        now=now,
        note=f"{refusal.cause}:{refusal.code}",
        pause_cause=refusal.cause,
        pause_code=refusal.code,
        pause_raw=refusal.raw,
    )


def _mission_stopped(mission_id: int) -> bool:
    found = row(Mission.select(Mission.status, Mission.deleted_at).where(Mission.id == mission_id))
    return found is not None and (found[0] == MissionState.CANCELLED or found[1] is not None)


def transient_tries(item_id: int) -> int:
    """How often an item has been tried again by the program since a person last asked for it."""
    with reading():
        return int(Item.select(Item.transient_tries).where(Item.id == item_id).scalar() or 0)


def refuse(flight: Flight, refusal: Refusal, now: datetime) -> None:
    """The provider said no to the submit: nothing was paid."""
    with writing():
        _end_attempt(flight, AttemptState.REFUSED, refusal, now)
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
    with writing():
        _end_attempt(flight, AttemptState.FAILED, refusal, now)
        Attempt.update(cost=cost, currency=currency).where(
            Attempt.id == flight.attempt_id
        ).execute()
        touch_mission(flight.mission_id, now, cost=cost or Decimal(0))
        _fail_item(flight, refusal, now, cost)


def _fail_item(flight: Flight, refusal: Refusal, now: datetime, cost: Decimal | None) -> None:
    move_items(
        flight.mission_id,
        ItemState.FAILED,
        Item.id == flight.item_id,
        now=now,
        attempt_id=flight.attempt_id,
        note=f"{refusal.cause}:{refusal.code}",
        error_class=refusal.cause,
        error_code=refusal.code,
        error_message=refusal.raw,
        cost=cost,
        ended_at=now,
        seconds=_seconds(flight, now),
    )


def cancelled_remotely(flight: Flight, refusal: Refusal, now: datetime) -> None:
    """Somebody cancelled the task at the provider."""
    with writing():
        _end_attempt(flight, AttemptState.FAILED, refusal, now)
        move_items(
            flight.mission_id,
            ItemState.CANCELLED,
            Item.id == flight.item_id,
            now=now,
            sources=[ItemState.PROCESSING],
            attempt_id=flight.attempt_id,
            note="cancelled at the provider",
            ended_at=now,
            seconds=_seconds(flight, now),
        )


def become_unknown(
    flight: Flight, refusal: Refusal, now: datetime, *, may_run_for_s: float
) -> None:
    """Sent and not known how it went: it may be paid for, and keeps its slot while it may run."""
    with writing():
        Attempt.update(
            state=AttemptState.UNKNOWN,
            answered_at=now,
            slot_until=now + timedelta(seconds=may_run_for_s),
            error_class=refusal.cause,
            error_code=refusal.code,
            error_raw=refusal.raw,
        ).where(Attempt.id == flight.attempt_id).execute()
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


def succeed(flight: Flight, delivery: Delivery, now: datetime) -> int:
    """The remote task delivered: results, cost and the item's end in one transaction.

    Returns how many files there are to download; 0 also when the item had ended already.
    """
    with writing():
        if not _back_to_processing(flight, now):
            return 0
        Attempt.update(
            state=AttemptState.SUCCEEDED,
            ended_at=now,
            cost=delivery.cost,
            currency=delivery.currency,
            slot_until=None,
        ).where(Attempt.id == flight.attempt_id).execute()
        files = _insert_results(flight, delivery, now)
        cost = delivery.cost or Decimal(0)
        touch_mission(flight.mission_id, now, cost=cost, files_pending=files)
        move_items(
            flight.mission_id,
            ItemState.COMPLETED,
            Item.id == flight.item_id,
            now=now,
            attempt_id=flight.attempt_id,
            result_url=next((entry.url for entry in delivery.results if entry.url), None),
            cost=cost if delivery.cost is not None else None,
            seconds=_seconds(flight, now),
            ended_at=now,
            error_class="",
            error_code="",
            error_message="",
        )
        return files


def _back_to_processing(flight: Flight, now: datetime) -> bool:
    """A late success of an unknown attempt goes through `processing`, as every success does."""
    status = Item.select(Item.status).where(Item.id == flight.item_id).scalar()
    if status == ItemState.UNKNOWN:
        move_items(
            flight.mission_id,
            ItemState.PROCESSING,
            Item.id == flight.item_id,
            now=now,
            attempt_id=flight.attempt_id,
            note="answered late",
        )
        wake_mission(flight.mission_id, now)
        return True
    return bool(status == ItemState.PROCESSING)


def _insert_results(flight: Flight, delivery: Delivery, now: datetime) -> int:
    files = 0
    for position, entry in enumerate(delivery.results, start=1):
        files += bool(entry.url)
        Result.insert(
            mission_id=flight.mission_id,
            item=flight.item_id,
            attempt_id=flight.attempt_id,
            position=position,
            kind=entry.kind,
            type=entry.type,
            url=entry.url,
            text=entry.text,
            file_state=FileState.PENDING if entry.url else FileState.NONE,
            expires_at=delivery.links_expire_at,
            created_at=now,
            updated_at=now,
        ).execute()
    return files


def _end_attempt(flight: Flight, state: AttemptState, refusal: Refusal, now: datetime) -> None:
    Attempt.update(
        state=state,
        ended_at=now,
        error_class=refusal.cause,
        error_code=refusal.code,
        error_raw=refusal.raw,
        slot_until=None,
    ).where(Attempt.id == flight.attempt_id).execute()


def _seconds(flight: Flight, now: datetime) -> float | None:
    return round((now - flight.sent_at).total_seconds(), 3) if flight.sent_at else None


def recent_durations(task_type: str, limit: int) -> list[float]:
    """Seconds that the newest successful attempts of a type took, newest first."""
    with reading():
        found = rows(
            Attempt.select(Attempt.sent_at, Attempt.ended_at)
            .where(
                Attempt.task_type == task_type,
                Attempt.state == AttemptState.SUCCEEDED,
                Attempt.sent_at.is_null(False),
            )
            .order_by(Attempt.ended_at.desc())
            .limit(limit)
        )
    return [(ended - sent).total_seconds() for sent, ended in found]
