"""What a backup is: a copy of the database, alone or in a zip with the files that it names.

The copy is its own manifest: its rows name every file of ours with size and SHA-256. It also carries
the fact that it is a copy, so that whoever starts on it is asked to look before anything is sent
(store/facts.py). SQLite is used directly here: no copy is ever opened as the program's database.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import apsw

from webapp.messages import Message, msg

DATABASE_ENTRY = "missions.db"
FILES_ENTRY = "uploads/"
SUMS_ENTRY = "uploads.sha256"
"""For people: `sha256sum -c ../uploads.sha256` in the folder `uploads` of the unpacked zip."""

CHUNK = 1024 * 1024
_SQLITE_MAGIC = b"SQLite format 3\0"
_ZIP_MAGIC = b"PK"
_TABLES = {"api_missions", "api_mission_items", "attempts", "results", "images", "events"}
_MIGRATIONS = Path(__file__).parents[1] / "migrations"

_KEPT = " WHERE deleted_at IS NULL"
_FILES_SQL = """
    SELECT 'references/' || filename, size, sha256 FROM images
    UNION ALL
    SELECT 'results/' || filename, size, sha256 FROM results
    WHERE filename IS NOT NULL AND file_state = 'saved' AND sha256 IS NOT NULL
"""

# A name with a stroke in it would lead out of its folder, also when a mission is downloaded later.
_ODD_NAMES_SQL = """
    SELECT count(*) FROM (
        SELECT filename FROM images UNION ALL
        SELECT filename FROM results WHERE filename IS NOT NULL
    )
    WHERE filename GLOB '*[^0-9a-z_.]*' OR filename NOT GLOB '[0-9a-z_]*.[0-9a-z]*'
"""


class BackupFailed(Exception):
    """Why it did not work, in one sentence that says what to do."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file that a database names; `name` is below the uploads folder."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a copy holds. `made_at` is None where the copy does not say."""

    made_at: datetime | None
    missions: int
    items: int
    files: int
    file_bytes: int


def connect(path: Path, *, write: bool = False) -> apsw.Connection:
    """Open a database file that must exist. The caller closes it."""
    flags = apsw.SQLITE_OPEN_READWRITE if write else apsw.SQLITE_OPEN_READONLY
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(10_000)
    return connection


@contextmanager
def connected(path: Path, *, write: bool = False) -> Iterator[apsw.Connection]:
    """Like `connect`, and closed at the end."""
    connection = connect(path, write=write)
    try:
        yield connection
    finally:
        connection.close()


def check_integrity(path: Path) -> None:
    """SQLite's full check, without writing. Raises BackupFailed when the file is damaged."""
    try:
        with connected(path) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
    except apsw.Error as error:
        found = [str(error)]
    if found != ["ok"]:
        raise BackupFailed(msg("%(path)s is damaged: %(reason)s.", path=path, reason=found[0]))


def is_sqlite(path: Path) -> bool:
    """Whether a file begins as SQLite's do."""
    return _start(path) == _SQLITE_MAGIC


def is_zip(source: Path) -> bool:
    """Whether a backup holds the files too. Raises BackupFailed for a file that is no backup."""
    try:
        start = _start(source)
    except OSError as error:
        raise BackupFailed(
            msg("%(path)s cannot be read: %(reason)s.", path=source, reason=error.strerror or error)
        ) from error
    if start.startswith(_ZIP_MAGIC):
        return True
    if start != _SQLITE_MAGIC:
        raise no_backup(source)
    return False


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_MAGIC))


def no_backup(source: Path) -> BackupFailed:
    """The file is something else."""
    return BackupFailed(
        msg("%(path)s is no backup of this program. Nothing was changed.", path=source)
    )


