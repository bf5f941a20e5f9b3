"""Copies that the program makes by itself, in DATA_DIR/backups: one a day, and one before the database is
brought up to date for a newer version."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from webapp.backups.backup import copy_database
from webapp.backups.copies import BackupFailed
from webapp.clock import Clock
from webapp.messages import msg
from webapp.server.cannot_start import CannotStart
from webapp.settings import Settings

log = logging.getLogger(__name__)

EVERY = timedelta(hours=24)
KEEP_DAYS = 7
KEEP_WEEKS = 4
KEEP_BEFORE = 4
SPARE_BYTES = 500 * 1024**2
"""Left free beside two more copies: the database and the results need the room more."""

_STAMP = "%Y%m%d-%H%M%S"
_DAILY = re.compile(r"daily-(\d{8}-\d{6})\.db")
_BEFORE = re.compile(r"before-.+-(\d{8}-\d{6})\.db")


def copies_folder(settings: Settings) -> Path:
    """Where the copies are."""
    return settings.data_dir / "backups"


def newest(settings: Settings) -> datetime | None:
    """When the newest copy was made that the program made by itself."""
    made = [moment for moment, _ in _found(copies_folder(settings), _DAILY)]
    made += [moment for moment, _ in _found(copies_folder(settings), _BEFORE)]
    return max(made, default=None)


def copy_before(settings: Settings, migration: str, now: datetime) -> None:
    """A copy of the database as an older version left it. Raises CannotStart when there is none to be
    had: then nothing is to be changed."""
    target = copies_folder(settings) / f"before-{migration}-{now.strftime(_STAMP)}.db"
    try:
        _copy(settings, target)
    except BackupFailed as error:
        raise CannotStart(
            msg(
                "The database is of an older version. Before it is brought up to date a copy is made, "
                "and that failed: %(reason)s Then start again.",
                reason=error.message,
            )
        ) from error
    log.info("the database as it was is kept: %s", target)
    _remove(_found(target.parent, _BEFORE)[KEEP_BEFORE:])


class DailyCopy:
    """Made by the janitor, in its thread. `worth_it`: whether there is anything to lose."""

    def __init__(self, settings: Settings, clock: Clock, worth_it: Callable[[], bool]) -> None:
        self._settings = settings
        self._clock = clock
        self._worth_it = worth_it
        self._folder = copies_folder(settings)

    def make_if_due(self) -> None:
        """A copy when the newest is a day old. A demo has nothing to lose. Without room there is none,
        and the log says so."""
        if self._settings.simulated:
            return
        now = self._clock.now()
        found = _found(self._folder, _DAILY)
        if (found and now - found[0][0] < EVERY) or not self._worth_it():
            return
        try:
            _copy(self._settings, self._folder / f"daily-{now.strftime(_STAMP)}.db")
        except BackupFailed as error:
            log.warning("no copy of the database was made today: %s", error)
            return
        _remove(_superfluous(_found(self._folder, _DAILY)))


def _copy(settings: Settings, target: Path) -> None:
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        size = settings.sqlite_path().stat().st_size
        free = shutil.disk_usage(target.parent).free
    except OSError as error:
        raise BackupFailed(
            msg("%(path)s cannot be used: %(reason)s.", path=target.parent, reason=error.strerror)
        ) from error
    if free < 2 * size + SPARE_BYTES:
        raise BackupFailed(
            msg(
                "There is too little room for a copy in %(folder)s (%(free)s GB free). Make room.",
                folder=target.parent,
                free=f"{free / 1e9:.1f}",
            )
        )
    copy_database(settings, target)


def _found(folder: Path, pattern: re.Pattern[str]) -> list[tuple[datetime, Path]]:
    """The newest first."""
    found = []
    for path in folder.glob("*.db"):
        if match := pattern.fullmatch(path.name):
            moment = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
            found.append((moment, path))
    return sorted(found, reverse=True)


def _superfluous(found: list[tuple[datetime, Path]]) -> list[tuple[datetime, Path]]:
    """What is neither among the newest seven, nor the newest of one of the four weeks before them."""
    newest_of_week: dict[tuple[int, int], Path] = {}
    for moment, path in found[KEEP_DAYS:]:
        newest_of_week.setdefault(moment.isocalendar()[:2], path)
    kept = set(list(newest_of_week.values())[:KEEP_WEEKS])
    return [entry for entry in found[KEEP_DAYS:] if entry[1] not in kept]


def _remove(found: list[tuple[datetime, Path]]) -> None:
    for _, path in found:
        try:
            path.unlink()
        except OSError as error:
            log.warning("%s could not be removed: %s", path, error.strerror)
