"""`webapp backup FILE`"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import requests

from tests.helpers.live import mission_body
from tests.helpers.program import Program, run


def test_a_backup_while_the_server_runs_has_what_was_answered(tmp_path: Path) -> None:
    with Program(tmp_path, "--no-open") as program:
        body = mission_body(name="秋季", scheduled_at="2099-01-01 00:00:00")
        made = requests.post(program.url + "/api/api-missions", json=body, timeout=10)
        assert made.status_code == 200
        done = run(tmp_path, "backup", "copy.db")
        assert done.returncode == 0, done.stderr
        assert "copy.db" in done.stdout
    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("SELECT name, total_count FROM api_missions").fetchall() == [("秋季", 2)]
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "data"]


def test_a_backup_can_be_started_from(tmp_path: Path) -> None:
    with Program(tmp_path, "--no-open"):
        run(tmp_path, "backup", "copy.db")
    with Program(tmp_path, "--no-open", DATABASE_URL=f"sqlite:///{tmp_path}/copy.db") as program:
        assert requests.get(program.url + "/health", timeout=10).status_code == 200


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with Program(tmp_path, "--no-open"):
        pass
    (tmp_path / "copy.db").write_text("precious")
    done = run(tmp_path, "backup", "copy.db")
    assert done.returncode == 2
    assert "copy.db" in done.stderr
    assert (tmp_path / "copy.db").read_text() == "precious"


def test_without_a_database_there_is_no_backup(tmp_path: Path) -> None:
    done = run(tmp_path, "backup", "copy.db")
    assert done.returncode == 2
    assert "DATA_DIR" in done.stderr
    assert not (tmp_path / "copy.db").exists()


def test_a_damaged_database_is_not_kept_as_a_backup(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "missions.db").write_bytes(b"this is no database" * 100)
    done = run(tmp_path, "backup", "copy.db")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with Program(tmp_path, "--no-open"):
        pass
    done = run(tmp_path, "backup", "nowhere/copy.db")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
