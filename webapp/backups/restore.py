"""`webapp restore FILE`: put a backup in the place of the database. What was there is kept.

Safe to be killed at any moment, and to be run again: files come first (more of them do no harm), then
one rename puts the checked copy in place. The copy says of itself that it is one, so the next start
submits nothing until a person has looked (store/facts.py).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import apsw

from webapp.backups.backup import wrong_entries
from webapp.backups.copies import (
    FILES_ENTRY,
    BackupFailed,
    Contents,
    FileEntry,
    check_integrity,
    check_is_ours,
    connected,
    contents,
    differs,
    digest,
    extract_database,
    files_of,
    is_sqlite,
    is_zip,
    mark_as_copy,
)
from webapp.messages import msg
from webapp.safety.disk import part_file, put, sync_folder
from webapp.safety.lock import ManagerLock
from webapp.settings import Settings

_SIDE_FILES = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in place now. `kept` is where the database before is; `missing` are files that the
    database names and the uploads folder lacks."""

    held: Contents
    kept: Path | None
    files_written: int
    missing: tuple[str, ...]


def restore(settings: Settings, source: Path) -> Restored:
    """Check a backup and put it in place. Raises BackupFailed, before anything was changed, when a
    server uses the database or the file is no backup. Blocks for as long as the files take."""
    target = settings.sqlite_path().resolve()
    if source.resolve() == target:
        raise BackupFailed(msg("%(path)s is the database itself, not a backup.", path=source))
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = ManagerLock(target)
        if not lock.acquire():
            raise _in_use()
        try:
            return _restore(settings, source, target)
        finally:
            lock.release()
    except (OSError, apsw.Error, zipfile.BadZipFile) as error:
        raise BackupFailed(
            msg(
                "The backup could not be restored (%(reason)s). The database that was there is "
                "still in place, or beside it with “before-restore” in its name.",
                reason=error,
            )
        ) from error


def _restore(settings: Settings, source: Path, target: Path) -> Restored:
    staged = target.with_name(target.name + ".restoring")
    try:
        _stage(source, staged)
        held = contents(staged)
        written = _files(source, staged, settings.uploads)
        missing = tuple(
            entry.name
            for entry in files_of(staged)
            if differs(settings.uploads / entry.name, entry, thorough=False)
        )
        kept = _swap(staged, target)
    finally:
        for name in (staged, *(_beside(staged, side) for side in _SIDE_FILES)):
            with contextlib.suppress(OSError):
                name.unlink(missing_ok=True)
    return Restored(held, kept, written, missing)


def _stage(source: Path, staged: Path) -> None:
    """The copy beside its place: whole, ours, and saying that it is a copy."""
    staged.unlink(missing_ok=True)
    os.close(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    extract_database(source, staged)
    check_integrity(staged)
    check_is_ours(staged, source)
    mark_as_copy(staged)
    with connected(staged, write=True) as connection:
        connection.execute("PRAGMA journal_mode = delete")
    with staged.open("rb+") as file:
        os.fsync(file.fileno())


# Files


def _files(source: Path, staged: Path, uploads: Path) -> int:
    """Write the files of a zip that are not there yet; returns how many. One that is there and is
    another is renamed, not replaced."""
    if not is_zip(source):
        return 0
    spoiled = set(wrong_entries(staged, source))
    written = 0
    with zipfile.ZipFile(source) as archive:
        for entry in files_of(staged):
            if entry.name in spoiled or not differs(uploads / entry.name, entry, thorough=True):
                continue
            _write(archive, entry, uploads / entry.name)
            written += 1
    return written


def _write(archive: zipfile.ZipFile, entry: FileEntry, path: Path) -> None:
    with (
        archive.open(FILES_ENTRY + entry.name) as given,
        part_file(path.parent) as (part, file),
    ):
        digest(cast(BinaryIO, given), file)
        if os.path.lexists(path):
            path.rename(_kept_name(path))
        put(part, file, path)


# The database


def _swap(staged: Path, target: Path) -> Path | None:
    """Keep what is there under another name, then take its place in one rename. Returns that name."""
    kept: Path | None = None
    if target.exists():
        kept = _kept_name(target)
        _settle(target, kept)
        _second_name(target, kept)
        sync_folder(target.parent)
    staged.replace(target)
    sync_folder(target.parent)
    return kept


def _settle(target: Path, kept: Path) -> None:
    """Take the write-ahead log into the database, so that it is one file. Raises BackupFailed while
    somebody has it open. One that is damaged keeps its log beside it, under its new name."""
    if is_sqlite(target):  # else SQLite would throw the log away
        _take_log_in(target)
    for side in _SIDE_FILES:
        with contextlib.suppress(FileNotFoundError):
            _beside(target, side).rename(_beside(kept, side))


def _take_log_in(target: Path) -> None:
    try:
        with connected(target, write=True) as connection:
            connection.set_busy_timeout(1000)
            connection.execute("PRAGMA journal_mode = delete").fetchall()
    except (apsw.BusyError, apsw.LockedError) as error:
        raise _in_use() from error
    except apsw.Error:  # damaged
        pass


def _second_name(target: Path, kept: Path) -> None:
    """A second name instead of a rename: at no moment is there no database, for a server that is
    started then would make an empty one."""
    try:
        os.link(target, kept)
    except OSError:  # a file system without links
        shutil.copy2(target, kept)


def _kept_name(path: Path) -> Path:
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    return path.with_name(f"{path.stem}.before-restore-{now}{path.suffix}")


def _beside(path: Path, side: str) -> Path:
    return path.with_name(path.name + side)


def _in_use() -> BackupFailed:
    return BackupFailed(
        msg("A server uses this database. Stop it first, then restore. Nothing was changed.")
    )