def check_is_ours(copy: Path, source: Path) -> None:
    """Raises BackupFailed for another program's database, for one that names files as we never do, and
    for one that is newer than we are."""
    try:
        with connected(copy) as connection:
            tables = {
                row[0]
                for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            applied = (
                {row[0] for row in connection.execute("SELECT name FROM schema_migration")}
                if "schema_migration" in tables
                else set()
            )
    except apsw.Error as error:
        raise no_backup(source) from error
    if not tables >= _TABLES or _names_odd_files(copy):
        raise no_backup(source)
    if applied - {path.stem for path in _MIGRATIONS.glob("*.py")}:
        raise BackupFailed(
            msg(
                "%(path)s was made by a newer version of this program. Install that version first.",
                path=source,
            )
        )


def _names_odd_files(copy: Path) -> bool:
    with connected(copy) as connection:
        return _number(connection, _ODD_NAMES_SQL) > 0


def mark_as_copy(copy: Path, made_at: datetime | None = None) -> None:
    """Write into a copy that it is one. A copy that says so already keeps its own time."""
    with connected(copy, write=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS facts ("
            "name VARCHAR(64) NOT NULL PRIMARY KEY, value TEXT NOT NULL, at DATETIME NOT NULL)"
        )
        found = connection.execute("SELECT max(at) FROM events").fetchone()
        moment = made_at or _moment(found[0] if found else None) or datetime.now(UTC)
        value = json.dumps({"copied_at": moment.isoformat()})
        at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute(
            "INSERT OR IGNORE INTO facts (name, value, at) VALUES ('copy', ?, ?)", (value, at)
        )


def contents(copy: Path) -> Contents:
    """Look into a copy."""
    with connected(copy) as connection:
        missions = _number(connection, "SELECT count(*) FROM api_missions" + _KEPT)
        items = _number(connection, "SELECT sum(total_count) FROM api_missions" + _KEPT)
        files = _number(connection, f"SELECT count(*) FROM ({_FILES_SQL})")
        size = _number(connection, f"SELECT sum(size) FROM ({_FILES_SQL})")
        return Contents(_made_at(connection), missions, items, files, size)


def files_of(copy: Path) -> Iterator[FileEntry]:
    """Every file that a copy names; `check_is_ours` has looked at the names."""
    with connected(copy) as connection:
        for name, size, sha256 in connection.execute(_FILES_SQL):
            yield FileEntry(str(name), size, sha256)


def extract_database(source: Path, target: Path) -> None:
    """Put a backup's database into `target`, which is replaced. Raises BackupFailed."""
    try:
        with target.open("wb") as file:
            if not is_zip(source):
                with source.open("rb") as given:
                    shutil.copyfileobj(given, file, CHUNK)
                return
            with zipfile.ZipFile(source) as archive, archive.open(DATABASE_ENTRY) as entry:
                shutil.copyfileobj(entry, file, CHUNK)
    except (zipfile.BadZipFile, KeyError) as error:
        raise no_backup(source) from error


def digest(file: BinaryIO, into: BinaryIO | None = None) -> tuple[int, str]:
    """Size and SHA-256 of a stream, which is written to `into` on the way; in constant memory."""
    found, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        found.update(chunk)
        size += len(chunk)
        if into is not None:
            into.write(chunk)
    return size, found.hexdigest()


def differs(path: Path, entry: FileEntry, *, thorough: bool) -> bool:
    """Whether the file is missing or not what the copy says; `thorough` reads all of it."""
    try:
        if path.is_symlink() or path.stat().st_size != entry.size:
            return True
        if not thorough:
            return False
        with path.open("rb") as file:
            return digest(file)[1] != entry.sha256
    except OSError:
        return True


def _number(connection: apsw.Connection, question: str) -> int:
    [(found,)] = connection.execute(question).fetchall()
    return int(found or 0)


def _made_at(connection: apsw.Connection) -> datetime | None:
    exists = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone()
    if not exists:
        return None
    found = connection.execute("SELECT value FROM facts WHERE name = 'copy'").fetchone()
    return _moment(json.loads(cast(str, found[0]))["copied_at"]) if found else None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
