"""A database that is locked, damaged or full; files that cannot be written down."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest
from peewee import OperationalError

from tests.core.conftest import MakeRig
from tests.core.rig import Rig, states
from tests.helpers.waiting import wait_until
from webapp import db
from webapp.simulator import Simulator
from webapp.store import results


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program writes, and does not come to an end."""
    other = apsw.Connection(str(path))
    other.set_busy_timeout(10_000)  # ours may just be writing
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture
def asked(
    make_rig: MakeRig, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> tuple[Rig, int]:
    """A program, and a mission of it whose submit is open over there."""
    monkeypatch.setattr(db, "BUSY_SECONDS", 0.02)
    rig = make_rig()
    rig.start()
    simulator.scenario("submit", "delay", seconds=0.2)
    mission_id = rig.create("a fox")
    wait_until(lambda: simulator.stats["open_submits"] == 1)
    return rig, mission_id


def test_an_answer_waits_until_the_database_takes_it(
    asked: tuple[Rig, int], caplog: pytest.LogCaptureFixture
) -> None:
    rig, mission_id = asked
    path = rig.app.settings.sqlite_path()
    with locked(path), caplog.at_level(logging.ERROR):
        wait_until(lambda: "could not write to the database" in caplog.text)
        assert rig.app.post("/api/api-missions", json={}).status_code == 422
        assert states(rig.app.mission(mission_id)) == ["processing"], "reading goes on"
    assert states(rig.ended(mission_id)) == ["completed"]
    assert rig.submits() == 1


def test_a_stop_that_cannot_write_leaves_a_receipt(
    asked: tuple[Rig, int], simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """What was accepted is known to the next start, which goes on with it."""
    rig, mission_id = asked
    with locked(rig.app.settings.sqlite_path()), caplog.at_level(logging.ERROR):
        rig.stop()
    assert rig.task_of("a fox") in caplog.text
    simulator.clear_scenario()
    rig.start()
    assert states(rig.ended(mission_id)) == ["completed"]
    assert rig.submits() == 1


def test_on_a_damaged_database_nothing_is_submitted(
    make_rig: MakeRig, caplog: pytest.LogCaptureFixture
) -> None:
    rig = make_rig()
    rig.start()
    rig.create(*(f"fox {n}" for n in range(200)), scheduled_at="2099-01-01 00:00:00")
    path = rig.app.settings.sqlite_path()
    rig.stop()
    whole = path.read_bytes()
    page = 4096
    middle = len(whole) // 2 // page * page
    path.write_bytes(whole[:middle] + b"\xa5" * 3 * page + whole[middle + 3 * page :])
    try:
        assert rig.start_broken().app.state.manager is None
        assert "Restore a backup" in caplog.text
    finally:
        rig.stop()
        path.write_bytes(whole)


def test_a_file_that_cannot_be_written_down_is_left_alone_for_a_while(
    rig: Rig, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was once fetched again and again, as fast as the line allowed."""
    store, failures = results.file_saved, [OperationalError("disk is full")] * 2

    def saved(*args: object) -> object:
        if failures:
            raise failures.pop()
        return store(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(results, "file_saved", saved)
    mission_id = rig.create("a fox")
    for tries in (1, 2):
        rig.when(mission_id, lambda _: len(failures) == 2 - tries)  # noqa: B023
        rig.run(f"an owl {tries} [text]")
        assert simulator.stats["downloads"] == tries
        rig.leap(11)
    mission = rig.ended(mission_id)
    assert mission["items"][0]["results"][0]["file_status"] == "saved"
    assert simulator.stats["downloads"] == 3
