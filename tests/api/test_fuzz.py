"""Schemathesis reads the OpenAPI document and tries each operation over HTTP: examples, limits, any value in any
place, calls that build on each other. No error of ours, only documented statuses, answers that are what the document says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.helpers.live import LiveApp

HERE = Path(__file__).parent
LATER = "2099-01-01 00:00:00"
MANY_CALLS = 800
DEADLINE_S = 280


def make_missions(app: LiveApp) -> None:
    """Some that wait, are done with a failed item, were cancelled, are paused: numbers 1 to 5."""
    waiting = [app.create(scheduled_at=LATER) for _ in range(3)]
    for _ in range(2):
        app.ended(app.create(config={"batch_input": ["a red fox", "an owl [fail:1501]"]}))
    app.data("POST", f"/api/api-missions/{waiting[1]}/cancel")
    app.data("POST", f"/api/api-missions/{waiting[2]}/pause")


def test_every_call_keeps_its_word(live_app: LiveApp, tmp_path: Path) -> None:
    make_missions(live_app)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(HERE / "schemathesis.toml"), "run"),
            live_app.url + "/api/openapi.json",
        ],
        env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert counted, done.stdout
    assert int(counted[1]) == int(counted[2]) > MANY_CALLS
