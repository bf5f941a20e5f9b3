"""Secrets that open an account: made here, and only their SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_PREFIX = "rhm_"
"""In front of a program's token, so that scanners of leaked secrets, and people, know what it is."""
HINT_CHARACTERS = 4
_LONGEST = 200


def new_secret() -> str:
    """256 random bits, as a word that a link or a cookie can carry."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """A program's token."""
    return TOKEN_PREFIX + new_secret()


def digest(secret: str) -> str:
    """What is stored. No salt: nobody guesses 256 random bits. What is too long for one of ours, and
    comes from outside, is cut first."""
    return hashlib.sha256(secret[:_LONGEST].encode("utf-8", "replace")).hexdigest()
