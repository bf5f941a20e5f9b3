"""The database handle, and the two ways to use it: `reading()` and `writing()`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

import apsw
from peewee import (
    Database,
    DatabaseError,
    DatabaseProxy,
    DataError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
)
from playhouse.apsw_ext import APSWDatabase

from webapp.errors import Unavailable
from webapp.messages import msg
from webapp.safety.failpoints import reached
from webapp.safety.storage import Trouble
from webapp.server.cannot_start import CannotStart
from webapp.settings import Settings

database = DatabaseProxy()
"""The one database of this process; models are bound to it. Set by `open_database`."""

DRIVER_ERRORS = (DatabaseError, InterfaceError, apsw.Error)
"""What Peewee and SQLite raise."""

STORAGE_ERRORS = (*DRIVER_ERRORS, Unavailable)
"""What a store function may raise when the storage itself is in trouble (busy, full, broken)."""

NotUnique = IntegrityError
"""What a store function raises for something that is there already."""

LASTING_ERRORS = (IntegrityError, DataError, ProgrammingError)
"""Those of the storage errors that trying again does not cure."""

_WORDS: tuple[tuple[type[Exception], Trouble], ...] = (
    (apsw.CorruptError, Trouble.DAMAGED),
    (apsw.NotADBError, Trouble.DAMAGED),
    (apsw.FullError, Trouble.FULL),
    (apsw.BusyError, Trouble.LOCKED),
    (apsw.LockedError, Trouble.LOCKED),
    (Unavailable, Trouble.LOCKED),
)

_OF_THE_DISK = (apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError)
"""Those that say nothing about what is in the file."""

GATE_SECONDS = 5.0
BUSY_SECONDS = 10
IDLE_CONNECTIONS = 8

_PRAGMAS = {
    "journal_mode": "wal",
    # FULL: a power cut must not take back a commit, for that commit may hold a paid task's id.
    "synchronous": "full",
    "foreign_keys": 1,
    "cache_size": -4000,  # KiB per connection
    "journal_size_limit": 64 * 1024 * 1024,
}


class _Sqlite(APSWDatabase):
    """Peewee's apsw driver. It keeps a few connections that were closed, for opening one takes as
    long as ten queries; and it knows the one type that Peewee's migration history binds raw."""

    def __init__(self, database: str, **options: object) -> None:
        super().__init__(database, **options)
        self._idle: list[apsw.Connection] = []
        self._idle_lock = threading.Lock()
        self._file: tuple[int, int] | None = None

    def remember_file(self) -> None:
        """Which file it is, for a name can be given to another."""
        self._file = self._found_file()

    def has_its_file(self) -> bool:
        """Whether the file is where it was. One that was removed can still be written to, and all
        that is written goes with it."""
        return self._file is not None and self._file == self._found_file()

    def _found_file(self) -> tuple[int, int] | None:
        try:
            found = Path(self.database).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _connect(self) -> apsw.Connection:
        with self._idle_lock:
            if self._idle:
                return self._idle.pop()
        fresh: apsw.Connection = super()._connect()
        return fresh

    def _close(self, conn: apsw.Connection) -> None:
        # One that still reads would show its next user the past.
        at_rest = conn.txn_state() == apsw.SQLITE_TXN_NONE
        with self._idle_lock:
            if at_rest and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(conn)
                return
        conn.close()

    def open_another(self) -> apsw.Connection:
        """A new connection for reading that the caller closes; never one of those that are kept, and
        never to a new file."""
        connection = apsw.Connection(self.database, flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(int(BUSY_SECONDS * 1000))
        return connection

    def close_idle(self) -> None:
        """Close what is kept; the last connection of all takes the write-ahead log into the file."""
        with self._idle_lock:
            while self._idle:
                self._idle.pop().close()

    def _add_conn_hooks(self, conn: apsw.Connection) -> None:
        conn.convert_binding = _bind
        super()._add_conn_hooks(conn)


def _bind(_cursor: object, _number: int, value: object) -> str:
    if isinstance(value, datetime):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored")


# SQLite before 3.51.3 can corrupt a WAL database when two connections write at the same moment
# (sqlite.org/wal.html#walresetbug); one gate for all writes closes that race in this process.
_gate = threading.RLock()


def trouble_of(error: BaseException) -> Trouble:
    """What a storage error means; Peewee's exceptions carry SQLite's own as their context."""
    seen: BaseException | None = error
    while seen is not None:
        for kind, trouble in _WORDS:
            if isinstance(seen, kind):
                return trouble
        if getattr(seen, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE:  # no room for its index
            return Trouble.FULL
        seen = seen.__cause__ or seen.__context__
    return Trouble.OTHER


class DamagedDatabase(Exception):
    """There is a file, and it is no database (any more)."""


def open_database(settings: Settings) -> Database:
    """Bind the models to the database that the settings name, and open it once.

    Makes the folder and file when they are missing. Raises CannotStart when it cannot be opened,
    DamagedDatabase when that is the file's own fault, and what the driver raises for a full disk and
    for a database that another program holds.
    """
    path = settings.sqlite_path()
    try:
        handle = _sqlite(path)
        database.initialize(handle)
        with handle.connection_context():
            handle.execute_sql("SELECT 1")
        handle.remember_file()
    except (OSError, RuntimeError, *STORAGE_ERRORS) as error:
        match trouble_of(error):
            case Trouble.DAMAGED:
                raise DamagedDatabase from error
            case Trouble.FULL | Trouble.LOCKED:
                raise
        raise CannotStart(
            msg(
                "The database %(path)s cannot be opened (%(reason)s). Check DATABASE_URL and DATA_DIR, "
                "and that the folder can be written.",
                path=path,
                reason=getattr(error, "strerror", error),
            )
        ) from error
    return handle


def close_idle() -> None:
    """Close the connections that nobody uses: at a stop, so that the file is whole by itself, and
    where the next one shall be opened anew."""
    if isinstance(database.obj, _Sqlite):
        database.obj.close_idle()


def _sqlite(path: Path) -> _Sqlite:
    path.parent.mkdir(parents=True, exist_ok=True)
    return _Sqlite(str(path), pragmas=_PRAGMAS, timeout=BUSY_SECONDS, autoconnect=False)


@contextmanager
def reading() -> Iterator[None]:
    """A connection for reads. Nests; never hold it while waiting for the network."""
    if database.is_closed():
        with database.connection_context():
            yield
    else:
        yield


@contextmanager
def snapshot() -> Iterator[None]:
    """Reads that all see the same moment, whatever is written meanwhile. Keep it short: the
    write-ahead log cannot shrink while it is open."""
    with reading(), database.atomic("DEFERRED"):
        yield


@contextmanager
def writing(
    step: str = "", *, wait_s: float = GATE_SECONDS, durable: bool = True
) -> Iterator[None]:
    """One write transaction: commits at the end, rolls back on any exception.

    Blocks up to `wait_s` for the other writers of this process, then raises Unavailable. Without
    `durable` it does not wait for the disk: a power cut may take it back whole, a crash of the
    program cannot. Inside another transaction it lasts as long as that one. `step` is its name in
    failpoints.py.
    """
    if not _gate.acquire(timeout=wait_s):
        raise Unavailable(msg("The database is busy. Please try again in a moment."))
    try:
        # IMMEDIATE: a deferred transaction that reads first fails when somebody else writes.
        waiting = nullcontext() if durable else _not_waiting_for_disk()
        with reading(), waiting, database.atomic("IMMEDIATE"):
            yield
            if step:
                reached(step + ".commits")
                _steps.append(step)
        if _steps and not database.in_transaction():
            _committed()
    finally:
        if _steps and not database.in_transaction():
            _steps.clear()  # they were rolled back
        _gate.release()


_steps: list[str] = []
"""Those of the present transaction that have a name; only whoever holds the gate touches it."""


def _committed() -> None:
    steps = _steps.copy()
    _steps.clear()
    for step in steps:
        reached(step + ".committed")


def has_its_file() -> bool:
    """Whether the database's file is still where it was opened."""
    return not isinstance(database.obj, _Sqlite) or database.obj.has_its_file()


def probe() -> None:
    """Read one row over a connection of its own, for one that is open does not notice that its file
    is gone or spoiled. Raises storage errors."""
    connection = database.obj.open_another()
    try:
        connection.cursor().execute("SELECT id FROM api_missions LIMIT 1").fetchall()
    finally:
        connection.close()


@contextmanager
def _not_waiting_for_disk() -> Iterator[None]:
    if database.in_transaction() or not isinstance(database.obj, APSWDatabase):
        yield
        return
    database.execute_sql("PRAGMA synchronous = normal")
    try:
        yield
    finally:
        database.execute_sql("PRAGMA synchronous = full")


def integrity_ok() -> bool:
    """SQLite's own quick check. Raises storage errors where it is not the file that is at fault: the
    disk refuses, or another program holds the database."""
    try:
        with reading():
            rows = database.execute_sql("PRAGMA quick_check").fetchall()
    except STORAGE_ERRORS as error:
        if trouble_of(error) in (Trouble.FULL, Trouble.LOCKED):
            raise
        if isinstance(error.__context__, _OF_THE_DISK):
            raise
        return False  # too damaged to say how
    return [tuple(row) for row in rows] == [("ok",)]
