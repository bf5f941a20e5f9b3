"""Browsers that are signed in. A session ends by itself a week after its last use, and after a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.accounts.people import Action, Person, Role
from webapp.db import database, reading, writing
from webapp.models import Session, User
from webapp.store.audit import note
from webapp.store.rows import rows
from webapp.store.users import end_sessions

IDLE = timedelta(days=7)
LONGEST = timedelta(days=30)

# Asked with every request. As text it takes a fifth of the time that Peewee needs to build it.
_FIND = """SELECT sessions.id, users.id, users.name, users.role, sessions.used_at
    FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.token_hash = ? AND sessions.used_at > ? AND sessions.created_at > ?
        AND users.disabled_at IS NULL"""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Who it belongs to."""

    id: int
    person: Person
    used_at: datetime


@dataclass(frozen=True, slots=True)
class SessionView:
    """One browser, as its owner sees it."""

    id: int
    client: str
    created_at: datetime
    used_at: datetime


def find(token_hash: str, now: datetime) -> OpenSession | None:
    """None for one that ended, and for one whose account is shut."""
    used_at, created_at = Session.used_at, Session.created_at
    limits = (used_at.db_value(now - IDLE), created_at.db_value(now - LONGEST))
    with reading():
        found = database.execute_sql(_FIND, (token_hash, *limits)).fetchone()
    if found is None:
        return None
    session_id, user_id, name, role, used = found
    return OpenSession(session_id, Person(user_id, name, Role(role)), used_at.python_value(used))


def start(
    person: Person, token_hash: str, client: str, now: datetime, *, replaces: str | None = None
) -> bool:
    """Sign a browser in, and forget the session that it had before, and those that ended. False when
    the account was shut meanwhile."""
    with writing():
        active = User.update(seen_at=now).where(User.id == person.id, User.disabled_at.is_null())
        if not active.execute():
            return False
        ended = (Session.used_at <= now - IDLE) | (Session.created_at <= now - LONGEST)
        Session.delete().where(ended | (Session.token_hash == (replaces or ""))).execute()
        Session.insert(
            user=person.id, token_hash=token_hash, created_at=now, used_at=now, client=client
        ).execute()
        note(person, Action.SIGNED_IN, now, subject=client)
        return True


def touch(session_id: int, user_id: int, now: datetime) -> None:
    """It was used now. Not worth waiting for the disk."""
    with writing(durable=False):
        Session.update(used_at=now).where(Session.id == session_id).execute()
        User.update(seen_at=now).where(User.id == user_id).execute()


def list_sessions(user_id: int, now: datetime) -> tuple[SessionView, ...]:
    """Where somebody is signed in, the last used first."""
    query = (
        Session.select(Session.id, Session.client, Session.created_at, Session.used_at)
        .where(
            Session.user == user_id,
            Session.used_at > now - IDLE,
            Session.created_at > now - LONGEST,
        )
        .order_by(Session.used_at.desc(), Session.id.desc())
    )
    with reading():
        return tuple(SessionView(*entry) for entry in rows(query))


def end(person: Person, session_id: int, now: datetime) -> bool:
    """Sign one browser of this person out. False when it was not signed in."""
    mine = (Session.id == session_id) & (Session.user == person.id)
    with writing():
        client = Session.select(Session.client).where(mine).scalar()
        if client is None:
            return False
        Session.delete().where(mine).execute()
        note(person, Action.SIGNED_OUT, now, subject=str(client))
        return True


def end_all(person: Person, now: datetime) -> int:
    """Sign somebody out everywhere; returns how many browsers."""
    with writing():
        ended = end_sessions(person.id)
        note(person, Action.SESSIONS_ENDED, now, count=ended)
        return ended
