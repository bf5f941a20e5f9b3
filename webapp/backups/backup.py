"""`webapp backup FILE`: a whole and checked copy of the database, also while the server runs, and
with the files where wanted."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import apsw

from webapp.backups.copies import (
    DATABASE_ENTRY,
    FILES_ENTRY,
    SUMS_ENTRY,
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
    is_zip,
    mark_as_copy,
    no_backup,
)
from webapp.messages import msg
from webapp.safety.disk import sync_folder
from webapp.settings import Settings

_SPARE_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written, or looked at. `missing` files are not there, or are not what the database
    says: in the uploads folder for a copy alone, in the zip for one with files."""

    size: int
    held: Contents
    with_files: bool
    missing: tuple[str, ...]


def backup(
    settings: Settings, target: Path, *, with_files: bool = False, thorough: bool = True
) -> Backup:
    """Copy the database, and with `with_files` what it names, to `target`, which must not exist.

    It is made beside `target`, checked, and only then named: what has the name is whole. Only its
    owner may read it. Not `thorough`: the files are compared by size alone. Blocks for as long as
    the files take to be read. Raises BackupFailed.
    """
    source = settings.sqlite_path()
    if not source.is_file():
        raise BackupFailed(
            msg("There is no database at %(path)s yet. Check DATA_DIR.", path=source)
        )
    if os.path.lexists(target):
        raise _exists(target)
    copy = target.with_name(target.name + ".part")
    archive = target.with_name(target.name + ".files.part")
    try:
        _copy(source, copy)
        held = contents(copy)
        if with_files:
            _room_for(held.file_bytes, target.parent)
            missing = _pack(copy, archive, settings.uploads, thorough=thorough)
            _name(archive, target)
        else:
            missing = _missing(copy, settings.uploads, thorough=thorough)
            _name(copy, target)
        return Backup(target.stat().st_size, held, with_files, missing)
    except (OSError, apsw.Error, zipfile.BadZipFile) as error:
        raise _not_written(error) from error
    finally:
        for part in (copy, archive):
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def copy_database(settings: Settings, target: Path) -> None:
    """The database alone, checked, and named when it is whole; its files are not looked for. Blocks.
    Raises BackupFailed."""
    part = target.with_name(target.name + ".part")
    try:
        _copy(settings.sqlite_path(), part)
        _name(part, target)
    except (OSError, apsw.Error) as error:
        raise _not_written(error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def look_at(settings: Settings, source: Path) -> Backup:
    """Check a backup that was made before: whole, ours, and are all files there? Reads every file
    that it names. Raises BackupFailed."""
    with_files = is_zip(source)
    with tempfile.TemporaryDirectory() as folder:
        copy = source
        if with_files:
            copy = Path(folder) / DATABASE_ENTRY
            try:
                extract_database(source, copy)
            except OSError as error:
                raise BackupFailed(
                    msg("%(path)s cannot be read: %(reason)s.", path=source, reason=error)
                ) from error
        check_integrity(copy)
        check_is_ours(copy, source)
        held = contents(copy)
        missing = (
            wrong_entries(copy, source)
            if with_files
            else _missing(copy, settings.uploads, thorough=True)
        )
    return Backup(source.stat().st_size, held, with_files, missing)


def wrong_entries(copy: Path, source: Path) -> tuple[str, ...]:
    """The files that a zip lacks, or has spoiled. Reads all of it. Raises BackupFailed."""
    wrong: list[str] = []
    try:
        with zipfile.ZipFile(source) as archive:
            names = set(archive.namelist())
            for entry in files_of(copy):
                if FILES_ENTRY + entry.name not in names or not _fits(archive, entry):
                    wrong.append(entry.name)
    except zipfile.BadZipFile as error:
        raise no_backup(source) from error
    return tuple(wrong)


def _fits(archive: zipfile.ZipFile, entry: FileEntry) -> bool:
    try:
        with archive.open(FILES_ENTRY + entry.name) as file:
            return digest(cast(BinaryIO, file)) == (entry.size, entry.sha256)
    except zipfile.BadZipFile:
        return False


def _copy(source: Path, copy: Path) -> None:
    """A copy that is whole, and says that it is one."""
    copy.unlink(missing_ok=True)
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    began = datetime.now(UTC)  # what happens while it is made may be in it or not
    with connected(source) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    mark_as_copy(copy, began)
    check_integrity(copy)


def _pack(copy: Path, archive: Path, uploads: Path, *, thorough: bool) -> tuple[str, ...]:
    """The zip, stored without compression, for pictures and films have theirs; returns what is
    missing in it."""
    archive.unlink(missing_ok=True)
    handle = os.open(archive, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    missing: list[str] = []
    with os.fdopen(handle, "w+b") as file, zipfile.ZipFile(file, "w") as made:
        made.write(copy, DATABASE_ENTRY)
        made.writestr(SUMS_ENTRY, "".join(f"{e.sha256}  {e.name}\n" for e in files_of(copy)))
        for entry in files_of(copy):
            if not _add(made, entry, uploads / entry.name):
                missing.append(entry.name)
    if thorough:
        return tuple(sorted({*missing, *wrong_entries(copy, archive)}))
    return tuple(missing)


def _add(made: zipfile.ZipFile, entry: FileEntry, path: Path) -> bool:
    """False when the file is not there, or not what the database says (it is packed all the same)."""
    try:
        file = path.open("rb")
    except OSError:
        return False
    with file, made.open(zipfile.ZipInfo(FILES_ENTRY + entry.name), "w", force_zip64=True) as into:
        return digest(file, cast(BinaryIO, into)) == (entry.size, entry.sha256)


def _missing(copy: Path, uploads: Path, *, thorough: bool) -> tuple[str, ...]:
    return tuple(
        entry.name
        for entry in files_of(copy)
        if differs(uploads / entry.name, entry, thorough=thorough)
    )


def _room_for(size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE_BYTES:
        raise BackupFailed(
            msg(
                "The files need %(needed)s GB and %(folder)s has %(free)s GB free. "
                "Choose another folder.",
                needed=f"{size / 1e9:.1f}",
                free=f"{free / 1e9:.1f}",
                folder=folder,
            )
        )


def _name(part: Path, target: Path) -> None:
    """Give it its name, which nobody else may have taken meanwhile."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    try:
        os.link(part, target)
    except FileExistsError as error:
        raise _exists(target) from error
    except OSError:  # a file system without links
        part.rename(target)
    sync_folder(target.parent)


def _not_written(error: Exception) -> BackupFailed:
    return BackupFailed(
        msg(
            "The backup could not be written (%(reason)s). Check the folder and its free space.",
            reason=error,
        )
    )


def _exists(target: Path) -> BackupFailed:
    return BackupFailed(
        msg("%(path)s exists already. Choose another name; nothing is replaced.", path=target)
    )
