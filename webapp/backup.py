"""`webapp backup FILE`: a whole and checked copy of the database, also while the server runs."""

from __future__ import annotations

from pathlib import Path

import apsw

from webapp.disk import put
from webapp.messages import Message, msg
from webapp.settings import Settings


class BackupFailed(Exception):
    """Why there is no backup, in one sentence that says what to do."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def backup(settings: Settings, target: Path) -> int:
    """Copy the database to `target`, which must not exist; returns its bytes.

    The copy is made beside `target`, checked, and only then renamed: what has the name is whole.
    Uploaded and generated files are not in it. Raises BackupFailed.
    """
    source = settings.sqlite_path()
    if not source.is_file():
        raise BackupFailed(
            msg("There is no database at %(path)s yet. Check DATA_DIR.", path=source)
        )
    if target.exists():
        raise BackupFailed(
            msg("%(path)s exists already. Choose another name; nothing is replaced.", path=target)
        )
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        _copy(source, part)
        check_integrity(part)
        with part.open("rb+") as file:
            put(part, file, target)
    except (OSError, apsw.Error) as error:
        raise BackupFailed(
            msg(
                "The backup could not be written (%(reason)s). Check the folder and its free space.",
                reason=error,
            )
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def check_integrity(path: Path) -> None:
    """SQLite's full check, without writing. Raises BackupFailed when the file is damaged."""
    try:
        connection = _open(path)
        try:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
        finally:
            connection.close()
    except apsw.Error as error:
        found = [str(error)]
    if found != ["ok"]:
        raise BackupFailed(msg("%(path)s is damaged: %(reason)s.", path=path, reason=found[0]))


def _copy(source: Path, part: Path) -> None:
    connection = _open(source)
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
    finally:
        connection.close()


def _open(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(10_000)
    return connection
