"""What happens while the account is asked whether an unclear item may be submitted again; what a
restore leaves to a person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.core.making import (
    NOW,
    SUBMITTER,
    attempt,
    claim,
    item,
    later,
    lose,
    mission,
    new_mission,
)
from webapp.accounts.people import LOCAL
from webapp.clock import FakeClock
from webapp.db import database, writing
from webapp.models import Attempt
from webapp.providers.base import QueueStatus
from webapp.safety.keeping import Keeper
from webapp.safety.receipts import Receipts
from webapp.safety.storage import Storage
from webapp.settings import Settings
from webapp.states import AttemptState, ItemState
from webapp.store import facts, missions, review
from webapp.store.flights import Flight
from webapp.work.second_look import SecondLook

LATER = later(3600)


def unclear() -> Flight:
    """One of two items of a mission that submits unclear ones again after ten minutes."""
    new_mission(2, resubmit_unknown_after=10)
    (flight,) = claim(limit=1).flights
    lose(flight)
    return flight


def restored(after_s: float) -> None:
    """The database turns out to be a copy that was made at NOW."""
    with writing():
        facts._set(facts.COPY, {"copied_at": NOW.isoformat()}, NOW)
    assert facts.notice_copy(later(after_s))


def look_around(
    folder: Path, meanwhile: Callable[[], object], *, running: int = 0, max_task_s: float = 1200
) -> bool:
    """One round; `meanwhile` happens while the account is asked. Whether it was asked."""
    asked = threading.Event()

    def ask() -> QueueStatus:
        meanwhile()
        asked.set()
        return QueueStatus(limit=50, running=running, queued=0, key_type="")

    found = SecondLook(
        ask,
        FakeClock(LATER),
        Keeper(Storage(), Receipts(folder / "receipts")),
        SUBMITTER,
        max_task_s=max_task_s,
        guarded_now=lambda: False,
        knows=lambda attempt_id: False,
        submitted_again=lambda: None,
    )
    found.look_around()
    found._pool.submit(lambda: None).result(10)  # after it
    found.stop()
    return asked.is_set()


def test_it_is_submitted_again_when_nothing_happens_meanwhile(db: Settings, tmp_path: Path) -> None:
    flight = unclear()
    assert look_around(tmp_path, lambda: None)
    assert item(flight).status == ItemState.PENDING


def test_a_submit_that_is_open_does_not_stand_for_the_lost_one(
    db: Settings, tmp_path: Path
) -> None:
    """The account works on one task, and our open POST has not arrived there yet."""
    flight = unclear()
    claim(limit=1)
    assert look_around(tmp_path, lambda: None, running=1, max_task_s=7200)
    assert item(flight).status == ItemState.UNKNOWN


@pytest.mark.parametrize("deed", [missions.cancel, missions.delete, missions.pause])
def test_what_is_stopped_meanwhile_is_not_submitted_again(
    db: Settings, tmp_path: Path, deed: Callable[[int, datetime, str], object]
) -> None:
    flight = unclear()
    assert look_around(tmp_path, lambda: deed(flight.mission_id, LATER, "anna"))
    assert attempt(flight).state == AttemptState.UNKNOWN
    assert item(flight).status == ItemState.UNKNOWN
    assert mission(flight.mission_id).status in ("cancelled", "paused")


def test_what_was_unclear_before_a_restore_is_for_a_person(db: Settings, tmp_path: Path) -> None:
    """It may have been submitted again, and paid for, in the time that was lost."""
    flight = unclear()
    restored(60)
    assert not look_around(tmp_path, lambda: None), "nobody has looked yet"
    assert review.finish(later(120), LOCAL)
    assert not look_around(tmp_path, lambda: None), "there is nothing to ask for"
    assert item(flight).status == ItemState.UNKNOWN
    newer = unclear()
    assert look_around(tmp_path, lambda: None)
    assert item(newer).status == ItemState.PENDING


def test_two_restores_of_one_copy_never_lead_to_the_same_attempts(db: Settings) -> None:
    """RunningHub may call about attempts of the first life in the second one."""

    def first_id(after_s: float) -> int:
        with writing():
            database.execute_sql("UPDATE sqlite_sequence SET seq = 7 WHERE name = 'attempts'")
            Attempt.delete().execute()
        restored(after_s)
        assert review.finish(later(after_s), LOCAL)
        new_mission(1)
        (flight,) = claim(limit=1).flights
        return flight.attempt_id

    assert first_id(60) + 100 < first_id(62)


def test_a_clock_that_is_behind_hides_no_mission_of_the_copy(db: Settings) -> None:
    old = new_mission(2, now=later(24 * 3600))
    restored(60)
    new = new_mission(2, now=later(61))
    since = facts.restored()
    assert since is not None
    assert review.doubtful_ids(since) == [old]
    assert [found.mission_id for found in review.doubtful(since, 10)[0]] == [old]
    assert review.finish(later(120), LOCAL)
    assert new > old
