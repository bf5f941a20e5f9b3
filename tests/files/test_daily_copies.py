"""The copies that the program makes by itself."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import stat
from collections import namedtuple
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import KEY, MakeSettings
from tests.helpers.live import LiveApp
from tests.helpers.program import run
from tests.helpers.waiting import wait_until
from webapp.backups.daily import DailyCopy, newest
from webapp.clock import FakeClock
from webapp.db import database, open_database, writing
from webapp.migrate import migrate
from webapp.settings import Settings
from webapp.simulator import Simulator

DAY = 24 * 3600
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def own(make_settings: MakeSettings) -> Settings:
    settings = make_settings(runninghub_api_key=KEY)
    open_database(settings)
    migrate()
    return settings


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make(own: Settings, clock: FakeClock) -> Callable[[], None]:
    return DailyCopy(own, clock, lambda: True).make_if_due


def names(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.data_dir / "backups").glob("*"))


def test_one_a_day(own: Settings, clock: FakeClock, make: Callable[[], None]) -> None:
    make()
    make()
    assert len(names(own)) == 1
    clock.advance(DAY - 1)
    make()
    assert len(names(own)) == 1
    clock.advance(1)
    make()
    assert len(names(own)) == 2
    assert newest(own) == clock.now().replace(microsecond=0)
    copy = own.data_dir / "backups" / names(own)[0]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_seven_days_and_four_weeks_are_kept(
    own: Settings, clock: FakeClock, make: Callable[[], None]
) -> None:
    for _ in range(60):
        make()
        clock.advance(DAY)
    found = [name.removeprefix("daily-")[:8] for name in names(own)]
    assert len(found) == 11
    days = [clock.now().toordinal() - daily_ordinal(name) for name in found]
    assert sorted(days)[:7] == [1, 2, 3, 4, 5, 6, 7]
    assert 28 <= max(days) <= 42


def daily_ordinal(stamp: str) -> int:

    return date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:])).toordinal()


def test_other_files_are_left_alone(
    own: Settings, clock: FakeClock, make: Callable[[], None]
) -> None:
    make()
    (own.data_dir / "backups" / "mine.db").write_text("precious")
    for _ in range(20):
        clock.advance(DAY)
        make()
    assert (own.data_dir / "backups" / "mine.db").read_text() == "precious"


def test_a_small_disk_is_not_filled(
    own: Settings,
    make: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 0, 4 * 10**8))
    with caplog.at_level(logging.WARNING):
        make()
    assert names(own) == []
    assert "too little room" in caplog.text


def test_nothing_is_copied_where_nothing_was_sent(own: Settings, clock: FakeClock) -> None:
    DailyCopy(own, clock, lambda: False).make_if_due()
    assert not (own.data_dir / "backups").exists()


def test_a_demo_has_nothing_to_lose(make_settings: MakeSettings, clock: FakeClock) -> None:
    settings = make_settings()
    DailyCopy(settings, clock, lambda: True).make_if_due()
    assert not (settings.data_dir / "backups").exists()


def test_the_program_does_it_by_itself(make_settings: MakeSettings, simulator: Simulator) -> None:
    settings = make_settings(
        runninghub_api_key=KEY, runninghub_base_url=simulator.url, poll_interval=0.2
    )
    with LiveApp(settings) as app:
        app.ended(app.create())
        assert not (settings.data_dir / "backups").exists()
    with LiveApp(settings):
        wait_until(lambda: newest(settings))
    (name,) = names(settings)
    assert name.startswith("daily-")


# Before the database is brought up to date


def make_older(settings: Settings) -> None:
    """Take the last migration back."""
    with writing():
        database.execute_sql("DELETE FROM schema_migration WHERE name = '0004_facts'")
        database.execute_sql("DROP TABLE facts")


def test_what_an_older_version_left_is_copied_before_it_is_changed(own: Settings) -> None:
    make_older(own)
    with LiveApp(own) as app:
        assert app.get("/health").status_code == 200
    (name,) = [name for name in names(own) if name.startswith("before-")]
    assert name.startswith("before-0004_facts-")
    copy = sqlite3.connect(own.data_dir / "backups" / name)
    applied = {row[0] for row in copy.execute("SELECT name FROM schema_migration")}
    copy.close()
    assert "0001_initial" in applied
    assert "0004_facts" not in applied


def test_without_room_for_that_copy_nothing_is_changed(own: Settings, tmp_path: Path) -> None:
    make_older(own)
    (own.data_dir / "backups").write_text("in the way")
    done = run(tmp_path, "serve", "--no-open", DATA_DIR=own.data_dir, RUNNINGHUB_API_KEY=KEY)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "Then start again" in done.stderr
    found = sqlite3.connect(own.data_dir / "missions.db")
    applied = {row[0] for row in found.execute("SELECT name FROM schema_migration")}
    found.close()
    assert "0004_facts" not in applied
