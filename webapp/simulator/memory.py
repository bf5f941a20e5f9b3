"""What a simulator remembers over a restart, in a folder of its own."""

import contextlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from webapp.simulator.journal import Journal
from webapp.simulator.lines import content_file, task_line, task_of, upload_line, upload_of
from webapp.simulator.tasks import Task
from webapp.simulator.uploads import Upload

log = logging.getLogger(__name__)

KEPT_S = 48 * 3600.0
"""Older tasks are forgotten at a start: their links are long dead."""


@dataclass(slots=True)
class Remembered:
    """What was found in the folder; times are the simulator's, so the wall's plus `ahead_s`."""

    url: str = ""  #: where the simulator before was reached
    port: int = 0  #: that of `url`
    ahead_s: float = 0.0
    tasks: dict[str, Task] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)


class Memory:
    """One folder, held by one simulator at a time; callers see to it that calls do not overlap."""

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self._lock = lock
        self._journal = Journal(folder / "journal.jsonl")
        self.uploads_folder = folder / "uploads"
        self.uploads_folder.mkdir(exist_ok=True)
        self._url = ""
        self._ahead_s = 0.0

    @classmethod
    def hold(cls, folder: Path) -> "Memory | None":
        """Take the folder; None when another simulator has it or it cannot be used."""
        lock = FileLock(folder / "lock", thread_local=False)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
            return cls(folder, lock)
        except (Timeout, OSError) as error:
            log.warning("this simulator forgets everything at its end: %s", error)
            lock.release()
            return None

    def recall(self) -> Remembered:
        """Everything that was written down."""
        found = Remembered()
        for line in self._journal.read():
            with contextlib.suppress(KeyError, TypeError, ValueError):
                self._recall_line(found, line)
        return found

    def _recall_line(self, found: Remembered, line: dict[str, Any]) -> None:
        if "task_id" in line:
            task = task_of(line)
            found.tasks[task.task_id] = task
        elif "upload" in line:
            upload = upload_of(line, self.uploads_folder)
            found.uploads[upload.name] = upload
        elif "ahead_s" in line:
            found.ahead_s = float(line["ahead_s"])
        elif "url" in line:
            found.port = urlsplit(str(line["url"])).port or 0
            found.url = str(line["url"])

    def begin(
        self, url: str, ahead_s: float, tasks: Iterable[Task], uploads: Iterable[Upload]
    ) -> None:
        """Keep these and forget all others; from now on what comes is written down. OSError."""
        kept = list(uploads)
        self._url, self._ahead_s = url, ahead_s

        def lines() -> Iterator[dict[str, Any]]:
            yield {"url": url}
            yield {"ahead_s": ahead_s}
            yield from map(upload_line, kept)
            yield from map(task_line, tasks)

        self._journal.rewrite(lines())
        self._remove_files_but({content_file(upload.name) for upload in kept})

    def forget(self) -> None:
        """Keep nothing but the address and the time."""
        try:
            self.begin(self._url, self._ahead_s, (), ())
        except OSError as error:
            log.warning("the simulator could not forget what was before: %s", error)

    def add_task(self, task: Task) -> None:
        """A new task, or one whose end has moved."""
        self._journal.append(task_line(task))

    def add_upload(self, upload: Upload) -> None:
        self._journal.append(upload_line(upload))

    def set_ahead(self, ahead_s: float) -> None:
        """The clock was pushed."""
        self._ahead_s = ahead_s
        self._journal.append({"ahead_s": ahead_s})

    def close(self) -> None:
        """Let another simulator have the folder."""
        self._journal.close()
        self._lock.release()

    def _remove_files_but(self, names: set[str]) -> None:
        for path in self.uploads_folder.iterdir():
            if path.name not in names:
                with contextlib.suppress(OSError):
                    path.unlink()
