"""Another program holds the database: pages say so, the manager waits, nothing is skipped or sent twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.core.conftest import MakeRig
from tests.core.rig import Rig, states
from tests.helpers.waiting import wait_until
from webapp import db
from webapp.safety.storage import Trouble
from webapp.simulator import Simulator

_HOLD = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """By a process of its own."""
    other = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin is not None
    assert other.stdout is not None
    try:
        assert other.stdout.readline() == b"held\n"
        yield
    finally:
        other.stdin.close()
        other.stdout.close()
        other.wait()


@pytest.fixture
def rig(make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(db, "BUSY_SECONDS", 0.05)
    made = make_rig()
    made.start()
    return made


def trouble(rig: Rig) -> Trouble | None:
    found: Trouble | None = rig.app.app.state.storage.trouble
    return found


def test_everything_waits_and_nothing_is_skipped(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("submit", "delay", seconds=0.2)
    mission_id = rig.create(*(f"fox {n}" for n in range(20)))
    wait_until(lambda: simulator.stats["open_submits"] == 8)
    with held(rig.app.settings.sqlite_path()):
        wait_until(lambda: trouble(rig) is Trouble.LOCKED)
        for path in ("/missions", f"/missions/{mission_id}"):
            page = rig.app.get(path)
            assert page.status_code == 200, "reading goes on"
            assert "Another program holds the database" in page.text
        refusal = rig.app.post(f"/api/api-missions/{mission_id}/pause")
        assert (refusal.status_code, refusal.headers["retry-after"]) == (503, "2")
        assert "does not answer" in refusal.json()["message"]
        form = rig.app.post(f"/missions/{mission_id}/pause")
        assert (form.status_code, form.headers["retry-after"]) == (503, "2")
        assert rig.app.get("/health").json()["trouble"] == "locked"
        rig.leap(60)
        assert rig.submits() == 8, "nothing more is sent"
    assert states(rig.ended(mission_id)) == ["completed"] * 20
    assert rig.submits() == 20
    wait_until(lambda: trouble(rig) is None)
    assert "Another program" not in rig.app.get("/missions").text


def test_a_stop_while_it_is_held_forgets_nothing(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("submit", "delay", seconds=0.2)
    mission_id = rig.create(*(f"fox {n}" for n in range(8)))
    wait_until(lambda: simulator.stats["open_submits"] == 8)
    with held(rig.app.settings.sqlite_path()):
        rig.stop()
        simulator.clear_scenario()
    rig.start()
    mission = rig.ended(mission_id)
    assert (mission["completed_count"], mission["counts"]["unknown"]) == (8, 0)
    assert rig.submits() == 8
