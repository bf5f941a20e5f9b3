"""Accounts. Names are compared without regard to case; nothing here hashes a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.accounts.people import Action, Member, Person, Role
from webapp.db import database, reading, writing
from webapp.models import Invitation, Mission, Session, Template, UsedKey, User
from webapp.store.audit import note
from webapp.store.rows import row, rows


class LastAdmin(Exception):
    """Without this one nobody could let others in."""


@dataclass(frozen=True, slots=True)
class Login:
    """What is needed to check a password."""

    person: Person
    password_hash: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class NewUser:
    """A fresh account; what it took over from the local user, being the first."""

    person: Person
    missions: int
    templates: int


def any_users() -> bool:
    """Whether there are accounts: then nobody is let in without one."""
    with reading():
        return database.execute_sql("SELECT 1 FROM users LIMIT 1").fetchone() is not None


def any_admin() -> bool:
    """Whether somebody can let others in."""
    with reading():
        return _other_admin(0)


def list_members() -> tuple[Member, ...]:
    """All accounts by name, the disabled ones last."""
    query = _members().order_by(User.disabled_at.is_null(False), User.name)
    with reading():
        return tuple(_member(entry) for entry in rows(query))


def find_member(user_id: int) -> Member | None:
    """One account."""
    with reading():
        found = row(_members().where(User.id == user_id))
    return None if found is None else _member(found)


def find_named(name: str) -> Member | None:
    """One account by its name."""
    with reading():
        found = row(_members().where(User.name == name))
    return None if found is None else _member(found)


def find_login(name: str) -> Login | None:
    """The account that somebody says is theirs."""
    query = User.select(User.id, User.name, User.role, User.password_hash, User.disabled_at)
    with reading():
        found = row(query.where(User.name == name))
    if found is None:
        return None
    user_id, name, role, password_hash, disabled_at = found
    return Login(Person(user_id, name, Role(role)), password_hash, disabled_at is not None)


def add(name: str, role: Role, password_hash: str, now: datetime, by: Person) -> NewUser:
    """Make an account. The first one takes over what the local user made: it was one person so far,
    and that person now has a name. Raises db.NotUnique, and LastAdmin when the first is no admin."""
    with writing():
        first = not any_users()
        if first and role is not Role.ADMIN:
            raise LastAdmin
        user_id = insert(name, role, password_hash, now)
        missions = templates = 0
        if first:
            missions = _take_over(Mission, user_id)
            templates = _take_over(Template, user_id)
            _take_over(UsedKey, user_id)
        note(by, Action.ACCOUNT_CREATED, now, subject=_with_role(name, role))
    return NewUser(Person(user_id, name, role), missions, templates)


def insert(name: str, role: Role, password_hash: str, now: datetime) -> int:
    """A row, inside a `writing()` of the caller; returns its id. Raises db.NotUnique."""
    return int(
        User.insert(
            name=name, role=role, password_hash=password_hash, created_at=now, password_at=now
        ).execute()
    )


def set_role(user_id: int, role: Role, now: datetime, by: Person) -> bool:
    """False when there is no such account. Raises LastAdmin. Links that a former admin made die."""
    with writing():
        before = find_member(user_id)
        if before is None:
            return False
        if role is not Role.ADMIN:
            _keep_an_admin(user_id)
            _end_links_of(user_id)
        User.update(role=role).where(User.id == user_id).execute()
        if role is not before.role:
            note(by, Action.ROLE_CHANGED, now, subject=_with_role(before.name, role))
        return True


def disable(user_id: int, now: datetime, by: Person) -> bool:
    """Shut an account: it is signed out everywhere, and its tokens are not taken while it is shut. False
    when it was shut already, or there is none. Raises LastAdmin."""
    with writing():
        _keep_an_admin(user_id)
        query = User.update(disabled_at=now).where(User.id == user_id, User.disabled_at.is_null())
        if not query.execute():
            return False
        end_sessions(user_id)
        _end_links_of(user_id)
        Invitation.delete().where(
            Invitation.user == user_id, Invitation.used_at.is_null()
        ).execute()
        note(by, Action.ACCOUNT_DISABLED, now, subject=_name(user_id))
        return True


def enable(user_id: int, now: datetime, by: Person) -> bool:
    """Open an account again. False when it was open, or there is none."""
    query = User.update(disabled_at=None)
    with writing():
        if not query.where(User.id == user_id, User.disabled_at.is_null(False)).execute():
            return False
        note(by, Action.ACCOUNT_ENABLED, now, subject=_name(user_id))
        return True


def set_password(user_id: int, password_hash: str, now: datetime, by: Person) -> None:
    """A new password: it is signed out everywhere, and open links to set another one die."""
    with writing():
        query = User.update(password_hash=password_hash, password_at=now)
        query.where(User.id == user_id).execute()
        end_sessions(user_id)
        Invitation.delete().where(
            Invitation.user == user_id, Invitation.used_at.is_null()
        ).execute()
        note(by, Action.PASSWORD_CHANGED, now, subject=_name(user_id))


def rehash(user_id: int, before: str, password_hash: str) -> None:
    """The same password, kept with other parameters."""
    with writing():
        query = User.update(password_hash=password_hash)
        query.where(User.id == user_id, User.password_hash == before).execute()


def end_sessions(user_id: int) -> int:
    """Sign somebody out everywhere, inside a `writing()` of the caller; returns how many browsers."""
    return int(Session.delete().where(Session.user == user_id).execute())


def _keep_an_admin(user_id: int) -> None:
    active = User.select(User.id).where(
        User.id == user_id, User.role == Role.ADMIN, User.disabled_at.is_null()
    )
    if row(active) is not None and not _other_admin(user_id):
        raise LastAdmin


def _other_admin(user_id: int) -> bool:
    query = User.select(User.id).where(
        User.id != user_id, User.role == Role.ADMIN, User.disabled_at.is_null()
    )
    return row(query.limit(1)) is not None


def _end_links_of(user_id: int) -> None:
    """What somebody may no longer give away must not be open in a link of theirs."""
    made = User.select(User.name).where(User.id == user_id)
    query = Invitation.delete().where(Invitation.made_by.in_(made), Invitation.used_at.is_null())
    query.execute()


def _name(user_id: int) -> str:
    return str(User.select(User.name).where(User.id == user_id).scalar())


def _with_role(name: str, role: Role) -> str:
    return f"{name} ({role})"


def _take_over(table: type[Mission] | type[Template] | type[UsedKey], user_id: int) -> int:
    query: Any = table.update(owner_id=user_id).where(table.owner_id == 0)
    return int(query.execute())


def _members() -> Any:
    return User.select(
        User.id, User.name, User.role, User.created_at, User.seen_at, User.disabled_at
    )


def _member(entry: tuple[Any, ...]) -> Member:
    user_id, name, role, *times = entry
    return Member(user_id, name, Role(role), *times)
