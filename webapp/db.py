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
    OperationalError,
    ProgrammingError,
)
from playhouse.apsw_ext import APSWDatabase

from webapp.errors import Unavailable
from webapp.failpoints import reached
from webapp.messages import msg
from webapp.settings import BadSetting, Settings

database = DatabaseProxy()
"""The one database of this process; models are bound to it. Set by `open_database`."""

STORAGE_ERRORS = (DatabaseError, InterfaceError, apsw.Error, Unavailable)
"""What a store function may raise when the storage itself is in trouble (busy, full, broken)."""

NotUnique = IntegrityError
"""What a store function raises for something that is there already."""

BUSY_ERRORS = (OperationalError, apsw.BusyError)
"""Those of the storage errors that a person may hope to be over in a moment."""

LASTING_ERRORS = (IntegrityError, DataError, ProgrammingError)
"""Those of the storage errors that trying again does not cure."""

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
        """A new connection that the caller closes; never one of those that are kept."""
        connection: apsw.Connection = super()._connect()
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


def open_database(settings: Settings) -> Database:
    """Bind the models to the database that the settings name, and open it once.

    Makes the folder and file when they are missing. Raises BadSetting when it cannot be opened.
    """
    path = settings.sqlite_path()
    try:
        handle = _sqlite(path)
        database.initialize(handle)
        with handle.connection_context():
            handle.execute_sql("SELECT 1")
    except (OSError, RuntimeError, *STORAGE_ERRORS) as error:
        raise BadSetting(
            f"The database {path} cannot be opened ({error}). "
            "Check DATABASE_URL and DATA_DIR, and that the folder can be written."
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
        if step and not database.in_transaction():
            reached(step + ".committed")
    finally:
        _gate.release()


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
    """SQLite's own quick check."""
    try:
        with reading():
            rows = database.execute_sql("PRAGMA quick_check").fetchall()
    except STORAGE_ERRORS:  # too damaged to say how
        return False
    return [tuple(row) for row in rows] == [("ok",)]
