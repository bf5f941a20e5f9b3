"""Connections: opened once, lent again, and closed at a stop."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import MakeSettings
from tests.helpers.live import LiveApp
from webapp.db import IDLE_CONNECTIONS, close_idle, database, open_database, reading, writing
from webapp.settings import Settings


@pytest.fixture
def opened(settings: Settings) -> Iterator[Settings]:
    open_database(settings)
    yield settings
    close_idle()


def test_a_connection_is_lent_again(opened: Settings) -> None:
    with reading():
        first = database.connection()
    with reading():
        assert database.connection() is first


def test_another_thread_gets_it_too(opened: Settings) -> None:
    def ask() -> tuple[int, object]:
        with reading():
            return id(database.connection()), database.execute_sql("SELECT 7").fetchone()[0]

    here = ask()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() == here


def test_a_connection_that_still_reads_is_lent_to_nobody(opened: Settings) -> None:
    with reading():
        first = database.connection()
        database.execute_sql("CREATE TABLE numbers (n INTEGER)")
        database.execute_sql("INSERT INTO numbers VALUES (1), (2)")
        unfinished = first.execute("SELECT n FROM numbers")
        assert next(unfinished) == (1,)
    with reading():
        assert database.connection() is not first


def test_only_a_few_are_kept(opened: Settings) -> None:
    handles = [database.obj._connect() for _ in range(IDLE_CONNECTIONS + 1)]
    for handle in handles:
        database.obj._close(handle)
    assert database.obj._connect() in handles
    assert handles[-1] not in [database.obj._connect() for _ in range(IDLE_CONNECTIONS)]


def test_after_a_stop_the_database_is_one_file(make_settings: MakeSettings) -> None:
    with LiveApp(make_settings()) as app:
        app.create()
    path = app.settings.sqlite_path()
    assert path is not None and path.exists()
    assert list(path.parent.glob("missions.db-*")) == []


def synchronous() -> int:
    """2 waits for the disk at each commit, 1 does not."""
    return int(database.execute_sql("PRAGMA synchronous").fetchone()[0])


def test_a_commit_waits_for_the_disk_unless_told_otherwise(opened: Settings) -> None:
    with reading():
        with writing():
            assert synchronous() == 2
        with writing(durable=False):
            assert synchronous() == 1
        assert synchronous() == 2


def test_a_part_of_a_durable_transaction_is_durable(opened: Settings) -> None:
    with writing(), writing(durable=False):
        assert synchronous() == 2


def test_after_a_failed_write_commits_wait_for_the_disk_again(opened: Settings) -> None:
    with reading():
        with pytest.raises(ZeroDivisionError), writing(durable=False):
            raise ZeroDivisionError
        assert synchronous() == 2
