"""Links that make one account, or give one a new password; each works once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.accounts.people import Action, Member, Person, Role
from webapp.db import reading, writing
from webapp.models import Invitation, User
from webapp.store.audit import note
from webapp.store.rows import row, rows
from webapp.store.users import end_sessions, insert


@dataclass(frozen=True, slots=True)
class InvitationView:
    """A link that nobody has used yet. `for_name` is whose password it renews, None for a new account."""

    id: int
    role: Role
    made_by: str
    created_at: datetime
    expires_at: datetime
    for_name: str | None


class LinkGone(Exception):
    """Used, revoked, or too old."""


def create(
    token_hash: str,
    role: Role,
    now: datetime,
    expires_at: datetime,
    by: Person,
    *,
    member: Member | None = None,
) -> None:
    """Keep a link. With `member` it is for that account's password, and an older one for it dies."""
    with writing():
        if member is not None:
            Invitation.delete().where(
                Invitation.user == member.id, Invitation.used_at.is_null()
            ).execute()
            note(by, Action.RESET_LINK_MADE, now, subject=member.name)
        else:
            note(by, Action.INVITED, now, subject=role)
        Invitation.insert(
            token_hash=token_hash,
            role=role,
            made_by=by.name,
            created_at=now,
            expires_at=expires_at,
            user=None if member is None else member.id,
        ).execute()


def find(token_hash: str, now: datetime) -> InvitationView | None:
    """None for a link that no longer opens anything."""
    with reading():
        found = row(_open(now).where(Invitation.token_hash == token_hash))
    return None if found is None else _view(found)


def list_open(now: datetime) -> tuple[InvitationView, ...]:
    """Those that still open something, the newest first."""
    with reading():
        return tuple(_view(entry) for entry in rows(_open(now).order_by(Invitation.id.desc())))


def revoke(invitation_id: int, now: datetime, by: Person) -> bool:
    """False when it was used already, or there is none."""
    query = Invitation.delete().where(Invitation.id == invitation_id, Invitation.used_at.is_null())
    with writing():
        found = row(_open(now).where(Invitation.id == invitation_id))
        if not query.execute():
            return False
        subject = "" if found is None else _view(found).for_name or _view(found).role
        note(by, Action.INVITATION_REVOKED, now, subject=subject)
        return True


def use_for_account(token_hash: str, name: str, password_hash: str, now: datetime) -> Person:
    """Make the account that a link is for. Raises LinkGone, and db.NotUnique for a name that is taken;
    the link is then still good."""
    with writing():
        link_id, role, user_id = _take(token_hash, now)
        if user_id is not None:
            raise LinkGone
        made = insert(name, role, password_hash, now)
        _mark(link_id, name, now)
        person = Person(made, name, role)
        note(person, Action.ACCOUNT_CREATED, now, subject=f"{name} ({role})")
    return person


def use_for_password(token_hash: str, password_hash: str, now: datetime) -> Person:
    """Give the account of a link a new password, and sign it out everywhere. Raises LinkGone."""
    with writing():
        link_id, _, user_id = _take(token_hash, now)
        query = User.select(User.id, User.name, User.role)
        found = row(query.where(User.id == user_id, User.disabled_at.is_null()))
        if found is None:
            raise LinkGone
        person = Person(found[0], found[1], Role(found[2]))
        changes = User.update(password_hash=password_hash, password_at=now)
        changes.where(User.id == person.id).execute()
        end_sessions(person.id)
        _mark(link_id, person.name, now)
        note(person, Action.PASSWORD_CHANGED, now, subject=person.name)
    return person


def _take(token_hash: str, now: datetime) -> tuple[int, Role, int | None]:
    query = Invitation.select(Invitation.id, Invitation.role, Invitation.user)
    found = row(
        query.where(
            Invitation.token_hash == token_hash,
            Invitation.used_at.is_null(),
            Invitation.expires_at > now,
        )
    )
    if found is None:
        raise LinkGone
    return found[0], Role(found[1]), found[2]


def _mark(link_id: int, name: str, now: datetime) -> None:
    Invitation.update(used_at=now, used_by=name).where(Invitation.id == link_id).execute()


def _open(now: datetime) -> Any:
    return (
        Invitation.select(
            Invitation.id,
            Invitation.role,
            Invitation.made_by,
            Invitation.created_at,
            Invitation.expires_at,
            User.name,
        )
        .join(User, "LEFT OUTER JOIN", on=(Invitation.user == User.id))
        .where(Invitation.used_at.is_null(), Invitation.expires_at > now)
    )


def _view(entry: tuple[Any, ...]) -> InvitationView:
    link_id, role, made_by, created_at, expires_at, for_name = entry
    return InvitationView(link_id, Role(role), made_by, created_at, expires_at, for_name)
