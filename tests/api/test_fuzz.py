"""Schemathesis reads the OpenAPI document and tries each operation over HTTP: examples, limits, any value in any
place, calls that build on each other. No error of ours, only documented statuses, answers that are what the document says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.api.fuzz_hooks import MISSIONS
from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.helpers.team import Colleague, add_user

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LATER = "2099-01-01 00:00:00"
MANY_CALLS = 300
MANY_PAGES = 30
DEADLINE_S = 280


def make_missions(app: LiveApp) -> None:
    """Some that wait, are done with a failed item, were cancelled, are paused: numbers 1 to 5."""
    waiting = [app.create(scheduled_at=LATER) for _ in range(3)]
    for _ in range(2):
        app.ended(app.create(config={"batch_input": ["a red fox", "an owl [fail:1501]"]}))
    app.data("POST", f"/api/api-missions/{waiting[1]}/cancel")
    app.data("POST", f"/api/api-missions/{waiting[2]}/pause")


def fuzz(app: LiveApp, folder: Path, *options: str) -> str:
    """Run schemathesis; returns what it says. Fails when it finds anything."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(HERE / "schemathesis.toml"), "run"),
            *options,
            app.url + "/api/openapi.json",
        ],
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT),
            # Its tables of characters take seconds to make.
            "HYPOTHESIS_STORAGE_DIRECTORY": str(ROOT / ".hypothesis"),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_call_keeps_its_word(live_app: LiveApp, tmp_path: Path) -> None:
    make_missions(live_app)
    said = fuzz(live_app, tmp_path)
    counted = re.search(r"(\d+) generated, (\d+) passed", said)
    assert counted, said
    assert int(counted[1]) == int(counted[2]) > MANY_CALLS
    look_at_everything(live_app)


def look_at_everything(app: LiveApp) -> None:
    """Whatever was made by those calls can be shown."""
    templates = app.data("GET", "/api/api-templates")["items"]
    missions = app.data("GET", "/api/api-missions?page_size=200")["items"]
    assert len(missions) > MISSIONS
    assert templates
    paths = ["/missions", "/templates"]
    paths += [f"/missions/new?template={one['id']}" for one in templates[:MANY_PAGES]]
    for one in missions[:MANY_PAGES]:
        paths += [f"/missions/{one['id']}", f"/missions/new?from={one['id']}"]
    for path in paths:
        assert app.get(path).status_code == 200, path


def test_no_call_is_answered_without_a_valid_token(start_app: StartApp, tmp_path: Path) -> None:
    app = start_app()
    add_user(app, "Anna", "admin")
    with Colleague(app, "Anna") as anna:
        header = f"Authorization: Bearer {anna.token()}"
    checks = "ignored_auth,not_a_server_error,status_code_conformance,response_schema_conformance"
    options = ("--checks", checks, "--phases", "fuzzing", "--max-examples", "1")
    assert "No issues found" in fuzz(app, tmp_path, "-H", header, *options)
