"""Sentences for people, kept apart from their language until the moment they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """A translatable sentence: the English text is the key, `params` fill its %(name)s places.

    With `plural` and `count` set, the catalogue chooses the form for `count`.
    """

    text: str
    params: Mapping[str, object] = field(default_factory=dict)
    plural: str | None = None
    count: int = 1

    def __str__(self) -> str:
        """English, for logs and for columns that a program reads."""
        chosen = self.plural if self.plural is not None and self.count != 1 else self.text
        values = {name: str(value) for name, value in self.params.items()}
        return chosen % values if values else chosen


def msg(text: str, /, **params: object) -> Message:
    """Make a translatable sentence. `text` must be a literal: the extractor reads the source."""
    return Message(text, params)


def nmsg(text: str, plural: str, count: int, /, **params: object) -> Message:
    """Make a sentence that changes with a number; %(count)s is filled in."""
    return Message(text, {"count": count, **params}, plural, count)
