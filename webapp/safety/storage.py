"""Whether what must be written can be written just now, and in whose words a person is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum

from webapp.errors import AppError
from webapp.messages import Message, msg


class Trouble(StrEnum):
    """What is the matter, the worst first."""

    GONE = "gone"  #: the database's file is not where it was
    DAMAGED = "damaged"  #: SQLite cannot make sense of it
    FULL = "full"  #: no room on the disk
    LOCKED = "locked"  #: another program writes, and does not come to an end
    OTHER = "other"  #: the disk refuses


LASTING = frozenset({Trouble.GONE, Trouble.DAMAGED})
"""Those that only a person cures: until the program is started again nothing is shown or submitted."""

FILES = "files"
"""Who fails when results cannot be stored."""

BANNERS: dict[Trouble, tuple[Message, Message]] = {
    Trouble.FULL: (
        msg("The disk is full"),
        msg(
            "Nothing new is submitted, and nothing is lost: what was paid for is noted in a file that "
            "has its room reserved. Make room on the disk; the program then goes on by itself."
        ),
    ),
    Trouble.LOCKED: (
        msg("Another program holds the database"),
        msg(
            "Nothing new is submitted until it lets go. Close the other program; this one then goes "
            "on by itself."
        ),
    ),
    Trouble.OTHER: (
        msg("The database cannot be written"),
        msg(
            "Nothing new is submitted, and nothing is lost. Check the disk and the rights of the data "
            "folder; the program then goes on by itself."
        ),
    ),
}
"""Title and advice of what passes: shown on top of every page."""

CLOSED: dict[Trouble, tuple[Message, Message]] = {
    Trouble.GONE: (
        msg("The database is missing"),
        msg(
            "This program has made generations before, and the file that says which is not in its "
            "place. Nothing is submitted, so that nothing is paid for twice."
        ),
    ),
    Trouble.DAMAGED: (
        msg("The database is damaged"),
        msg(
            "The file of the database cannot be read as a whole. Nothing is submitted and nothing is "
            "written, for every write could make it worse."
        ),
    ),
}
"""Title and explanation of what lasts: the only page that is shown then."""


class Closed(AppError):
    """There is no database to work with. The answer to everything until a person has acted."""

    status = 503

    def __init__(self, trouble: Trouble) -> None:
        title, _ = CLOSED[trouble]
        super().__init__(
            msg(
                "%(title)s. Nothing is submitted. Put the file back or restore a backup, then start "
                "the program again.",
                title=title,
            )
        )
        self.trouble = trouble


class Storage:
    """Who cannot write just now, and why. Any thread; each call is cheap.

    `on_relief` is called, outside of any lock, when the last trouble is over.
    """

    def __init__(self, lasting: Trouble | None = None) -> None:
        self.on_relief: Callable[[], None] = lambda: None
        self._lasting = lasting
        self._failing: dict[object, Trouble] = {}
        self._lock = threading.Lock()

    @property
    def trouble(self) -> Trouble | None:
        """The worst trouble of all; None while everything can be written."""
        if self._lasting is not None:
            return self._lasting
        if not self._failing:
            return None
        with self._lock:
            return min(self._failing.values(), key=list(Trouble).index, default=None)

    @property
    def lasting(self) -> Trouble | None:
        """Set when only a person can help."""
        return self._lasting

    def fails(self, who: object, trouble: Trouble) -> None:
        """`who` (a step that repeats itself, or a part of the program) could not write."""
        with self._lock:
            if trouble in LASTING:
                self._lasting = self._lasting or trouble
            else:
                self._failing[who] = trouble

    def works(self, who: object) -> None:
        """`who` has written, or gives up."""
        if who not in self._failing:
            return
        with self._lock:
            self._failing.pop(who, None)
            relieved = not self._failing
        if relieved:
            self.on_relief()

    def is_failing(self, who: object) -> bool:
        """Whether `who` has told of trouble."""
        return who in self._failing

    def others_fail(self, who: object) -> bool:
        """Whether anybody but `who` has trouble, or the database is lost."""
        if self._lasting is not None:
            return True
        with self._lock:
            return bool(self._failing.keys() - {who})
