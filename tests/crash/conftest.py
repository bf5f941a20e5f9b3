"""A simulator that outlives the program, and what the program leaves behind when it is dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.core.books import check_books, check_ledger
from tests.crash.outside import Outside
from tests.crash.server import Server
from webapp.db import close_idle, database, open_database, reading, writing
from webapp.migrate import migrate
from webapp.models import Attempt
from webapp.settings import load_settings
from webapp.states import AttemptState

Autopsy = Callable[[], None]
Start = Callable[[], Server]


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    """RunningHub, where an image takes a quarter of a second to a second."""
    with Outside(tmp_path, "--speed", "40", "--seed", "1") as running:
        yield running


def seed_history(folder: Path) -> None:
    """A database that has seen tasks, so that a start knows how soon to ask."""
    open_database(load_settings(_env_file=None, data_dir=folder))
    migrate()
    now = datetime.now(UTC)
    row = {
        "mission_id": 0,
        "provider": "runninghub",
        "state": AttemptState.SUCCEEDED,
        "number": 1,
        "created_at": now,
        "sent_at": now,
        "ended_at": now + timedelta(seconds=0.3),
        "boot_id": "",
    }
    kinds = [name for name in ("text_to_image", "image_to_image") for _ in range(10)]
    with writing():
        for item_id, kind in enumerate(kinds, start=10**6):
            Attempt.insert(item_id=item_id, item_index=1, task_type=kind, **row).execute()
    close_idle()


@pytest.fixture
def start(tmp_path: Path, outside: Outside) -> Iterator[Start]:
    """Start the program on the test's folder; none of them outlives the test."""
    started: list[Server] = []
    seed_history(tmp_path / "data")

    def start_one() -> Server:
        started.append(Server(tmp_path, outside))
        return started[-1]

    yield start_one
    for server in started:
        server.kill()


@pytest.fixture
def autopsy(tmp_path: Path, outside: Outside) -> Autopsy:
    """While no program runs: is the database whole, do the books balance, was anything paid twice?"""

    def look() -> None:
        open_database(load_settings(_env_file=None, data_dir=tmp_path / "data"))
        with reading():
            assert database.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
        check_books()
        check_ledger(outside.ledger)
        close_idle()

    return look
