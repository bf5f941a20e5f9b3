"""Unknown attempts: what is known about them, and those that their mission lets submit again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import fn

from webapp.db import reading, writing
from webapp.models import Attempt, Event, Mission
from webapp.states import AttemptState, MissionState
from webapp.store import facts, items
from webapp.store.claims import Submitter
from webapp.store.items import BY_SETTING
from webapp.store.live import is_live
from webapp.store.rows import rows

_WILLING = (
    MissionState.QUEUED,
    MissionState.RUNNING,
    MissionState.COMPLETED,
    MissionState.FAILED,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An unknown attempt that its mission's setting submits again, not before `due`: until then it
    may still be running over there."""

    attempt_id: int
    due: datetime
    sent_at: datetime


def known_running(provider: str, key_fingerprint: str, *, open_too: bool = True) -> int:
    """Tasks that the account of this key may be working on, as far as we know: those that have an
    id, also overdue ones, and with `open_too` those whose submit is open at this moment."""
    states = [AttemptState.SUBMITTING] if open_too else []
    known = Attempt.state.in_([*states, AttemptState.SUBMITTED])
    with reading():
        return int(
            Attempt.select()
            .where(
                is_live(),
                known | Attempt.runninghub_task_id.is_null(False),
                Attempt.provider == provider,
                Attempt.key_fingerprint == key_fingerprint,
            )
            .count()
        )


def without_evidence(submitter: Submitter, since: datetime) -> list[int]:
    """Attempts that became unknown from then on, and about which the account was not asked."""
    with reading():
        found = rows(
            Attempt.select(Attempt.id).where(
                is_live(),
                Attempt.state == AttemptState.UNKNOWN,
                Attempt.answered_at >= since,
                Attempt.account_asked_at.is_null(),
                *_of(submitter),
            )
        )
    return [int(entry[0]) for entry in found]


def note_account(
    attempt_ids: Collection[int], account_running: int, own_running: int, now: datetime
) -> None:
    """Write down what the account had under way when these became unknown."""
    with writing(durable=False):
        Attempt.update(
            account_running=account_running, own_running=own_running, account_asked_at=now
        ).where(Attempt.id.in_(list(attempt_ids)), Attempt.state == AttemptState.UNKNOWN).execute()


def waiting_for_setting(submitter: Submitter) -> list[Waiting]:
    """Unknown attempts without an id in missions that submit such again, each item at most once.
    None while a restored database waits for a person, and none from before a restore: what became of
    those in the time that was lost, only a person can find out.

    One that has an id is known over there: it is asked about, and never submitted again.
    """
    if facts.is_held():
        return []
    before = Event.select(Event.id).where(
        Event.item_id == Attempt.item_id, Event.note == BY_SETTING
    )
    with reading():
        found = rows(
            Attempt.select(
                Attempt.id,
                Attempt.answered_at,
                Attempt.slot_until,
                Attempt.sent_at,
                Mission.resubmit_unknown_after,
            )
            .join(Mission, on=(Mission.id == Attempt.mission_id))
            .where(
                is_live(),
                Attempt.state == AttemptState.UNKNOWN,
                Attempt.runninghub_task_id.is_null(),
                Attempt.answered_at.is_null(False),
                Attempt.sent_at.is_null(False),
                Attempt.id > facts.reviewed_attempts(),
                Mission.resubmit_unknown_after.is_null(False),
                Mission.deleted_at.is_null(),
                Mission.status.in_(_WILLING),
                Mission.pause_cause == "",
                ~fn.EXISTS(before),
                *_of(submitter),
            )
            .order_by(Attempt.id)
        )
    return [
        Waiting(attempt_id, max(answered_at + timedelta(minutes=minutes), slot_until), sent_at)
        for attempt_id, answered_at, slot_until, sent_at, minutes in found
    ]


def submit_again_by_setting(attempt_id: int, submitter: Submitter, now: datetime) -> bool:
    """Put it back in the queue, if its mission still wants that: while the account was asked, somebody
    may have stopped the mission or decided about the item. False then."""
    with writing():
        if all(entry.attempt_id != attempt_id for entry in waiting_for_setting(submitter)):
            return False
        return items.submit_again(attempt_id, now, "program", by_setting=True)


def _of(submitter: Submitter) -> list[object]:
    """Another key's account says nothing about this one."""
    return [
        Attempt.provider == submitter.provider,
        Attempt.key_fingerprint == submitter.key_fingerprint,
    ]
