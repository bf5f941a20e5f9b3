"""Whether this database was restored from a copy, and what a person said about that.

A copy carries the fact COPY from the moment it is made, whoever puts it in place and however. The
first start on it turns that into RESTORED, and until a person has looked, nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from webapp.db import database, reading, writing
from webapp.models import Attempt, Fact, Invitation, Mission, Session
from webapp.store.rows import row

COPY = "copy"
RESTORED = "restored"
REVIEWED = "reviewed"
_PROBE = "probe"
_HELD = "SELECT 1 FROM facts WHERE name IN (?, ?) LIMIT 1"

_GAP = 100_000
_GAP_EACH_S = 100
"""Ids that tries of the lost time may have had: RunningHub may still call us about them."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`copied_at`: what happened after that is not in this database. `last_mission`: the newest of those
    that are in it, None while that was not noted."""

    copied_at: datetime
    found_at: datetime
    last_mission: int | None


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
        newest = int(Mission.select(fn.MAX(Mission.id)).scalar() or 0)
        _set(RESTORED, {"copied_at": copied_at.isoformat(), "last_mission": newest}, now)
        Fact.delete().where(Fact.name == COPY).execute()
        Session.delete().execute()
        Invitation.delete().execute()
        _leap_ids(now - copied_at)
        return True


def _leap_ids(lost: timedelta) -> None:
    """Also past those that an earlier restore of the same copy may have led to: that one's leap was
    smaller by more than what can be submitted in the time between."""
    gap = _GAP + _GAP_EACH_S * max(0, int(lost.total_seconds()))
    database.execute_sql("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'attempts'", (gap,))
    database.execute_sql(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'attempts', ? WHERE NOT EXISTS"
        " (SELECT 1 FROM sqlite_sequence WHERE name = 'attempts')",
        (gap,),
    )


def reviewed(now: datetime, who: str) -> bool:
    """A person has looked: from this commit on items are claimed again. False when somebody was
    first."""
    with writing():
        gone = Fact.delete().where(Fact.name.in_([RESTORED, COPY])).execute()
        if gone:
            newest = int(Attempt.select(fn.MAX(Attempt.id)).scalar() or 0)
            _set(REVIEWED, {"who": who, "attempts": newest}, now)
        return bool(gone)


def reviewed_attempts() -> int:
    """The newest attempt from before the last restore, 0 in a database that was never restored."""
    with reading():
        found = row(Fact.select(Fact.value).where(Fact.name == REVIEWED))
    return int(found[0].get("attempts", 0)) if found else 0


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
    return Restored(datetime.fromisoformat(value["copied_at"]), at, value.get("last_mission"))
