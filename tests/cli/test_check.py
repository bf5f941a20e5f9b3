"""`webapp check`: each thing with what is wrong and what to do."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import KEY, MakeSettings
from tests.helpers.live import mission_body
from tests.helpers.program import Program, run
from tests.helpers.waiting import wait_until
from webapp.backups.inspection import local_findings
from webapp.simulator import KeyKind, Simulator, SimulatorConfig

NAMES = ["Disk", "Database", "Copies", "Rights", "Key", "Account", "Upload", "Question"]


@pytest.fixture
def remote() -> Iterator[Simulator]:
    with Simulator(SimulatorConfig(key=KEY, speed=50)) as running:
        yield running


def check(folder: Path, remote: Simulator, **settings: Any) -> tuple[int, list[str]]:
    given = {"RUNNINGHUB_API_KEY": KEY, "RUNNINGHUB_BASE_URL": remote.url}
    done = run(folder, "check", **(given | settings))
    assert "Traceback" not in done.stderr
    assert KEY not in done.stdout + done.stderr
    return done.returncode, done.stdout.splitlines()


def wrong(lines: list[str]) -> list[str]:
    """The wrong lines, each with the advice below it."""
    return [
        f"{line} {lines[position + 1].strip()}"
        for position, line in enumerate(lines)
        if line.startswith("WRONG")
    ]


def test_all_is_well(tmp_path: Path, remote: Simulator) -> None:
    code, lines = check(tmp_path, remote)
    assert code == 0
    assert [line.split()[1].rstrip(":") for line in lines] == NAMES
    assert all(line.startswith("ok") for line in lines)
    assert "1000" in lines[5]


def test_without_a_key_the_simulator_is_asked(tmp_path: Path) -> None:
    done = run(tmp_path, "check")
    assert done.returncode == 0
    assert "simulator" in done.stdout
    assert len(done.stdout.splitlines()) == len(NAMES)


def test_nothing_is_submitted(tmp_path: Path, remote: Simulator) -> None:
    check(tmp_path, remote)
    assert remote.ledger == []


def test_a_bad_key(tmp_path: Path, remote: Simulator) -> None:
    remote.configure(keys={KEY: KeyKind.INVALID})
    code, lines = check(tmp_path, remote)
    assert code == 1
    [line] = wrong(lines)
    assert "Key" in line
    assert "→" in line


def test_an_empty_account(tmp_path: Path, remote: Simulator) -> None:
    remote.configure(balance=Decimal(0))
    code, lines = check(tmp_path, remote)
    assert code == 1
    [line] = wrong(lines)
    assert "Account" in line
    assert "Top up" in line


def test_a_personal_key(tmp_path: Path, remote: Simulator) -> None:
    remote.configure(keys={KEY: KeyKind.CONSUMER})
    code, lines = check(tmp_path, remote)
    assert code == 1
    [line] = wrong(lines)
    assert "Enterprise-Shared" in line


@pytest.mark.parametrize(("surface", "name"), [("upload", "Upload"), ("query", "Question")])
def test_what_does_not_work_is_named(
    tmp_path: Path, remote: Simulator, surface: str, name: str
) -> None:
    remote.scenario(surface, "http", status=500)
    code, lines = check(tmp_path, remote)
    assert code == 1
    [line] = wrong(lines)
    assert name in line


def test_nobody_answers(tmp_path: Path, remote: Simulator) -> None:
    url = remote.url
    remote.stop()
    done = run(tmp_path, "check", RUNNINGHUB_API_KEY=KEY, RUNNINGHUB_BASE_URL=url)
    assert done.returncode == 1
    [line] = wrong(done.stdout.splitlines())
    assert "RUNNINGHUB_BASE_URL" in line


def test_a_folder_that_cannot_be_written(tmp_path: Path, remote: Simulator) -> None:
    (tmp_path / "file").write_text("in the way")
    code, lines = check(tmp_path, remote, UPLOAD_DIR=tmp_path / "file" / "uploads")
    assert code == 1
    [line] = wrong(lines)
    assert "Disk" in line
    assert str(tmp_path / "file") in line


def test_a_damaged_database(tmp_path: Path, remote: Simulator) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "missions.db").write_bytes(b"this is no database" * 100)
    (tmp_path / "data" / "missions.db").chmod(0o600)
    code, lines = check(tmp_path, remote)
    assert code == 1
    [line] = wrong(lines)
    assert "missions.db" in line
    assert "backup" in line


def test_what_others_can_read_is_named_with_the_command_that_mends_it(
    tmp_path: Path, remote: Simulator
) -> None:
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o644)
    code, lines = check(tmp_path, remote)
    assert code == 1
    [line] = wrong(lines)
    assert "Rights" in line
    assert "chmod go= .env" in line
    (tmp_path / ".env").chmod(0o600)
    results = tmp_path / "data" / "uploads" / "results"
    results.parent.chmod(0o755)  # as git makes it
    assert check(tmp_path, remote)[0] == 0
    results.mkdir(mode=0o755)
    assert f"chmod go= {results}" in wrong(check(tmp_path, remote)[1])[0]


def test_an_old_copy_is_named(tmp_path: Path, remote: Simulator) -> None:
    folder = tmp_path / "data" / "backups"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "daily-20260101-000000.db").write_bytes(b"")
    code, lines = check(tmp_path, remote)
    assert code == 1
    [line] = wrong(lines)
    assert "Copies" in line
    assert "2026-01-01" in line


def test_a_restored_database_that_nobody_looked_at(tmp_path: Path, remote: Simulator) -> None:
    given = {"RUNNINGHUB_API_KEY": KEY, "RUNNINGHUB_BASE_URL": remote.url}
    with Program(tmp_path, "--no-open", **given) as program:
        program.send(signal.SIGTERM)
        program.wait()
    assert check(tmp_path, remote)[0] == 0
    assert run(tmp_path, "backup", "copy.db").returncode == 0
    assert run(tmp_path, "restore", "copy.db").returncode == 0
    code, lines = check(tmp_path, remote)
    assert code == 1
    [line] = wrong(lines)
    assert "/restored" in line


def test_a_database_that_is_missed(tmp_path: Path, remote: Simulator) -> None:
    given = {"RUNNINGHUB_API_KEY": KEY, "RUNNINGHUB_BASE_URL": remote.url}
    with Program(tmp_path, "--no-open", **given) as program:
        made = requests.post(
            program.url + "/api/api-missions", json=mission_body(), timeout=10
        ).json()["data"]["api_mission_id"]
        address = f"{program.url}/api/api-missions/{made}"
        wait_until(
            lambda: requests.get(address, timeout=10).json()["data"]["counts"]["completed"] == 2,
            deadline_s=60,
        )
        program.send(signal.SIGTERM)
        program.wait()
    (tmp_path / "data" / "missions.db").unlink()
    code, lines = check(tmp_path, remote)
    assert code == 1
    [line] = wrong(lines)
    assert "Database" in line
    assert "webapp restore" in line


@pytest.mark.parametrize("name", ["missions.db", "missions.db.receipts", "secret.key"])
def test_a_file_that_is_none_is_named_and_nothing_is_called_damaged(
    make_settings: MakeSettings, name: str
) -> None:
    settings = make_settings()
    (settings.data_dir / name).mkdir()
    disk, found = local_findings(settings)
    assert disk.ok
    assert str(found.said) == f"{settings.data_dir / name} cannot be read and written."
    assert "the user who starts the program" in str(found.todo)
