"""A power cut, as near as a test can come: what was on the disk at some moment, and no more, must open
and know every task whose id was committed."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import apsw
import pytest

from tests.core.conftest import MakeRig
from tests.helpers.waiting import wait_until
from webapp import db
from webapp.simulator import Simulator

COPIES = 8
WAL_HEADER = 32


Copies = list[tuple[Path, set[str]]]


@pytest.fixture
def copies(make_rig: MakeRig, simulator: Simulator, tmp_path: Path) -> Copies:
    """Database and log at random commits of a mission, each with the ids that were in it then."""
    simulator.scenario("submit", "delay", seconds=0.01)
    rig = make_rig(submit_concurrency=4)
    rig.start()
    rig.restart()  # the tables are in the file; the log has only what comes now
    mission_id = rig.create(*(f"fox {n}" for n in range(60)))
    path, rng, taken = rig.app.settings.sqlite_path(), random.Random(1), []
    for number, accepted in enumerate(sorted(rng.sample(range(1, 60), COPIES))):
        wait_until(lambda: len(simulator.ledger) >= accepted)  # noqa: B023
        folder = tmp_path / str(number)
        folder.mkdir()
        # Nobody commits while we hold the gate; what the disk has now is what a cut would leave.
        with db._gate:
            known = ids_in(path)
            for file in (path, log_of(path)):
                shutil.copy(file, folder)
        taken.append((folder / path.name, known))
    rig.ended(mission_id)
    return taken


def ids_in(path: Path) -> set[str]:
    """Sound, and these ids of tasks are in it."""
    connection = apsw.Connection(str(path))
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = connection.execute("SELECT runninghub_task_id FROM attempts").fetchall()
        balance = connection.execute(
            "SELECT COALESCE(SUM(total_count), 0) - (SELECT COUNT(*) FROM api_mission_items) FROM api_missions"
        ).fetchall()
        assert balance == [(0,)]
    finally:
        connection.close()
    return {str(row[0]) for row in found if row[0]}


def test_a_power_cut_at_any_moment(copies: Copies) -> None:
    assert any(known for _, known in copies)
    for path, known in copies:
        assert ids_in(copied(path)) == known, "every id that was committed is there"
        assert ids_in(with_foreign_end(copied(path))) == known


def test_a_log_that_was_cut_anywhere(copies: Copies) -> None:
    """The commit that was on its way is there as a whole or not at all."""
    rng, sizes = random.Random(2), set[int]()
    for path, known in copies:
        for _ in range(4):
            cut = copied(path)
            log = log_of(cut)
            whole = log.read_bytes()
            log.write_bytes(whole[: rng.randrange(WAL_HEADER, len(whole))])
            found = ids_in(cut)
            assert found <= known
            sizes.add(len(found))
    assert len(sizes) > 3, "the cuts fell between commits"


def copied(path: Path) -> Path:
    """The same once more, to be opened and spoiled."""
    folder = Path(tempfile.mkdtemp(dir=path.parent))
    for file in (path, log_of(path)):
        shutil.copy(file, folder)
    return folder / path.name


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def with_foreign_end(path: Path) -> Path:
    """The disk had given the log its next blocks, and nothing was in them yet."""
    with log_of(path).open("ab") as log:
        log.write(b"\xa5" * 5000)
    return path
