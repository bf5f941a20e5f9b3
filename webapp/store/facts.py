"""Whether this database was restored from a copy, and what a person said about that.

A copy carries the fact COPY from the moment it is made, whoever puts it in place and however. The
first start on it turns that into RESTORED, and until a person has looked, nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.db import database, reading, writing
from webapp.models import Fact, Invitation, Session
from webapp.store.rows import row

COPY = "copy"
RESTORED = "restored"
REVIEWED = "reviewed"
_PROBE = "probe"
_HELD = "SELECT 1 FROM facts WHERE name IN (?, ?) LIMIT 1"

_GAP = 100_000
"""Ids that tries of the lost time may have had: RunningHub may still call us about them."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`copied_at`: what happened after that is not in this database."""

    copied_at: datetime
    found_at: datetime


def is_held() -> bool:
    """Whether nothing may be submitted until a person has looked. One query by key, as SQL, for each
    claim and each page asks; nests."""
    with reading():
        return database.execute_sql(_HELD, (COPY, RESTORED)).fetchone() is not None


def restored() -> Restored | None:
    """None in a database that was never restored, or whose person has looked."""
    with reading():
        return (_restored(RESTORED) or _restored(COPY)) if is_held() else None


def notice_copy(now: datetime) -> bool:
    """At start: is this a copy that nobody has worked with yet? Commits. After it, new tries take
    ids that no try of the lost time can have had; and who was signed out since, or whose link was
    used or revoked, does not come in by the older state: all sign in again."""
    with writing():
        copy = _restored(COPY)
        if copy is None:
            return False
        earlier = _restored(RESTORED)
        copied_at = min(copy.copied_at, earlier.copied_at) if earlier else copy.copied_at
        _set(RESTORED, {"copied_at": copied_at.isoformat()}, now)
        Fact.delete().where(Fact.name == COPY).execute()
        Session.delete().execute()
        Invitation.delete().execute()
        database.execute_sql(
            "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'attempts'", (_GAP,)
        )
        database.execute_sql(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'attempts', ? WHERE NOT EXISTS"
            " (SELECT 1 FROM sqlite_sequence WHERE name = 'attempts')",
            (_GAP,),
        )
        return True


def reviewed(now: datetime, who: str) -> bool:
    """A person has looked: from this commit on items are claimed again. False when somebody was
    first."""
    with writing():
        gone = Fact.delete().where(Fact.name.in_([RESTORED, COPY])).execute()
        if gone:
            _set(REVIEWED, {"who": who}, now)
        return bool(gone)


def write_probe(now: datetime) -> None:
    """Write one row, without waiting for the disk: does the database take anything? Raises storage
    errors."""
    with writing(wait_s=1, durable=False):
        _set(_PROBE, {}, now)


def _set(name: str, value: dict[str, Any], now: datetime) -> None:
    Fact.insert(name=name, value=value, at=now).on_conflict_replace().execute()


def _restored(name: str) -> Restored | None:
    found = row(Fact.select(Fact.value, Fact.at).where(Fact.name == name))
    if found is None:
        return None
    value, at = found
    return Restored(datetime.fromisoformat(value["copied_at"]), at)
