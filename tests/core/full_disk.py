"""A disk that is full when a test says so: SQLite asks it for room, and it has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import apsw


class Disk:
    """Every database that is opened while it is in place lies on it."""

    def __init__(self) -> None:
        self.full = False
        self.refused = 0

    def write(self) -> None:
        if self.full:
            self.refused += 1
            raise apsw.FullError("no room")


@contextmanager
def disk() -> Iterator[Disk]:
    """Put it under SQLite for as long as the block lasts."""
    found = Disk()

    class Files(apsw.VFS):
        def __init__(self) -> None:
            super().__init__("full-disk", "", makedefault=True)

        def xOpen(self, name: Any, flags: list[int]) -> Any:
            return File(name, flags)

    class File(apsw.VFSFile):
        def __init__(self, name: Any, flags: list[int]) -> None:
            super().__init__("unix", name, flags)

        def xWrite(self, data: bytes, offset: int) -> None:
            found.write()
            super().xWrite(data, offset)

    files = Files()
    try:
        yield found
    finally:
        found.full = False
        files.unregister()
