"""Who somebody is: by name and password, by the session of their browser, or by a program's token.
Every method blocks."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from webapp.accounts.credentials import digest, new_secret
from webapp.accounts.passwords import LONGEST, Passwords
from webapp.accounts.people import Person
from webapp.clock import Clock
from webapp.db import STORAGE_ERRORS
from webapp.errors import AppError, InvalidInput, NotFound, NotSignedIn, TooManyTries
from webapp.messages import msg
from webapp.store import api_tokens, sessions, sign_in_tries, users
from webapp.store.sessions import SessionView
from webapp.store.sign_in_tries import Limit

log = logging.getLogger(__name__)

TRIES_PER_NAME = 10
TRIES_PER_ADDRESS = 30
NOTED_EVERY = timedelta(minutes=5)
"""How exactly “last used” is known: not every look at a page is a write."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who asks, and how we know."""

    person: Person
    session_id: int | None = None  #: None: by a token, or nobody had to say
    by_token: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """A password that may be looked at: it was counted."""

    name: str
    tries: tuple[int, ...]


class SignIn:
    """Use cases of sessions. `secret` signs the mark of a browser that has been signed in before."""

    def __init__(self, clock: Clock, passwords: Passwords, secret: bytes) -> None:
        self._clock = clock
        self._passwords = passwords
        self._secret = secret

    # ---- By password

    def count(self, name: str, address: str, mark: str = "") -> Attempt:
        """Count a try before its password is looked at. Raises TooManyTries.

        A browser that has been signed in under this name before (`mark`) has tries of its own, so
        that nobody can lock its owner out by trying passwords from elsewhere.
        """
        name = unicodedata.normalize("NFC", " ".join(name.split()))[:LONGEST]
        browser = self._browser(mark, name)
        login = users.find_login(name)
        # What is no account's name may be a password in the wrong field.
        shown = login.person.name if login else "?"
        if browser:
            limits = [Limit(f"browser:{browser}", TRIES_PER_NAME, shown)]
        else:
            network = _network(address)
            limits = [
                Limit(f"name:{digest(name.casefold())}", TRIES_PER_NAME, shown),
                Limit(f"address:{network}", TRIES_PER_ADDRESS, network),
            ]
        counted = sign_in_tries.count(limits, self._clock.now())
        if not counted.ids:
            raise _too_many(counted.wait)
        return Attempt(name, counted.ids)

    def check(self, attempt: Attempt, password: str) -> Person:
        """Whose password it is. Raises InvalidInput with one sentence for all reasons."""
        login = users.find_login(attempt.name)
        if not self._passwords.fits(login.password_hash if login else None, password):
            raise _wrong()
        if login is None or login.disabled:
            raise _wrong()
        if self._passwords.outdated(login.password_hash):
            users.rehash(login.person.id, login.password_hash, self._passwords.hash(password))
        sign_in_tries.forgive(attempt.tries)
        return login.person

    # ---- Sessions

    def start(self, person: Person, client: str, replaces: str = "") -> str:
        """Sign a browser in; returns the secret of its session, always a new one. The session that it
        showed before ends. Raises InvalidInput when the account was shut meanwhile."""
        secret, now = new_secret(), self._clock.now()
        before = digest(replaces) if replaces else None
        if not sessions.start(person, digest(secret), client, now, replaces=before):
            raise _wrong()
        return secret

    def by_session(self, secret: str, *, quiet: bool) -> Known | None:
        """Whose browser it is. A `quiet` request, of a page that asks by itself, is no use of a
        session: a tab that somebody left open does not keep itself signed in."""
        now = self._clock.now()
        found = sessions.find(digest(secret), now)
        if found is None:
            return None
        if not quiet and _worth_noting(found.used_at, now):
            _note(lambda: sessions.touch(found.id, found.person.id, now))
        return Known(found.person, found.id)

    def sessions(self, person: Person) -> tuple[SessionView, ...]:
        """Where this person is signed in."""
        return sessions.list_sessions(person.id, self._clock.now())

    def end(self, person: Person, session_id: int) -> None:
        """Sign one browser of this person out. Raises NotFound."""
        if not sessions.end(person, session_id, self._clock.now()):
            raise NotFound(msg("This browser is not signed in any more."))

    def end_all(self, person: Person) -> int:
        """Sign this person out everywhere; returns how many browsers."""
        return sessions.end_all(person, self._clock.now())

    # ---- By token

    def by_token(self, token: str) -> Known:
        """Whose program it is. Raises NotSignedIn."""
        found = api_tokens.find(digest(token))
        if found is None:
            raise NotSignedIn(msg("This token is not valid. Make a new one in the settings."))
        now = self._clock.now()
        if found.used_at is None or _worth_noting(found.used_at, now):
            _note(lambda: api_tokens.touch(found.id, found.person.id, now))
        return Known(found.person, by_token=True)

    # ---- The mark of a browser

    def mark(self, person: Person) -> str:
        """For a cookie that stays after signing out. It opens nothing: it only counts tries apart."""
        browser = secrets.token_urlsafe(12)
        return f"{browser}.{self._mac(browser, person.name)}"

    def _browser(self, mark: str, name: str) -> str:
        browser, _, mac = mark.partition(".")
        good = hmac.compare_digest(
            self._mac(browser, name).encode(), mac.encode("utf-8", "replace")
        )
        return browser if good and len(browser) == 16 else ""

    def _mac(self, browser: str, name: str) -> str:
        text = f"browser:{browser}:{name.casefold()}".encode("utf-8", "replace")
        return hmac.new(self._secret, text, sha256).hexdigest()[:40]


def _worth_noting(before: datetime, now: datetime) -> bool:
    return not now - NOTED_EVERY < before <= now


def _note(write: Callable[[], None]) -> None:
    """When it was last used is not worth an error."""
    try:
        write()
    except STORAGE_ERRORS as error:
        log.warning("the last use of a session or token could not be noted: %s", error)


def _network(address: str) -> str:
    """Who has an IPv6 address has 2 to the 64 of them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:60]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _wrong() -> AppError:
    return InvalidInput.field("password", msg("Name or password is not right."))


def _too_many(wait: timedelta) -> TooManyTries:
    seconds = max(1, int(wait.total_seconds()))
    minutes = -(-seconds // 60)
    return TooManyTries(
        msg(
            "Too many passwords were tried. Please wait %(minutes)s minutes, then try again. "
            "Nothing is wrong with your account.",
            minutes=minutes,
        ),
        seconds,
    )
