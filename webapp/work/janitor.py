"""Once an hour: remove what was deleted long ago, and what broke off. The ledger stays, and is copied
once a day."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from webapp.clock import Clock
from webapp.db import STORAGE_ERRORS
from webapp.safety.disk import sweep_parts
from webapp.safety.failpoints import reached
from webapp.store import missions

log = logging.getLogger(__name__)

EVERY_S = 3600.0
KEEP_DELETED = timedelta(hours=24)


class Janitor:
    """`remove_files` deletes result files and their previews by name; `uploads` is where all files
    are; `copy_if_due` makes the copy of the day."""

    def __init__(
        self,
        clock: Clock,
        remove_files: Callable[[Sequence[str]], None],
        uploads: Path,
        copy_if_due: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._remove_files = remove_files
        self._uploads = uploads
        self._copy_if_due = copy_if_due
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="janitor")

    def start(self) -> None:
        """The first round comes at once."""
        self._thread.start()

    def stop(self) -> None:
        """Blocks until the current mission is done."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._copy_if_due()
                self.sweep()
            except (OSError, *STORAGE_ERRORS) as error:
                log.warning("what is left over could not be removed this time: %s", error)
            except Exception:
                log.exception("what is left over could not be removed this time")
            self._stopping.wait(EVERY_S)

    def sweep(self) -> int:
        """Purge missions that were deleted long enough ago, commit each, and remove half files of
        a process that was killed; returns how many missions."""
        purged = 0
        for mission_id in missions.purgeable(self._clock.now() - KEEP_DELETED):
            if self._stopping.is_set():
                break
            # Rows without files are found again after a kill between the two; files without rows
            # never, and nothing may remove a file only because this database does not name it.
            gone = missions.files_of(mission_id)
            self._remove_files(gone)
            names = missions.purge(mission_id, self._clock.now())
            reached("purge.removed")
            self._remove_files([name for name in names if name not in gone])  # came meanwhile
            purged += 1
        sweep_parts(self._uploads)
        return purged
