"""Why the program does not start, in one line for the person who started it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from webapp.messages import Message, msg
from webapp.redaction import HIDDEN, without_password

_NEVER_SHOWN = frozenset({"runninghub_api_key", "secret_key", "database_url"})
"""Keys, and the address of another database, which may hold a password."""

_LIKE_A_KEY = re.compile(r"[A-Za-z0-9]{24,}")
"""Two settings can be mistaken for one another."""

_MOST_SHOWN = 80


class CannotStart(Exception):
    """`message` is one sentence or two that say what is wrong and what to do about it."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class Unusable(ValueError):
    """What a validator of a setting raises: what the value must be, as a sentence."""

    def __init__(self, wanted: Message) -> None:
        super().__init__(str(wanted))
        self.wanted = wanted


def unusable_setting(error: ValidationError, fields: Mapping[str, FieldInfo]) -> CannotStart:
    """The first setting that cannot be used: its name, its value unless that is secret, and what it
    must be."""
    first = error.errors()[0]
    name = str(first["loc"][0])
    wanted = _wanted(first.get("ctx", {}).get("error"), fields[name])
    if name in _NEVER_SHOWN:
        return CannotStart(
            msg(
                "%(name)s cannot be used. %(wanted)s Correct it in the environment or in the file .env.",
                name=name.upper(),
                wanted=wanted,
            )
        )
    return CannotStart(
        msg(
            "%(name)s cannot be used: it is %(value)s. %(wanted)s Correct it in the environment or in "
            "the file .env.",
            name=name.upper(),
            value=_shown(first["input"]),
            wanted=wanted,
        )
    )


def _wanted(told: object, field: FieldInfo) -> Message:
    if isinstance(told, Unusable):
        return told.wanted
    if get_origin(field.annotation) is Literal:
        return msg(
            "It must be one of these: %(choices)s.", choices=", ".join(get_args(field.annotation))
        )
    bounds = {
        name: getattr(one, name)
        for one in field.metadata
        for name in ("ge", "gt", "le")
        if hasattr(one, name)
    }
    if "ge" in bounds:
        return msg(
            "It must be a whole number from %(least)s to %(most)s.",
            least=bounds["ge"],
            most=bounds["le"],
        )
    return msg(
        "It must be a number above %(above)s, at most %(most)s.",
        above=bounds["gt"],
        most=bounds["le"],
    )


def _shown(value: Any) -> str:
    """In one line, and without what may be a secret."""
    text = _LIKE_A_KEY.sub(HIDDEN, without_password(str(value)))
    return repr(text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…")
