"""One manager per database: a lock file beside it, held as long as the process lives."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout


class ManagerLock:
    """The operating system lets go of it when the process dies, however it dies."""

    def __init__(self, beside: Path) -> None:
        beside = beside.resolve()  # a database has one lock, by whatever name it is opened
        self._lock = FileLock(beside.with_name(beside.name + ".lock"), thread_local=False)

    def acquire(self) -> bool:
        """False when another process has it; never waits."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def release(self) -> None:
        """Let the next process have it."""
        self._lock.release()
