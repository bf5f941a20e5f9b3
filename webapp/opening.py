"""The database at a start, and for a command beside the server: is it there, whole, of this version,
and are we alone with it?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from webapp.clock import Clock, SystemClock
from webapp.daily import copy_before
from webapp.db import (
    DRIVER_ERRORS,
    LASTING_ERRORS,
    DamagedDatabase,
    close_idle,
    integrity_ok,
    open_database,
    trouble_of,
)
from webapp.errors import AppError, Unavailable
from webapp.keeping import Keeper
from webapp.lock import ManagerLock
from webapp.messages import msg
from webapp.migrate import migrate, older_version, pending
from webapp.receipts import Receipts, receipts_path
from webapp.settings import BadSetting, Settings
from webapp.storage import CLOSED, LASTING, Closed, Storage, Trouble
from webapp.store import facts
from webapp.store.users import any_users

log = logging.getLogger(__name__)


def open_or_say_why(settings: Settings) -> Trouble | None:
    """Open the database; returns why there is none to work with."""
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
    """The database for a command that runs beside a server, or before the first one. Raises BadSetting,
    and storage errors."""
    lasting = open_or_say_why(settings)
    if lasting is not None:
        raise BadSetting(str(Closed(lasting).message))
    try:
        if pending():
            lock = ManagerLock(settings.sqlite_path())
            if not lock.acquire():
                raise _older_version()
            try:
                _bring_up_to_date(settings, SystemClock())
            finally:
                lock.release()
        yield
    finally:
        close_idle()


def accounts_exist(settings: Settings) -> bool:
    """Whether the database that the settings name has accounts; no where there is none. Of one that
    is damaged or missed nobody knows, and nothing but that is told to anybody: so yes. Changes
    nothing. Raises BadSetting when it cannot be opened."""
    if not settings.sqlite_path().is_file():
        return _receipts(settings).missed
    try:
        open_database(settings)
        return any_users()
    except DamagedDatabase:
        return True
    except DRIVER_ERRORS as error:  # else a table that an older version did not have
        return trouble_of(error) is Trouble.DAMAGED
    finally:
        close_idle()


def may_manage(settings: Settings, clock: Clock, storage: Storage, stack: ExitStack) -> bool:
    """Whether this process may submit: it is alone with the database, and the database is sound. Brings
    it up to date then, and keeps the lock until `stack` closes. Raises BadSetting."""
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
    """Needs the manager's lock. Raises BadSetting when there is no room for a copy of what was."""
    if migration := older_version():
        copy_before(settings, migration, clock.now())
    migrate()


def make_keeper(settings: Settings, storage: Storage) -> Keeper:
    """Who writes down what must not be forgotten, with room on the disk reserved for the worst. Raises
    BadSetting without that room."""
    receipts = _receipts(settings)
    try:
        receipts.reserve()
    except OSError as error:
        raise BadSetting(
            f"The file {receipts.path} cannot be written ({error.strerror}). Paid tasks are noted "
            "there when the database cannot be written. Make room on the disk, or correct its rights."
        ) from error
    return Keeper(storage, receipts)


def _receipts(settings: Settings) -> Receipts:
    return Receipts(receipts_path(settings), demo=settings.simulated)


def _older_version() -> BadSetting:
    return BadSetting(
        "Another process uses this database and it is of an older version. Stop that process first."
    )
