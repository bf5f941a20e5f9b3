"""A file of JSON lines that outlives its process: appended to, and rewritten at each start."""

import contextlib
import json
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

log = logging.getLogger(__name__)


class Journal:
    """Lines are handed to the operating system one by one, so that a killed process loses none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def read(self) -> Iterator[dict[str, Any]]:
        """The lines of the file, oldest first; one that was cut short by a power cut is left out."""
        if not self._path.exists():
            return
        with self._path.open(encoding="utf-8", errors="replace") as file:
            for number, text in enumerate(file, start=1):
                try:
                    line = json.loads(text)
                except ValueError:
                    log.warning("line %s of %s cannot be read", number, self._path.name)
                    continue
                if isinstance(line, dict):
                    yield line

    def rewrite(self, lines: Iterable[dict[str, Any]]) -> None:
        """Put `lines` in the place of all others, whole or not at all, and stay open. OSError."""
        self.close()
        fresh = self._path.with_suffix(".part")
        with fresh.open("w", encoding="utf-8") as file:
            for line in lines:
                file.write(_text(line))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def append(self, line: dict[str, Any]) -> None:
        """One more line. A full disk stops the writing, never the simulator."""
        if self._file is None:
            return
        try:
            self._file.write(_text(line))
            self._file.flush()
        except OSError as error:
            log.warning("the simulator will not remember what comes now: %s", error)
            self.close()

    def close(self) -> None:
        """Nothing is written any more."""
        file, self._file = self._file, None
        if file is not None:
            # What could not be written is still in the buffer, and closing tries again.
            with contextlib.suppress(OSError):
                file.close()


def _text(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
