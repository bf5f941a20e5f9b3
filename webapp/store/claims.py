"""Who gets the next free slot, and what a start finds in flight."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import Expression, Value, fn

from webapp.db import reading, writing
from webapp.models import Attempt, Item, Mission
from webapp.states import AttemptState, ItemState, MissionState
from webapp.store import facts
from webapp.store.attempts import become_unknown, return_unsent
from webapp.store.flights import Flight, Refusal, flights_of
from webapp.store.live import is_live
from webapp.store.rows import has_come, rows
from webapp.store.transitions import move_items, move_mission

_IN_FLIGHT = (AttemptState.PREPARING, AttemptState.SUBMITTING, AttemptState.SUBMITTED)
_RUNNABLE = (MissionState.QUEUED, MissionState.RUNNING)

LATE_ANSWER_HOURS = 24
"""How long an unknown attempt that has an id is still asked about."""


@dataclass(frozen=True, slots=True)
class Submitter:
    """Who submits: written on every attempt."""

    provider: str
    key_fingerprint: str
    boot_id: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What was claimed, and when to look again if nothing changes before.

    `more`: there was not room for all that waits; look again as soon as a submitter is free.
    """

    flights: Sequence[Flight]
    next_at: datetime | None
    more: bool = False


@dataclass(slots=True)
class _Candidate:
    mission_id: int
    task_type: str
    state: str
    weight: float
    last_served: int
    busy: int  #: slots
    prepares: bool  #: its images go up before anything is sent
    taken: int = 0
    share: int = 0
    exhausted: bool = False

    @property
    def rank(self) -> tuple[float, int]:
        """Fewest slots for its weight first, then who waited longest: one picture never waits
        behind ten thousand."""
        return (self.busy + self.taken) / self.weight, self.last_served + self.taken

    def may_have(self, most_prepared: float) -> bool:
        """Whether it may be given one more."""
        return not self.exhausted and (most_prepared > 0 or not self.prepares)


def taken_by_service(now: datetime, provider: str) -> int:
    """Attempts that the service has accepted, or may have; open POSTs are not among them."""
    with reading():
        accepted = Attempt.state == AttemptState.SUBMITTED
        taken = accepted | _may_run(now)
        return int(Attempt.select().where(is_live(), taken, _with(provider)).count())


def busy_slots(now: datetime, provider: str) -> int:
    """Slots taken, counted from rows: in flight, and unknown that may still be running."""
    with reading():
        return sum(_busy_by_mission(now, provider).values())


def _busy_by_mission(now: datetime, provider: str) -> dict[int, int]:
    taken = Attempt.state.in_(_IN_FLIGHT) | _may_run(now)
    return dict(
        rows(
            Attempt.select(Attempt.mission_id, fn.COUNT(Attempt.id))
            .where(is_live(), taken, _with(provider))
            .group_by(Attempt.mission_id)
        )
    )


def _with(provider: str) -> Expression:
    """What the demo has in flight means nothing to the account, and the other way round."""
    found: Expression = Attempt.provider == provider
    return found


def _may_run(now: datetime) -> Expression:
    return (Attempt.state == AttemptState.UNKNOWN) & (Attempt.slot_until > now)


def claim(
    limit: int,
    slots: int,
    now: datetime,
    submitter: Submitter,
    prepare_types: frozenset[str],
    most_prepared: float = math.inf,
) -> Claims:
    """Give up to `limit` of the free `slots` to waiting items, fairly; one transaction. None while a
    restored database waits for a person.

    Items of `prepare_types`, no more than `most_prepared`, start as `preparing` (images go up first),
    the others as `submitting`: after this commit their POST may leave.
    """
    with writing("claim"):
        if facts.is_held():  # restored from a copy: what is waiting may have been paid for
            return Claims((), None)
        busy = _busy_by_mission(now, submitter.provider)
        open_slots = slots - sum(busy.values())
        free = min(limit, open_slots)
        if free <= 0:
            return Claims((), _next_slot(now, submitter.provider))
        attempt_ids: list[int] = []
        candidates = _candidates(now, submitter.provider, busy, prepare_types)
        # What one mission has too few items for goes to the others.
        while len(attempt_ids) < free and (
            candidates := [entry for entry in candidates if entry.may_have(most_prepared)]
        ):
            _share_out(free - len(attempt_ids), candidates, most_prepared)
            for candidate in candidates:
                started = _take(candidate, now, submitter)
                most_prepared -= len(started) if candidate.prepares else 0
                attempt_ids += started
        flights = flights_of(attempt_ids) if attempt_ids else []
        if len(flights) < free:
            return Claims(flights, _next_due(now, submitter.provider))
        return Claims(flights, None, more=open_slots > free)


def _candidates(
    now: datetime, provider: str, busy: Mapping[int, int], prepare_types: frozenset[str]
) -> list[_Candidate]:
    due = Item.select(Item.id).where(
        Item.mission == Mission.id,
        Item.status == ItemState.PENDING,
        has_come(Item.next_at, now),
    )
    found = rows(
        Mission.select(
            Mission.id, Mission.task_type, Mission.status, Mission.priority, Mission.last_served
        ).where(
            Mission.provider == provider,
            Mission.status.in_(_RUNNABLE),
            Mission.deleted_at.is_null(),
            Mission.pending_count > 0,
            Mission.scheduled_at.is_null() | (Mission.scheduled_at <= now),
            fn.EXISTS(due),
        )
    )
    return [
        _Candidate(
            mission_id=row[0],
            task_type=row[1],
            state=row[2],
            weight=2.0 ** row[3],
            last_served=row[4],
            busy=busy.get(row[0], 0),
            prepares=row[1] in prepare_types,
        )
        for row in found
    ]


