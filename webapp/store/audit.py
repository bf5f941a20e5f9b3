"""The audit trail: what people did. Only ever added to, and it outlives what it tells of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import fn

from webapp.accounts.people import PROGRAM, Action, Person
from webapp.db import reading, writing
from webapp.models import Audit, User
from webapp.store.rows import row, rows
from webapp.views import AuditLine, Page

SUBJECT_LENGTH = 200
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines; None for all. A `user_id` of 0 is the local user and the program."""

    user_id: int | None = None
    action: str | None = None
    mission_id: int | None = None


ALL = AuditFilter()


def note(
    by: Person,
    action: Action,
    now: datetime,
    *,
    mission_id: int | None = None,
    item_index: int | None = None,
    subject: str = "",
    count: int | None = None,
) -> None:
    """Write down what somebody did: call it inside the `writing()` that does it, so that neither is
    without the other. `subject` is whom or what it was done to, `count` how many items; never a
    secret. What is longer than SUBJECT_LENGTH is cut."""
    with writing():
        Audit.insert(
            at=now,
            user_id=by.id,
            who=by.name,
            action=action,
            mission_id=mission_id,
            item_index=item_index,
            subject=subject[:SUBJECT_LENGTH],
            count=count,
        ).execute()


def renamed(before: str, after: str) -> str:
    """The subject of a change of name: both, and something of each when they are long."""
    half = SUBJECT_LENGTH // 2 - 2
    return f"{before[:half]} → {after[:half]}"


def note_key(fingerprint: str, now: datetime) -> bool:
    """Write down that another key is used than at the last start; True when it is. `fingerprint` is
    empty without a key. To be called at start, by whoever submits."""
    with writing():
        last = row(
            Audit.select(Audit.subject)
            .where(Audit.action == Action.KEY_CHANGED)
            .order_by(Audit.id.desc())
            .limit(1)
        )
        if fingerprint == (last[0] if last else ""):
            return False
        note(PROGRAM, Action.KEY_CHANGED, now, subject=fingerprint)
    return True


def page(number: int, size: int, chosen: AuditFilter = ALL) -> Page[AuditLine]:
    """Newest first."""
    with reading():
        total = int(_fitting(Audit.select(fn.COUNT(Audit.id)), chosen).scalar())
        query = _fitting(_lines(), chosen).order_by(Audit.id.desc()).paginate(number, size)
        return Page(tuple(AuditLine(*entry) for entry in rows(query)), total, number, size)


def every(chosen: AuditFilter = ALL) -> Iterator[AuditLine]:
    """All that fit, newest first, read in pieces: no connection is held between them."""
    before: int | None = None
    while True:
        query = _fitting(_lines(), chosen).order_by(Audit.id.desc()).limit(_CHUNK)
        with reading():
            found = rows(query if before is None else query.where(Audit.id < before))
        for entry in found:
            yield AuditLine(*entry)
        if len(found) < _CHUNK:
            return
        before = int(found[-1][0])


def accounts() -> list[tuple[int, str]]:
    """Everybody who ever had an account, by name: whose lines can be asked for."""
    with reading():
        return [(int(entry[0]), str(entry[1])) for entry in rows(_accounts())]


def _accounts() -> Any:
    return User.select(User.id, User.name).order_by(User.name)


def _lines() -> Any:
    return Audit.select(
        Audit.id,
        Audit.at,
        Audit.user_id,
        Audit.who,
        Audit.action,
        Audit.mission_id,
        Audit.item_index,
        Audit.subject,
        Audit.count,
    )


def _fitting(query: Any, chosen: AuditFilter) -> Any:
    wanted = (
        (Audit.user_id, chosen.user_id),
        (Audit.action, chosen.action),
        (Audit.mission_id, chosen.mission_id),
    )
    for field, value in wanted:
        if value is not None:
            query = query.where(field == value)
    return query
