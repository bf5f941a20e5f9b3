"""The pool that takes results home. It has nothing to do with slots: a slot is free the moment the
remote task has ended."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from webapp.clock import Clock
from webapp.db import STORAGE_ERRORS
from webapp.store import results

log = logging.getLogger(__name__)

THREADS = 4
IDLE_S = 5.0
REST_S = 10.0
"""A file whose fate could not be written down is left alone for so long."""


class Downloads:
    """One thread that looks for files that are due, and a few that fetch them.

    `fetch` downloads one result by its id and writes down how that went. `look_for_room` is called
    every few seconds: a full disk is noticed when it has room again.
    """

    def __init__(
        self, clock: Clock, fetch: Callable[[int], None], look_for_room: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._fetch = fetch
        self._look_for_room = look_for_room
        self._changed = threading.Condition()
        self._stopping = False
        self._wanted = True
        self._busy: set[int] = set()
        self._resting: dict[int, float] = {}
        self._pool = ThreadPoolExecutor(THREADS, "download")
        self._thread = threading.Thread(target=self._run, name="downloads")

    def start(self) -> None:
        """Begin with what an earlier process left."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; blocks until the current files are done or given up (see ResultFiles.stop)."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wake(self) -> None:
        """There may be files to fetch. Cheap, from any thread."""
        with self._changed:
            self._wanted = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            next_at = self._hand_out()
            with self._changed:
                if self._stopping:
                    return
                if not self._wanted:
                    self._changed.wait(self._sleep_s(next_at))
                self._wanted = False

    def _sleep_s(self, next_at: datetime | None) -> float:
        if next_at is None:
            return IDLE_S
        return min(IDLE_S, max(0.05, (next_at - self._clock.now()).total_seconds()))

    def _hand_out(self) -> datetime | None:
        """Give the pool what is due; returns when the next file becomes due by itself."""
        now = self._clock.monotonic()
        with self._changed:
            self._resting = {file: end for file, end in self._resting.items() if end > now}
            without = self._busy | self._resting.keys()
            room = 2 * THREADS - len(self._busy)
        if room <= 0:
            return None
        try:
            self._look_for_room()
            due = results.files_due(self._clock.now(), limit=room, without=without)
            # With something to do, the end of that wakes us.
            next_at = None if due else results.next_file_due(self._clock.now())
        except STORAGE_ERRORS as error:
            log.error("the database does not answer, files wait: %s", error)
            return None
        except Exception:
            # Without this thread no file comes any more, so nothing may end it.
            log.exception("looking for files failed")
            return None
        for result_id in due:
            with self._changed:
                self._busy.add(result_id)
            self._pool.submit(self._guarded, result_id)
        return next_at

    def _guarded(self, result_id: int) -> None:
        rest = True
        try:
            self._fetch(result_id)
            rest = False
        except STORAGE_ERRORS as error:
            log.error("a file's state could not be written, trying again: %s", error)
        except Exception:
            log.exception("a download failed")
        finally:
            with self._changed:
                self._busy.discard(result_id)
                if rest:
                    self._resting[result_id] = self._clock.monotonic() + REST_S
                self._wanted = True
                self._changed.notify()
