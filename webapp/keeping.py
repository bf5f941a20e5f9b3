"""Steps that must not be forgotten, and steps that must not end their thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from webapp.backoff import backoff_s
from webapp.db import LASTING_ERRORS, STORAGE_ERRORS

log = logging.getLogger(__name__)

T = TypeVar("T")


class GaveUp(Exception):
    """The program stops while the database does not answer."""


class Keeper:
    """Writes things down however long it takes."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self.retries = 0  #: how often anything had to be written again; only ever grows

    def persist(self, step: Callable[[], T]) -> T:
        """Repeat a storage step until it is on disk: what the provider said must not be forgotten.

        Raises GaveUp when the program stops (what was not written is then found at the next start),
        and what no repetition cures.
        """
        tries = 0
        while True:
            try:
                return step()
            except LASTING_ERRORS:
                raise
            except STORAGE_ERRORS as error:
                if self._stopping.is_set() and tries >= 3:
                    raise GaveUp from error
                self.retries += 1
                log.error("could not write to the database, trying again: %s", error)
                self._stopping.wait(backoff_s(tries, 0.2, 10))
                tries += 1


def guarded(step: Callable[..., None], *args: object) -> None:
    """A pool swallows exceptions; ours end in the log."""
    try:
        step(*args)
    except Exception:
        log.exception("a step failed")