def _share_out(free: int, candidates: list[_Candidate], most_prepared: float) -> None:
    for _ in range(free):
        able = [entry for entry in candidates if entry.may_have(most_prepared)]
        if not able:
            return
        chosen = min(able, key=lambda entry: entry.rank)
        chosen.share += 1
        chosen.taken += 1
        most_prepared -= chosen.prepares


def _take(candidate: _Candidate, now: datetime, submitter: Submitter) -> list[int]:
    share, candidate.share = candidate.share, 0
    if not share:
        return []
    found = rows(
        Item.select(Item.id, Item.item_index)
        .where(
            Item.mission == candidate.mission_id,
            Item.status == ItemState.PENDING,
            has_come(Item.next_at, now),
        )
        .order_by(Item.item_index)
        .limit(share)
    )
    candidate.exhausted = len(found) < share
    if candidate.state == MissionState.QUEUED:
        move_mission(
            candidate.mission_id,
            MissionState.RUNNING,
            now=now,
            sources=[MissionState.QUEUED],
        )
        candidate.state = MissionState.RUNNING
    # It may have been paused and resumed before it began.
    began = fn.COALESCE(Mission.started_at, Value(now, converter=Mission.started_at.db_value))
    every = Mission.alias()
    served = every.select(fn.COALESCE(fn.MAX(every.last_served), 0) + 1)
    Mission.update(last_served=served, started_at=began).where(
        Mission.id == candidate.mission_id
    ).execute()
    return [_start(candidate, row[0], row[1], now, submitter) for row in found]


def _start(
    candidate: _Candidate,
    item_id: int,
    item_index: int,
    now: datetime,
    submitter: Submitter,
) -> int:
    earlier = Attempt.alias()
    number = earlier.select(fn.COALESCE(fn.MAX(earlier.number), 0) + 1).where(
        earlier.item_id == item_id
    )
    attempt_id = int(
        Attempt.insert(
            mission_id=candidate.mission_id,
            item_id=item_id,
            item_index=item_index,
            number=number,
            task_type=candidate.task_type,
            provider=submitter.provider,
            key_fingerprint=submitter.key_fingerprint,
            state=AttemptState.PREPARING if candidate.prepares else AttemptState.SUBMITTING,
            created_at=now,
            sent_at=None if candidate.prepares else now,
            boot_id=submitter.boot_id,
        ).execute()
    )
    move_items(
        candidate.mission_id,
        ItemState.PROCESSING,
        Item.id == item_id,
        now=now,
        attempt_id=attempt_id,
        sources=[ItemState.PENDING],
        attempt_count=Item.attempt_count + 1,
        started_at=now,
        ended_at=None,
        next_at=None,
        runninghub_task_id=None,
    )
    return attempt_id


def _next_slot(now: datetime, provider: str) -> datetime | None:
    """When the next unknown attempt stops holding its slot, if any does."""
    soonest = (
        Attempt.select(fn.MIN(Attempt.slot_until))
        .where(is_live(), _may_run(now), _with(provider))
        .scalar()
    )
    moment: datetime | None = Attempt.slot_until.python_value(soonest)
    return moment


def _next_due(now: datetime, provider: str) -> datetime | None:
    """The next moment at which a waiting item or mission becomes due by itself."""
    starts = (
        Mission.select(fn.MIN(Mission.scheduled_at))
        .where(
            Mission.provider == provider,
            Mission.status.in_(_RUNNABLE),
            Mission.deleted_at.is_null(),
            Mission.scheduled_at > now,
        )
        .scalar()
    )
    retries = (
        Item.select(fn.MIN(Item.next_at))
        .join(Mission)
        .where(
            Mission.provider == provider,
            Mission.status.in_(_RUNNABLE),
            Mission.pending_count > 0,
            Item.status == ItemState.PENDING,
            Item.next_at > now,
        )
        .scalar()
    )
    moments = [Item.next_at.python_value(value) for value in (starts, retries) if value]
    return min(moments, default=None)


def recover(
    now: datetime, submitter: Submitter, may_run_for_s: Callable[[str], float]
) -> list[Flight]:
    """What an earlier process left in flight; returns the attempts to go on asking about.

    `preparing` had sent nothing: its item waits again. `submitting` may have been paid for: it
    becomes unknown, and keeps its slot while a task of its type may run. `submitted`, and young
    unknown ones with an id, are asked again.
    """
    with writing("recover"):
        orphans = flights_of(
            row[0]
            for row in rows(
                Attempt.select(Attempt.id).where(
                    is_live(),
                    Attempt.state.in_([AttemptState.PREPARING, AttemptState.SUBMITTING]),
                    Attempt.boot_id != submitter.boot_id,
                )
            )
        )
        for flight in orphans:
            if flight.state is AttemptState.PREPARING:
                unsent = Refusal("", "restart", "")
                return_unsent(flight, unsent, now, note="restarted before anything was sent")
            else:
                since = flight.sent_at or now
                may_run_s = (since - now).total_seconds() + may_run_for_s(flight.task_type)
                become_unknown(
                    flight, Refusal("ambiguous", "restart", ""), now, may_run_for_s=may_run_s
                )
        return flights_of(row[0] for row in _asked_again(now, submitter.provider))


def _asked_again(now: datetime, provider: str) -> list[tuple[Any, ...]]:
    late = (
        (Attempt.state == AttemptState.UNKNOWN)
        & Attempt.runninghub_task_id.is_null(False)
        & (Attempt.sent_at > now - timedelta(hours=LATE_ANSWER_HOURS))
    )
    return rows(
        Attempt.select(Attempt.id)
        .where(is_live(), (Attempt.state == AttemptState.SUBMITTED) | late, _with(provider))
        .order_by(Attempt.sent_at)
    )
