"""The database at a start, and for a command beside the server: is it there, whole, of this version,
and are we alone with it?"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from webapp.backups.daily import copy_before
from webapp.clock import Clock, SystemClock
from webapp.db import (
    DRIVER_ERRORS,
    LASTING_ERRORS,
    STORAGE_ERRORS,
    DamagedDatabase,
    close_idle,
    integrity_ok,
    open_database,
    trouble_of,
)
from webapp.errors import AppError, Unavailable
from webapp.messages import Message, msg
from webapp.migrate import migrate, older_version, pending
from webapp.safety.keeping import Keeper
from webapp.safety.lock import ManagerLock
from webapp.safety.receipts import Receipts, receipts_path
from webapp.safety.storage import CLOSED, LASTING, Closed, Storage, Trouble
from webapp.server.cannot_start import CannotStart
from webapp.settings import Settings
from webapp.store import facts
from webapp.store.users import any_users

log = logging.getLogger(__name__)


@contextmanager
def one_line() -> Iterator[None]:
    """Around the steps of a start: what disk and database refuse becomes CannotStart, which says what to
    do. Use it as a decorator too."""
    try:
        yield
    except (OSError, *STORAGE_ERRORS) as error:
        said = _refused(error)
        if said is None:
            raise
        raise CannotStart(said) from error


def _refused(error: Exception) -> Message | None:
    """None for what is no fault of the disk or its database."""
    trouble = trouble_of(error)
    if trouble is Trouble.FULL or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return msg("The disk is full. Make room on the disk of the data folder, then start again.")
    if trouble is Trouble.LOCKED:
        return msg("Another program holds the database. Close it, then start again.")
    if isinstance(error, OSError):
        if error.filename is None:
            return None
        return msg(
            "%(path)s cannot be used (%(reason)s). It must be a file that the user who starts the "
            "program may read and write. Correct that, then start again.",
            path=error.filename,
            reason=error.strerror,
        )
    return msg(
        "The database cannot be used (%(reason)s). Check the disk and the rights of the data folder, "
        "then start again.",
        reason=error,
    )


@one_line()
def open_or_say_why(settings: Settings) -> Trouble | None:
    """Open the database; returns why there is none to work with. Raises CannotStart."""
    if not settings.sqlite_path().exists() and _receipts(settings).missed:
        return Trouble.GONE
    try:
        open_database(settings)
    except DamagedDatabase:
        return Trouble.DAMAGED
    return None


def what_to_tell(storage: Storage, error: Exception) -> AppError | None:
    """What a person hears of an error of the database; None for an error of ours."""
    if isinstance(error, LASTING_ERRORS) or not isinstance(error, DRIVER_ERRORS):
        return None
    trouble = trouble_of(error)
    if trouble in LASTING:
        storage.fails("page", trouble)
        return Closed(trouble)
    if trouble is Trouble.FULL:
        return Unavailable(msg("The disk is full: this was not saved. Make room and try again."))
    return Unavailable(msg("The database does not answer. Please try again in a moment."))


@contextmanager
def open_for_command(settings: Settings) -> Iterator[None]:
    """The database for a command that runs beside a server, or before the first one. Raises CannotStart,
    and storage errors."""
    lasting = open_or_say_why(settings)
    if lasting is not None:
        raise CannotStart(Closed(lasting).message)
    try:
        _bring_up_to_date_alone(settings)
        yield
    finally:
        close_idle()


@one_line()
def _bring_up_to_date_alone(settings: Settings) -> None:
    if not pending():
        return
    lock = ManagerLock(settings.sqlite_path())
    if not lock.acquire():
        raise _older_version()
    try:
        _bring_up_to_date(settings, SystemClock())
    finally:
        lock.release()


@one_line()
def accounts_exist(settings: Settings) -> bool:
    """Whether the database that the settings name has accounts; no where there is none. Of one that
    is damaged or missed nobody knows, and nothing but that is told to anybody: so yes. Changes
    nothing. Raises CannotStart when it cannot be opened."""
    if not settings.sqlite_path().is_file():
        return _receipts(settings).missed
    try:
        open_database(settings)
        return any_users()
    except DamagedDatabase:
        return True
    except DRIVER_ERRORS as error:
        trouble = trouble_of(error)
        if trouble in (Trouble.FULL, Trouble.LOCKED):
            raise
        return trouble is Trouble.DAMAGED  # else a table that an older version did not have
    finally:
        close_idle()


def may_manage(settings: Settings, clock: Clock, storage: Storage, stack: ExitStack) -> bool:
    """Whether this process may submit: it is alone with the database, and the database is sound. Brings
    it up to date then, and keeps the lock until `stack` closes. Raises CannotStart."""
    if storage.lasting is not None:
        log.error("%s: nothing is submitted. Restore a backup", CLOSED[storage.lasting][0])
        return False
    lock = ManagerLock(settings.sqlite_path())
    if not lock.acquire():
        if pending():
            raise _older_version()
        log.warning("another process has the manager: this one serves pages only")
        return False
    stack.callback(lock.release)
    # Before anything is written: every write makes a damage worse.
    if not integrity_ok():
        log.error("The database is damaged: nothing is submitted. Restore a backup")
        storage.fails("start", Trouble.DAMAGED)
        return False
    _bring_up_to_date(settings, clock)
    if facts.notice_copy(clock.now()):
        log.warning("restored from a backup: nothing is submitted until somebody has looked")
    return True


def _bring_up_to_date(settings: Settings, clock: Clock) -> None:
    """Needs the manager's lock. Raises CannotStart when there is no room for a copy of what was."""
    if migration := older_version():
        copy_before(settings, migration, clock.now())
    migrate()


def make_keeper(settings: Settings, storage: Storage) -> Keeper:
    """Who writes down what must not be forgotten, with room on the disk reserved for the worst. Raises
    CannotStart without that room."""
    receipts = _receipts(settings)
    try:
        receipts.reserve()
    except OSError as error:
        raise CannotStart(
            msg(
                "The file %(path)s cannot be written (%(reason)s). Paid tasks are noted there when the "
                "database cannot be written. Make room on the disk, or correct its rights.",
                path=receipts.path,
                reason=error.strerror,
            )
        ) from error
    return Keeper(storage, receipts)


def _receipts(settings: Settings) -> Receipts:
    return Receipts(receipts_path(settings), demo=settings.simulated)


def _older_version() -> CannotStart:
    return CannotStart(
        msg(
            "Another process uses this database and it is of an older version. Stop that process first."
        )
    )
