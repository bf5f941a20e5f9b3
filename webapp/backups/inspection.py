"""The part of `webapp check` that looks at this machine: room, database, copies, who may read what."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw

from webapp.backups.copies import BackupFailed, check_integrity, connected
from webapp.backups.daily import copies_folder, newest
from webapp.messages import Message, msg, nmsg
from webapp.safety.receipts import Receipts, receipts_path
from webapp.server import secret
from webapp.server.cannot_start import CannotStart
from webapp.server.listening import prepare_folder
from webapp.settings import Settings

MIN_FREE_BYTES = 1_000_000_000
COPY_AGE = timedelta(days=3)
"""A program that runs makes one a day."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `todo` is set when it is wrong."""

    name: Message
    said: Message
    todo: Message | None = None

    @property
    def ok(self) -> bool:
        return self.todo is None


def local_findings(settings: Settings) -> Iterator[Finding]:
    """Look at one thing after another; reads the whole database."""
    yield _disk(settings)
    unusable = _unusable_file(settings)
    if unusable is not None:
        yield unusable
        return
    yield from _database(settings)
    yield _copies(settings)
    if os.name == "posix":
        yield _rights(settings)


def _disk(settings: Settings) -> Finding:
    name = msg("Disk")
    try:
        prepare_folder(settings.data_dir)
        prepare_folder(settings.uploads, "UPLOAD_DIR")
        free = min(
            shutil.disk_usage(folder).free for folder in (settings.data_dir, settings.uploads)
        )
    except CannotStart as error:
        return Finding(name, msg("A folder cannot be written."), error.message)
    said = msg("%(free)s GB free in %(folder)s.", free=f"{free / 1e9:.1f}", folder=settings.uploads)
    if free < MIN_FREE_BYTES:
        return Finding(name, said, msg("Make room: results are saved here. Or set UPLOAD_DIR."))
    return Finding(name, said)


def _unusable_file(settings: Settings) -> Finding | None:
    """The first of the files without which the program does not start that is none of ours."""
    database = settings.sqlite_path()
    files = (
        database,
        database.with_name(database.name + ".lock"),
        receipts_path(settings),
        settings.data_dir / secret.FILE,
    )
    for path in files:
        if path.exists() and not (path.is_file() and os.access(path, os.R_OK | os.W_OK)):
            return Finding(
                msg("Files"),
                msg("%(path)s cannot be read and written.", path=path),
                msg("It must be a file of the user who starts the program: correct its rights."),
            )
    return None


def _database(settings: Settings) -> Iterator[Finding]:
    name, path = msg("Database"), settings.sqlite_path()
    if not path.exists():
        yield _without_database(settings, name)
        return
    try:
        check_integrity(path)
    except BackupFailed as error:
        yield Finding(
            name,
            error.message,
            msg("Stop the server and restore your last backup: webapp restore FILE."),
        )
        return
    yield Finding(name, msg("%(path)s is in order.", path=path))
    if _is_unreviewed(path):
        yield Finding(
            msg("Restored"),
            msg("The database is from a backup, and nobody has looked yet: nothing is submitted."),
            msg("Open /restored in the browser."),
        )


def _without_database(settings: Settings, name: Message) -> Finding:
    if not Receipts(receipts_path(settings), demo=settings.simulated).missed:
        return Finding(name, msg("None yet; the first start makes it."))
    return Finding(
        name,
        msg("%(path)s is missing, and it knew what was paid for.", path=settings.sqlite_path()),
        msg("Put it back, or restore your last backup: webapp restore FILE."),
    )


def _is_unreviewed(path: Path) -> bool:
    try:
        with connected(path) as connection:
            found = connection.execute(
                "SELECT count(*) FROM facts WHERE name IN ('copy', 'restored')"
            ).fetchall()
    except apsw.Error:  # an older version's, without that table
        return False
    return found != [(0,)]


def _copies(settings: Settings) -> Finding:
    name = msg("Copies")
    if settings.simulated:
        return Finding(name, msg("A demo makes none."))
    moment = newest(settings)
    if moment is None:
        return Finding(name, msg("None yet; the program makes one a day while it runs."))
    age = datetime.now(UTC) - moment
    said = msg(
        "The newest is of %(moment)s, in %(folder)s.",
        moment=moment.strftime("%Y-%m-%d %H:%M UTC"),
        folder=copies_folder(settings),
    )
    if age > COPY_AGE:
        return Finding(
            name, said, msg("Start the program; if it runs, look into its log for the reason.")
        )
    return Finding(name, said)


def _rights(settings: Settings) -> Finding:
    """Only the owner may read the key and what the program keeps."""
    name = msg("Rights")
    database = settings.sqlite_path()
    kept = [
        Path(".env"),
        settings.data_dir / secret.FILE,
        # Not the folder itself: in a checkout git made it. All that is in these is the program's.
        *(path for path in settings.uploads.glob("*") if path.is_dir()),
        copies_folder(settings),
        *database.parent.glob(database.name + "*"),
    ]
    open_ones = sorted({str(path) for path in kept if _others_may_read(path)})
    if not open_ones:
        return Finding(name, msg("Nobody else on this machine can read key and data."))
    return Finding(
        name,
        nmsg(
            "Others on this machine can read %(first)s.",
            "Others on this machine can read %(count)s files and folders, such as %(first)s.",
            len(open_ones),
            first=open_ones[0],
        ),
        msg("Take that away: chmod go= %(names)s", names=" ".join(open_ones)),
    )


def _others_may_read(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except OSError:
        return False
