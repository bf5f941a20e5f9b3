"""How often passwords were tried lately. In the database, so that a restart forgets nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.accounts.people import PROGRAM, Action
from webapp.db import writing
from webapp.models import SignInTry
from webapp.store.audit import note
from webapp.store.rows import rows

WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in the window; `shown` stands in the audit trail when they are used up."""

    subject: str
    tries: int
    shown: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The tries that were written down; or, with none, how long to wait."""

    ids: tuple[int, ...]
    wait: timedelta = timedelta(0)


def count(limits: Sequence[Limit], now: datetime) -> Counted:
    """Write down one try for each subject, before its password is looked at: of twenty at once, only
    as many as are allowed pass. When one subject has had its number in the window, nothing is written."""
    with writing():
        # Those of the future are from a clock that was set back since.
        old = (SignInTry.at <= now - WINDOW) | (SignInTry.at > now + WINDOW)
        SignInTry.delete().where(old).execute()
        waits = [_wait(limit, now) for limit in limits]
        if any(waits):
            return Counted((), max(waits))
        return Counted(tuple(_write(limit, now) for limit in limits))


def forgive(ids: Sequence[int]) -> None:
    """These were right, and do not count."""
    with writing():
        SignInTry.delete().where(SignInTry.id.in_(list(ids))).execute()


def _write(limit: Limit, now: datetime) -> int:
    written = int(SignInTry.insert(subject=limit.subject, at=now).execute())
    if SignInTry.select().where(SignInTry.subject == limit.subject).count() == limit.tries:
        note(PROGRAM, Action.PASSWORD_TRIES, now, subject=limit.shown, count=limit.tries)
    return written


def _wait(limit: Limit, now: datetime) -> timedelta:
    """Until the oldest of the last tries is out of the window."""
    query = SignInTry.select(SignInTry.at).where(SignInTry.subject == limit.subject)
    last = rows(query.order_by(SignInTry.at.desc()).limit(limit.tries))
    if len(last) < limit.tries:
        return timedelta(0)
    oldest: datetime = last[-1][0]
    return min(max(oldest + WINDOW - now, timedelta(seconds=1)), WINDOW)
