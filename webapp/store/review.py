"""After a restore: which missions may have been paid for since the copy was made, and what a person
decides about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from peewee import Value, fn

from webapp.accounts.people import Action, Person
from webapp.db import reading, writing
from webapp.models import Attempt, Event, Item, Mission
from webapp.states import AttemptState, ItemState, MissionState
from webapp.store import facts
from webapp.store.audit import note
from webapp.store.revisions import next_rev
from webapp.store.rows import row, rows
from webapp.store.transitions import move_items, move_mission

PAUSE_CAUSE = "restored"
"""Why a mission is paused that was to wait; also the code of its unclear items."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A mission whose waiting items may have been sent since. `value` is their list price."""

    mission_id: int
    name: str
    state: MissionState
    pending: int
    in_flight: int  #: had been sent when the copy was made, or is unclear since
    value: Decimal | None
    currency: str
    simulated: bool


def doubtful(since: facts.Restored, limit: int) -> tuple[tuple[Doubtful, ...], int]:
    """The newest `limit` of them, and how many there are."""
    with reading():
        fits = _doubtful(since)
        found = rows(
            Mission.select(
                Mission.id,
                Mission.name,
                Mission.status,
                Mission.pending_count,
                Mission.processing_count + Mission.unknown_count,
                Mission.estimate,
                Mission.total_count,
                Mission.currency,
                Mission.provider,
            )
            .where(*fits)
            .order_by(Mission.id.desc())
            .limit(limit)
        )
        total = int(Mission.select(fn.COUNT(Mission.id)).where(*fits).scalar() or 0)
    return tuple(_read(entry) for entry in found), total


def _read(entry: tuple[Any, ...]) -> Doubtful:
    mission_id, name, state, pending, in_flight, estimate, total, currency, provider = entry
    value = None if estimate is None else estimate * pending / total
    return Doubtful(
        mission_id,
        name,
        MissionState(state),
        pending,
        in_flight,
        value,
        currency,
        provider == "simulator",
    )


def doubtful_ids(since: facts.Restored) -> list[int]:
    """All of them, the oldest first."""
    with reading():
        found = rows(Mission.select(Mission.id).where(*_doubtful(since)).order_by(Mission.id))
    return [int(entry[0]) for entry in found]


def _doubtful(since: facts.Restored) -> list[Any]:
    chosen: list[Any] = [Mission.pending_count > 0, Mission.deleted_at.is_null()]
    if since.last_mission is not None:
        # What was made since has certainly not been sent. By number, for a clock may have been wrong.
        chosen.append(Mission.id <= since.last_mission)
    return chosen


def keep_paused(mission_id: int, now: datetime, who: str) -> None:
    """Until somebody resumes it, and is told why to look first. What the breaker had stopped stays
    stopped. Commits."""
    with writing():
        moved = move_mission(
            mission_id,
            MissionState.PAUSED,
            now=now,
            who=who,
            note=f"{PAUSE_CAUSE}:",
            pause_cause=PAUSE_CAUSE,
            pause_code="",
            pause_raw="",
        )
        if not moved:
            Mission.update(
                pause_cause=PAUSE_CAUSE, pause_code="", pause_raw="", rev=next_rev()
            ).where(Mission.id == mission_id, Mission.status == MissionState.PAUSED).execute()
            _note(mission_id, now, who, "restored, stays as it was")


def go_on(mission_id: int, now: datetime, who: str) -> None:
    """Nothing of it was paid for since: only the history remembers that somebody said so. Commits."""
    with writing():
        _note(mission_id, now, who, "restored, nothing was paid for since")


def mark_unclear(mission_id: int, now: datetime, who: str) -> int:
    """What waits may have been sent and paid for: each item becomes unknown, with a line in the
    ledger that says so. Returns how many. Commits."""
    with writing():
        waiting = (Item.mission == mission_id) & (Item.status == ItemState.PENDING)
        # A queued mission must have begun, or its last item could not end it.
        move_mission(
            mission_id, MissionState.RUNNING, now=now, who=who, sources=[MissionState.QUEUED]
        )
        Mission.update(started_at=fn.COALESCE(Mission.started_at, Mission.created_at)).where(
            Mission.id == mission_id
        ).execute()
        _write_attempts(mission_id, waiting, now)
        return len(
            move_items(
                mission_id,
                ItemState.UNKNOWN,
                now=now,
                who=who,
                sources=[ItemState.PENDING],
                note=f"ambiguous:{PAUSE_CAUSE}",
                attempt_count=Item.attempt_count + 1,
                error_class="ambiguous",
                error_code=PAUSE_CAUSE,
                error_message="",
                next_at=None,
                ended_at=now,
            )
        )


def finish(now: datetime, by: Person) -> bool:
    """All is decided: items are claimed again. False when somebody was first. Commits."""
    with writing():
        if not facts.reviewed(now, by.name):
            return False
        note(by, Action.RESTORE_REVIEWED, now)
        return True


def _write_attempts(mission_id: int, waiting: Any, now: datetime) -> None:
    mission = row(
        Mission.select(Mission.task_type, Mission.provider).where(Mission.id == mission_id)
    )
    task_type, provider = mission or ("", "")
    newest = Attempt.alias()
    number = newest.select(fn.COALESCE(fn.MAX(newest.number), 0) + 1).where(
        newest.item_id == Item.id
    )
    columns: dict[str, Any] = {
        "mission_id": mission_id,
        "task_type": task_type,
        "provider": provider,
        "key_fingerprint": "",
        "state": AttemptState.UNKNOWN,
        "created_at": Attempt.created_at.db_value(now),
        "error_class": "ambiguous",
        "error_code": PAUSE_CAUSE,
        "error_raw": "",
        "answer_raw": "",
        "boot_id": PAUSE_CAUSE,
    }
    chosen = Item.select(
        Item.id, Item.item_index, number, *(Value(value) for value in columns.values())
    ).where(waiting)
    fields = ["item_id", "item_index", "number", *columns]
    Attempt.insert_from(chosen, [getattr(Attempt, name) for name in fields]).execute()


def _note(mission_id: int, now: datetime, who: str, note: str) -> None:
    state = Mission.select(Mission.status).where(Mission.id == mission_id).scalar()
    Event.insert(
        mission_id=mission_id, at=now, before=state, after=state, note=note, who=who
    ).execute()
