"""A restore, end to end: the real program, a ledger that outlives it, and what was paid in between."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.crash.conftest import Autopsy, Start
from tests.crash.outside import Outside
from tests.crash.server import Server
from tests.helpers.live import mission_body
from tests.helpers.program import Program, environment, run
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.crash

PROMPTS = [f"fox {number}" for number in range(8)]
T2I = "rhart-image-v1/text-to-image"
SLOTS = {"MAX_CONCURRENT_API_TASKS": 2}


def decide(server: Server, choice: str) -> None:
    """Send the form of /restored as a browser does."""
    answer = server.http.post(
        server.program.url + "/restored",
        data={"all": choice, "looked": "yes"},
        headers={"Sec-Fetch-Site": "same-origin"},
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == 303, answer.text
    server.http.cookies.clear()


def in_states(server: Server, mission_id: int, **wanted: int) -> dict[str, Any]:
    """The mission when its counts are these."""

    def look() -> dict[str, Any] | None:
        found = server.mission(mission_id)
        return found if all(found["counts"][name] == n for name, n in wanted.items()) else None

    found = wait_until(look, tell=lambda: server.mission(mission_id)["counts"])
    assert found is not None
    return found


def test_what_was_paid_after_the_backup_is_never_paid_again(
    tmp_path: Path, outside: Outside, start: Start, autopsy: Autopsy
) -> None:
    # Nothing ends before the copy is made, however long that takes.
    outside.configure(durations={T2I: [36000, 36000]})
    server = start(**SLOTS)
    mission_id = server.create(PROMPTS)
    wait_until(lambda: outside.accepted >= 2)
    in_states(server, mission_id, processing=2)
    done = run(tmp_path, "backup", "copy.db")
    assert done.returncode == 0, done.stderr
    outside.configure(durations={T2I: [0.1, 0.2]})
    outside.finish_all()
    server.ended(mission_id)
    assert outside.accepted == 8
    server.kill()

    done = run(tmp_path, "restore", "copy.db")
    assert done.returncode == 0, done.stderr
    server = start(**SLOTS)
    # Those that had an id are asked about as usual. Their slots are free after that, and stay free.
    found = in_states(server, mission_id, processing=0)
    waiting = found["counts"]["pending"]
    assert waiting >= 4
    assert server.health()["restored"] is True
    page = server.http.get(server.program.url + "/missions", timeout=30).text
    assert 'href="/restored"' in page
    assert outside.accepted == 8

    decide(server, "unclear")
    assert server.health()["restored"] is False
    found = in_states(server, mission_id, pending=0)
    assert found["counts"]["unknown"] == 8 - found["counts"]["completed"]
    assert outside.accepted == 8
    tasks = {entry["body"]["prompt"]: entry["task_id"] for entry in outside.ledger}
    for item in found["items"]:
        if item["status"] == "unknown":
            task_id = tasks[item["input_params"]["prompt"]]
            server.resolve(
                mission_id, item["item_index"], action="attach", runninghub_task_id=task_id
            )
    assert server.ended(mission_id)["counts"]["completed"] == 8
    assert outside.accepted == 8
    server.stop()
    autopsy()


def test_when_nothing_was_paid_it_goes_on(
    tmp_path: Path, outside: Outside, start: Start, autopsy: Autopsy
) -> None:
    outside.configure(concurrency=0)
    server = start()
    mission_id = server.create(PROMPTS)
    server.stop()
    assert run(tmp_path, "backup", "copy.db").returncode == 0
    outside.configure(concurrency=50)
    assert run(tmp_path, "restore", "copy.db").returncode == 0
    server = start()
    assert server.health()["restored"] is True
    assert outside.accepted == 0
    decide(server, "go_on")
    assert server.ended(mission_id)["counts"]["completed"] == 8
    assert outside.accepted == 8
    assert outside.paid_twice() == {}
    server.stop()
    autopsy()


# Killed in the middle

STEPS = ["_stage", "_files", "_settle", "_second_name", "_swap"]

DYING = """
import os, signal, sys
from webapp.backups import restore
step, when, file = sys.argv[1:]
whole = getattr(restore, step)
def dying(*given):
    if when == "after":
        whole(*given)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(restore, step, dying)
from webapp.__main__ import main
main(["restore", file])
"""


def names_in(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [row[0] for row in connection.execute("SELECT name FROM api_missions ORDER BY id")]
    finally:
        connection.close()


def make_mission(program: Program, name: str) -> None:
    body = mission_body(name=name, scheduled_at="2099-01-01 00:00:00")
    requests.post(program.url + "/api/api-missions", json=body, timeout=10).raise_for_status()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a backup of one mission and a database of two."""
    folder = tmp_path_factory.mktemp("before")
    with Program(folder, "--no-open") as program:
        make_mission(program, "old")
        assert run(folder, "backup", "copy.zip", "--with-files").returncode == 0
        make_mission(program, "new")
    return folder


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_in_the_middle_of_a_restore(
    tmp_path: Path, before: Path, step: str, when: str
) -> None:
    subprocess.run(["cp", "-a", f"{before}/.", str(tmp_path)], check=True)
    database = tmp_path / "data" / "missions.db"
    dead = subprocess.run(
        [sys.executable, "-c", DYING, step, when, "copy.zip"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert dead.returncode == -9, dead.stderr
    replaced = step == "_swap" and when == "after"
    assert names_in(database) == (["old"] if replaced else ["old", "new"])
    done = run(tmp_path, "restore", "copy.zip")
    assert done.returncode == 0, done.stderr
    assert names_in(database) == ["old"]
    kept = list((tmp_path / "data").glob("missions.before-restore-*.db"))
    assert ["old", "new"] in [names_in(path) for path in kept]
    assert not list((tmp_path / "data").glob("*.restoring*"))
