"""The money ledger: claim an item, say that its POST leaves, write down what came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from webapp.db import reading, writing
from webapp.models import Attempt, Event, Item, Mission, Result
from webapp.states import (
    LIVE_ATTEMPTS,
    AttemptState,
    FileState,
    ItemState,
    MissionState,
)
from webapp.store import breaker
from webapp.store.live import is_live
from webapp.store.revisions import set_item, touch_mission
from webapp.store.rows import row, rows
from webapp.store.transitions import move_items, move_mission, reopen_mission


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
    key_fingerprint: str  #: of the key with which it was submitted


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
    """The attempt as it stands, None when it has ended."""
    with reading():
        found = next(iter(flights_of([attempt_id])), None)
    return found if found and found.state in LIVE_ATTEMPTS else None


def submitted_ids(provider: str) -> list[int]:
    """Attempts that this provider is working on."""
    with reading():
        submitted = Attempt.state == AttemptState.SUBMITTED
        ours = Attempt.provider == provider
        found = rows(Attempt.select(Attempt.id).where(is_live(), submitted, ours))
    return [int(entry[0]) for entry in found]


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
            Attempt.key_fingerprint,
        )
        .join(Item, on=(Item.id == Attempt.item_id))
        .where(Attempt.id.in_(list(attempt_ids)))
        .order_by(Attempt.id)
    )
    return [Flight(AttemptState(entry[0]), *entry[1:]) for entry in found]


def begin_submit(flight: Flight, now: datetime) -> Flight | None:
    """Say that the POST leaves now. None: it must not, because the mission was stopped while the
    images went up; the item waits again, or is cancelled with its mission."""
    with writing():
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
    if _end_attempt(flight, AttemptState.RETURNED, refusal, now):
        _wait_again(flight, now, note, attempt_count=Item.attempt_count - 1)


def accepted(flight: Flight, remote_task_id: str, phase: str, raw: str, now: datetime) -> Flight:
    """The provider gave an id: from now on only questions are asked. Returns the attempt as it is now.

    Raises NotUnique when another attempt already has this id.
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
    with writing(durable=False):
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
        if not _end_attempt(flight, AttemptState.RETURNED, refusal, now):
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


def _mission_state(mission_id: int) -> MissionState:
    """CANCELLED also for a deleted mission, however it had ended before."""
    found = row(Mission.select(Mission.status, Mission.deleted_at).where(Mission.id == mission_id))
    if found is None or found[1] is not None:
        return MissionState.CANCELLED
    return MissionState(found[0])


def transient_tries(item_id: int) -> int:
    """How often an item has been tried again by the program since a person last asked for it."""
    with reading():
        return int(Item.select(Item.transient_tries).where(Item.id == item_id).scalar() or 0)


def refuse(flight: Flight, refusal: Refusal, now: datetime) -> None:
    """The provider said no to the submit: nothing was paid."""
    with writing():
        if _end_attempt(flight, AttemptState.REFUSED, refusal, now):
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
    with writing():
        if _end_attempt(flight, AttemptState.FAILED, refusal, now, **charged):
            _fail_item(flight, refusal, now, cost)


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
        seconds=_seconds(flight, now),
    )
    breaker.judge(flight.mission_id, now)


def cancelled_remotely(flight: Flight, refusal: Refusal, now: datetime) -> None:
    """Somebody cancelled the task at the provider."""
    with writing():
        if not _end_attempt(flight, AttemptState.FAILED, refusal, now):
            return
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
        changed = _settle(
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


def succeed(flight: Flight, delivery: Delivery, now: datetime) -> int:
    """The remote task delivered: results, cost and the item's end in one transaction.

    Returns how many files there are to download; 0 also when the attempt had ended already.
    """
    with writing():
        changed = _settle(
            flight,
            AttemptState.SUCCEEDED,
            ended_at=now,
            cost=delivery.cost,
            currency=delivery.currency,
            slot_until=None,
        )
        if not changed:
            _note_extra(flight, delivery, now)
            return 0
        _back_to_processing(flight, now)
        files = _insert_results(flight, delivery, now)
        move_items(
            flight.mission_id,
            ItemState.COMPLETED,
            Item.id == flight.item_id,
            now=now,
            attempt_id=flight.attempt_id,
            counters={"cost": delivery.cost or Decimal(0), "files_pending": files},
            result_url=next((entry.url for entry in delivery.results if entry.url), None),
            cost=delivery.cost,
            seconds=_seconds(flight, now),
            ended_at=now,
            error_class="",
            error_code="",
            error_message="",
        )
        return files


def _note_extra(flight: Flight, delivery: Delivery, now: datetime) -> None:
    """A try that a person had given up has delivered all the same: what it cost belongs in the
    ledger and in the mission's sum, and the history says so."""
    given_up = (Attempt.id == flight.attempt_id) & (Attempt.state == AttemptState.ABANDONED)
    noted = (
        Attempt.update(cost=delivery.cost, currency=delivery.currency, answered_at=now)
        .where(given_up, Attempt.cost.is_null())
        .execute()
    )
    state = Item.select(Item.status).where(Item.id == flight.item_id).scalar()
    if noted and delivery.cost is not None and state is not None:  # else its mission is gone
        rev = touch_mission(flight.mission_id, now, cost=delivery.cost)
        set_item(flight.item_id, rev, now)
        Event.insert(
            mission_id=flight.mission_id,
            item_id=flight.item_id,
            attempt_id=flight.attempt_id,
            at=now,
            before=state,
            after=state,
            note="an earlier try delivered too",
        ).execute()


def _back_to_processing(flight: Flight, now: datetime) -> None:
    """A late success of an unknown attempt goes through `processing`, as every success does."""
    moved = move_items(
        flight.mission_id,
        ItemState.PROCESSING,
        Item.id == flight.item_id,
        now=now,
        sources=[ItemState.UNKNOWN],
        attempt_id=flight.attempt_id,
        note="answered late",
    )
    if moved:
        reopen_mission(flight.mission_id, now)


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


def _end_attempt(
    flight: Flight, state: AttemptState, refusal: Refusal, now: datetime, **columns: object
) -> bool:
    return _settle(
        flight,
        state,
        ended_at=now,
        error_class=refusal.cause,
        error_code=refusal.code,
        error_raw=refusal.raw,
        slot_until=None,
        **columns,
    )


def _settle(flight: Flight, state: AttemptState, **columns: object) -> bool:
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
