"""Files that are whole or not there: written beside their place, then renamed into it."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

PART = ".part"
DISK_FULL = "disk_full"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def part_file(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file in `folder` (made when missing) that is gone afterwards unless `put` took it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid4().hex}{PART}"
    try:
        with path.open("xb") as file:
            yield path, file
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def put(part: Path, file: BinaryIO, final: Path) -> None:
    """Give a part file its name and close it; after this returns, a power cut no longer takes it
    away."""
    file.flush()
    os.fsync(file.fileno())
    file.close()  # Windows renames no file that is open
    part.replace(final)
    sync_folder(final.parent)


def disk_code(error: OSError) -> str:
    """A short word for why a file could not be written."""
    return DISK_FULL if error.errno in _FULL else type(error).__name__


def sweep_parts(folder: Path, *, older_than_s: float = 3600) -> int:
    """Remove what a killed process left half written; returns how many."""
    limit = time.time() - older_than_s
    swept = 0
    for path in list(folder.rglob(f"*{PART}")):
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime < limit:
                path.unlink()
                swept += 1
    return swept


def sync_folder(folder: Path) -> None:
    """Let a power cut not take back what was named or renamed in a folder: that is the folder's own
    data. Windows cannot open folders, and needs it less."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
