"""Programs that act for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.people import Action, Person, Role
from webapp.db import database, reading, writing
from webapp.models import ApiToken, User
from webapp.store.audit import note
from webapp.store.rows import row, rows

# Asked with every call of a program: see sessions.py.
_FIND = """SELECT api_tokens.id, users.id, users.name, users.role, api_tokens.used_at
    FROM api_tokens JOIN users ON users.id = api_tokens.user_id
    WHERE api_tokens.token_hash = ? AND users.disabled_at IS NULL"""


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as its owner sees it: never the token itself."""

    id: int
    name: str
    hint: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownToken:
    """Whose it is."""

    id: int
    person: Person
    used_at: datetime | None


def find(token_hash: str) -> KnownToken | None:
    """None for one that nobody has, and for one whose account is shut."""
    with reading():
        found = database.execute_sql(_FIND, (token_hash,)).fetchone()
    if found is None:
        return None
    token_id, user_id, name, role, used = found
    used_at = ApiToken.used_at.python_value(used)
    return KnownToken(token_id, Person(user_id, name, Role(role)), used_at)


def create(person: Person, name: str, token_hash: str, hint: str, now: datetime, most: int) -> bool:
    """False when the person has `most` of them already."""
    with writing():
        if ApiToken.select().where(ApiToken.user == person.id).count() >= most:
            return False
        ApiToken.insert(
            user=person.id, name=name, token_hash=token_hash, hint=hint, created_at=now
        ).execute()
        note(person, Action.TOKEN_CREATED, now, subject=f"{name} (…{hint})")
        return True


def touch(token_id: int, user_id: int, now: datetime) -> None:
    """It was used now. Not worth waiting for the disk."""
    with writing(durable=False):
        ApiToken.update(used_at=now).where(ApiToken.id == token_id).execute()
        User.update(seen_at=now).where(User.id == user_id).execute()


def list_tokens(user_id: int) -> tuple[TokenView, ...]:
    """The newest first."""
    query = (
        ApiToken.select(
            ApiToken.id, ApiToken.name, ApiToken.hint, ApiToken.created_at, ApiToken.used_at
        )
        .where(ApiToken.user == user_id)
        .order_by(ApiToken.id.desc())
    )
    with reading():
        return tuple(TokenView(*entry) for entry in rows(query))


def revoke(person: Person, token_id: int, now: datetime) -> bool:
    """False when this person has no such token."""
    mine = (ApiToken.id == token_id) & (ApiToken.user == person.id)
    with writing():
        found = row(ApiToken.select(ApiToken.name, ApiToken.hint).where(mine))
        if found is None:
            return False
        ApiToken.delete().where(mine).execute()
        note(person, Action.TOKEN_REVOKED, now, subject=f"{found[0]} (…{found[1]})")
        return True
