"""The few attempts in flight among the many that ended long ago."""

from __future__ import annotations

from peewee import SQL, Expression

from webapp.models import Attempt
from webapp.states import LIVE_ATTEMPTS

_WORDS = SQL("({})".format(", ".join(f"'{state.value}'" for state in LIVE_ATTEMPTS)))


def is_live() -> Expression:
    """Say it beside any narrower condition: the index of the live attempts is used only by queries
    that name all of its states, as text; with bound values SQLite reads every attempt ever made."""
    return Attempt.state << _WORDS
