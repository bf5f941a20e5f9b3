"""What admins, and people themselves, do with accounts. Every method blocks."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from webapp.accounts.credentials import digest, new_secret
from webapp.accounts.passwords import Passwords, check_password
from webapp.accounts.people import Member, Person, Role
from webapp.accounts.rights import must_be
from webapp.clock import Clock
from webapp.db import NotUnique
from webapp.errors import Conflict, InvalidInput, NotFound
from webapp.messages import Message, msg
from webapp.store import invitations
from webapp.store import users as store
from webapp.store.invitations import InvitationView, LinkGone
from webapp.store.users import LastAdmin, NewUser

LONGEST_NAME = 64
INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(days=1)


class Users:
    """Use cases of accounts and of the links that make them. What needs an admin says so;
    the others are for the person themselves, or for the command line."""

    def __init__(self, clock: Clock, passwords: Passwords) -> None:
        self._clock = clock
        self._passwords = passwords

    def list(self) -> tuple[Member, ...]:
        """All accounts."""
        return store.list_members()

    def get(self, user_id: int) -> Member:
        """Raises NotFound."""
        found = store.find_member(user_id)
        if found is None:
            raise _nobody()
        return found

    def named(self, name: str) -> Member:
        """Raises NotFound."""
        found = store.find_named(unicodedata.normalize("NFC", name.strip()))
        if found is None:
            raise NotFound(msg("There is no account “%(name)s”.", name=name.strip()[:80]))
        return found

    def check_new(self, name: str, role: Role) -> str:
        """The name as it would be kept. Raises InvalidInput, and Conflict, for an account that could
        not be made, before anybody is asked for a password."""
        name = check_user_name(name)
        if store.find_named(name) is not None:
            raise InvalidInput.field("name", _taken(name))
        if role is not Role.ADMIN and not store.any_users():
            raise _first_is_admin()
        return name

    def add(self, name: str, role: Role, password: str, by: Person) -> NewUser:
        """Make an account; the first one must be an admin, and takes over what was made before
        there were accounts. Raises InvalidInput and Conflict."""
        name = check_user_name(name)
        check_password(password, name)
        password_hash = self._passwords.hash(password)
        try:
            return store.add(name, role, password_hash, self._clock.now(), by)
        except NotUnique as error:
            raise InvalidInput.field("name", _taken(name)) from error
        except LastAdmin as error:
            raise _first_is_admin() from error

    def set_role(self, user_id: int, role: Role, by: Person) -> None:
        """For admins. Raises NotFound, and Conflict for the last of them."""
        must_be(by, Role.ADMIN)
        with _not_the_last():
            if not store.set_role(user_id, role, self._clock.now(), by):
                raise _nobody()

    def disable(self, user_id: int, by: Person) -> None:
        """For admins: shut an account; its sessions and tokens stop at once. Raises NotFound,
        and Conflict for the last admin."""
        must_be(by, Role.ADMIN)
        self.get(user_id)
        with _not_the_last():
            store.disable(user_id, self._clock.now(), by)

    def enable(self, user_id: int, by: Person) -> None:
        """For admins: open a shut account. Raises NotFound."""
        must_be(by, Role.ADMIN)
        self.get(user_id)
        store.enable(user_id, self._clock.now(), by)

    def set_password(self, member: Member, password: str, by: Person) -> None:
        """A new password without the old one, for the command line. Signs out everywhere. Raises
        InvalidInput."""
        check_password(password, member.name)
        store.set_password(member.id, self._passwords.hash(password), self._clock.now(), by)

    def change_password(self, person: Person, new: str) -> None:
        """A new password for oneself; the caller has checked the old one. Signs out everywhere, also
        here. Raises InvalidInput."""
        check_password(new, person.name)
        store.set_password(person.id, self._passwords.hash(new), self._clock.now(), person)

    # ---- Links

    def invitations(self, by: Person) -> tuple[InvitationView, ...]:
        """For admins: the links that still open something."""
        must_be(by, Role.ADMIN)
        return invitations.list_open(self._clock.now())

    def invite(self, role: Role, by: Person) -> str:
        """For admins: the secret of a link that makes one account. It is not shown again."""
        must_be(by, Role.ADMIN)
        secret, now = new_secret(), self._clock.now()
        invitations.create(digest(secret), role, now, now + INVITATION_LASTS, by)
        return secret

    def reset(self, user_id: int, by: Person) -> str:
        """For admins: the secret of a link with which somebody chooses a new password. Raises
        NotFound, and Conflict for a disabled account."""
        must_be(by, Role.ADMIN)
        member = self.get(user_id)
        if member.disabled_at is not None:
            raise Conflict(msg("This account is disabled. Enable it first."))
        secret, now = new_secret(), self._clock.now()
        expires_at = now + RESET_LASTS
        invitations.create(digest(secret), member.role, now, expires_at, by, member=member)
        return secret

    def revoke_invitation(self, invitation_id: int, by: Person) -> None:
        """For admins: the link opens nothing any more. Raises NotFound."""
        must_be(by, Role.ADMIN)
        if not invitations.revoke(invitation_id, self._clock.now(), by):
            raise NotFound(msg("This link was used, or is no longer valid."))

    def invitation(self, secret: str) -> InvitationView:
        """What a link opens. Raises NotFound."""
        found = invitations.find(digest(secret), self._clock.now())
        if found is None:
            raise link_gone()
        return found

    def accept(self, secret: str, name: str, password: str) -> Person:
        """Use a link, once. `name` is for a new account. Raises NotFound and InvalidInput; after the
        second the link is still good."""
        link = self.invitation(secret)
        name = check_user_name(name) if link.for_name is None else link.for_name
        check_password(password, name)
        if link.for_name is None and store.find_named(name) is not None:
            raise InvalidInput.field("name", _taken(name))
        password_hash = self._passwords.hash(password)
        return self._use(digest(secret), link, name, password_hash)

    def _use(self, key: str, link: InvitationView, name: str, password_hash: str) -> Person:
        now = self._clock.now()
        try:
            if link.for_name is not None:
                return invitations.use_for_password(key, password_hash, now)
            return invitations.use_for_account(key, name, password_hash, now)
        except LinkGone as error:
            raise link_gone() from error
        except NotUnique as error:
            raise InvalidInput.field("name", _taken(name)) from error


def check_user_name(name: str) -> str:
    """The name as it is kept. Raises InvalidInput."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name:
        raise InvalidInput.field("name", msg("Choose a name."))
    if len(name) > LONGEST_NAME:
        problem = msg("A name may have up to %(count)s characters.", count=LONGEST_NAME)
        raise InvalidInput.field("name", problem)
    # Control signs, halves of signs, and what turns the direction of writing around.
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn") for sign in name):
        raise InvalidInput.field("name", msg("This name has signs that cannot be seen."))
    return name


def new_password() -> str:
    """One that nobody has to invent: 120 random bits."""
    return secrets.token_urlsafe(15)


def link_gone() -> NotFound:
    """The same for every link that opens nothing: nobody learns whether it once did."""
    return NotFound(
        msg("This link was used already, was revoked, or is too old. Ask for a new one.")
    )


@contextmanager
def _not_the_last() -> Iterator[None]:
    """Says in words why somebody must stay an admin."""
    try:
        yield
    except LastAdmin as error:
        raise Conflict(
            msg("This is the last admin: without one nobody could let others in.")
        ) from error


def _taken(name: str) -> Message:
    return msg("There is an account “%(name)s” already.", name=name)


def _nobody() -> NotFound:
    return NotFound(msg("This account does not exist."))


def _first_is_admin() -> Conflict:
    return Conflict(msg("The first account must be an admin: use --role admin."))
