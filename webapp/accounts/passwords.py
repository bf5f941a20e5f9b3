"""Passwords: what is taken as one, and how it is kept (argon2id). Every check costs about a tenth of a
second and 64 MB, so at most two are made at a time."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.errors import InvalidInput
from webapp.messages import msg

SHORTEST = 10
LONGEST = 200
AT_ONCE = 2
_TRIMMINGS = "0123456789!.@#_- "
_COMMON = Path(__file__).with_name("common_passwords.txt")


class Passwords:
    """Hashes and checks. Every method blocks; `hasher` names the parameters, argon2-cffi's by default."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._dummy_lock = threading.Lock()
        self._dummy = ""

    def hash(self, password: str) -> str:
        """What may be stored of a password."""
        with self._turns:
            return self._hasher.hash(_plain(password))

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether it is the password of which `stored` was kept. Without `stored`, as for a name that
        nobody has, it is never right but takes as long: the time must not tell who has an account."""
        dummy = self._dummy_hash()
        if len(password) > LONGEST:
            stored, password = None, ""
        with self._turns:
            try:
                self._hasher.verify(stored or dummy, _plain(password))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether it was kept with other parameters than those of today."""
        return self._hasher.check_needs_rehash(stored)

    def _dummy_hash(self) -> str:
        # Made with the first check, whoever that is about, and not at a start that may need none.
        with self._dummy_lock:
            if not self._dummy:
                self._dummy = self.hash("nobody has this password")
            return self._dummy


def check_password(password: str, name: str) -> None:
    """Raises InvalidInput for one that is too short, too long, or among the first that are guessed.
    There are no other rules: they make passwords worse."""
    plain = _plain(password)
    if len(plain) < SHORTEST:
        problem = msg("A password needs at least %(count)s characters.", count=SHORTEST)
    elif len(plain) > LONGEST:
        problem = msg("A password may have up to %(count)s characters.", count=LONGEST)
    elif _guessed_first(plain.casefold(), _plain(name).casefold()):
        problem = msg("This password is one of the first that are guessed. Choose another one.")
    else:
        return
    raise InvalidInput.field("password", problem)


def _guessed_first(password: str, name: str) -> bool:
    if password in _common() or len(set(password)) == 1:
        return True
    # The name itself, also twice or with a year behind it.
    return bool(name) and name in password and not password.replace(name, "").strip(_TRIMMINGS)


def _plain(password: str) -> str:
    """The same letters typed on another keyboard are the same password. What cannot be encoded, half
    a sign, stands as a question mark."""
    text = unicodedata.normalize("NFC", password)
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _common() -> frozenset[str]:
    """The commonest passwords of at least SHORTEST characters, from lists of leaked ones."""
    return frozenset(_COMMON.read_text("utf-8").split())
