"""A signal that comes while the program is still starting."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.helpers.program import RUN_S, environment
from tests.helpers.waiting import wait_until
from webapp.safety.lock import ManagerLock


def test_a_signal_during_the_start_leaves_nothing_running(tmp_path: Path) -> None:
    started = subprocess.Popen(
        [sys.executable, "-m", "webapp", "--no-open"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    # The lock is taken first: the tables are not made yet, and the manager does not exist.
    wait_until((tmp_path / "data" / "missions.db.lock").exists)
    started.send_signal(signal.SIGTERM)
    _, log = started.communicate(timeout=RUN_S)
    assert "Traceback" not in log
    lock = ManagerLock(tmp_path / "data" / "missions.db")
    assert lock.acquire(), "no manager is left behind"
    lock.release()
