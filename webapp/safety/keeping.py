"""Steps that must not be forgotten, and steps that must not end their thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from webapp.db import LASTING_ERRORS, STORAGE_ERRORS, trouble_of
from webapp.safety.receipts import Receipt, Receipts
from webapp.safety.storage import Storage
from webapp.work.backoff import backoff_s

log = logging.getLogger(__name__)

T = TypeVar("T")


class GaveUp(Exception):
    """The program stops while the database does not answer, or the database is lost."""


class Keeper:
    """Writes things down however long it takes. While one step cannot be written, `storage` says so,
    and nothing new is begun. `stopping` is set once, when the program stops."""

    def __init__(self, storage: Storage, receipts: Receipts) -> None:
        self.storage = storage
        self.receipts = receipts
        self.stopping = threading.Event()
        self.retries = 0  #: how often anything had to be written again; only ever grows

    def persist(self, step: Callable[[], T]) -> T:
        """Repeat a storage step until it is on disk: what the provider said must not be forgotten.

        Raises GaveUp when the program stops (what was not written is then found at the next start)
        or when the database is lost, and what no repetition cures.
        """
        return self._persist(step, lambda: None)

    def persist_accepted(self, receipt: Receipt, step: Callable[[], T]) -> T:
        """The same for an accepted submit: what was paid for is on disk at once, if not in the
        database then as a receipt, which is dropped when the database has it."""
        found = self._persist(step, lambda: self._note(receipt))
        self.receipts.drop(receipt.attempt_id)
        return found

    def before_post(self) -> None:
        """Something may be paid for from now on: a database that is missing later is then missed."""
        try:
            self.receipts.mark_paid()
        except OSError as error:
            log.warning("the file of receipts cannot be written: %s", error)

    def _note(self, receipt: Receipt) -> None:
        try:
            self.receipts.keep(receipt)
        except OSError as error:
            # The last trace of what may be paid: with the id, a person can attach the task.
            log.error("not even a receipt could be written (%s): %r", error, receipt)
        else:
            log.error("kept as a receipt until the database takes it: %r", receipt)

    def _persist(self, step: Callable[[], T], in_trouble: Callable[[], None]) -> T:
        step_id = object()
        tries = 0
        try:
            while True:
                try:
                    if self.storage.lasting is not None:
                        in_trouble()
                        raise GaveUp
                    return step()
                except LASTING_ERRORS:
                    raise
                except STORAGE_ERRORS as error:
                    if not tries:
                        in_trouble()
                    self.storage.fails(step_id, trouble_of(error))
                    if self.stopping.is_set() and tries >= 3:
                        raise GaveUp from error
                    self.retries += 1
                    log.error("could not write to the database, trying again: %s", error)
                    self.stopping.wait(backoff_s(tries, 0.2, 10))
                    tries += 1
        finally:
            self.storage.works(step_id)


def guarded(step: Callable[..., None], *args: object) -> None:
    """A pool swallows exceptions; ours end in the log."""
    try:
        step(*args)
    except GaveUp:
        log.warning("a step was left to the next start")
    except Exception:
        log.exception("a step failed")
