"""`webapp backup --with-files`, `webapp backup --check FILE`, `webapp restore FILE`."""

from __future__ import annotations

import hashlib
import shutil
import signal
import sqlite3
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.helpers.live import mission_body
from tests.helpers.pictures import png
from tests.helpers.program import Program, run
from tests.helpers.waiting import wait_until


def call(program: Program, method: str, path: str, **options: Any) -> Any:
    answer = requests.request(method, program.url + path, timeout=30, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def names_in(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute("SELECT name FROM api_missions ORDER BY id")]
    finally:
        connection.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo with one finished mission and one reference image; nobody runs."""
    folder = tmp_path_factory.mktemp("demo")
    with Program(folder, "--no-open", SIMULATOR_SPEED=50) as program:
        call(program, "POST", "/api/upload-image", files={"file": ("a.png", png(32, "red"))})
        made = call(program, "POST", "/api/api-missions", json=mission_body(name="old"))
        address = f"/api/api-missions/{made['api_mission_id']}"

        def saved() -> bool:
            found = call(program, "GET", address)
            return found["counts"]["completed"] == 2 and not found["files_pending"]

        wait_until(saved, deadline_s=30)
        program.send(signal.SIGTERM)
        assert program.wait() == 0
    return folder


@pytest.fixture
def folder(tmp_path: Path, demo: Path) -> Path:
    """The demo's folder, to do with as one likes."""
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    return tmp_path


def files_of(folder: Path) -> dict[str, str]:
    """Every reference and result with its hash."""
    uploads = folder / "data" / "uploads"
    return {
        path.relative_to(uploads).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in ("references", "results")
        for path in (uploads / kind).glob("*")
    }


def test_the_files_come_along_and_come_back(folder: Path) -> None:
    done = run(folder, "backup", "copy.zip", "--with-files")
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((folder / "copy.zip").stat().st_mode) == 0o600
    before = files_of(folder)
    assert len(before) == 3
    with zipfile.ZipFile(folder / "copy.zip") as archive:
        sums = archive.read("uploads.sha256").decode().splitlines()
        assert {line.split("  ")[1]: line.split("  ")[0] for line in sums} == before
    lost, spoiled, _ = sorted(folder.glob("data/uploads/res*/*")) + sorted(
        folder.glob("data/uploads/ref*/*")
    )
    lost.unlink()
    spoiled.write_bytes(b"x" * spoiled.stat().st_size)
    done = run(folder, "restore", "copy.zip")
    assert done.returncode == 0, done.stderr
    assert "2 files were written" in done.stdout
    now = files_of(folder)
    assert {name: now[name] for name in before} == before
    assert len(now) == 4  # what was spoiled is kept under another name


def test_a_copy_alone_says_which_files_it_needs(folder: Path) -> None:
    done = run(folder, "backup", "copy.db")
    assert done.returncode == 0, done.stderr
    assert "3 files" in done.stdout
    assert "--with-files" in done.stdout
    (lost, *_) = folder.glob("data/uploads/results/*")
    lost.unlink()
    done = run(folder, "backup", "--check", "copy.db")
    assert done.returncode == 1
    assert lost.name in done.stdout
    done = run(folder, "restore", "copy.db")
    assert done.returncode == 0, done.stderr
    assert lost.name in done.stdout
    assert names_in(folder / "data" / "missions.db") == ["old"]


def test_a_spoiled_file_is_found_by_its_content(folder: Path) -> None:
    (spoiled, *_) = folder.glob("data/uploads/results/*")
    spoiled.write_bytes(b"x" * spoiled.stat().st_size)
    assert spoiled.name in run(folder, "backup", "copy.db").stdout
    assert spoiled.name not in run(folder, "backup", "--quick", "other.db").stdout
    done = run(folder, "backup", "--with-files", "copy.zip")
    assert done.returncode == 0
    assert spoiled.name in done.stdout
    done = run(folder, "backup", "--check", "copy.zip")
    assert done.returncode == 1
    assert spoiled.name in done.stdout


def test_the_database_that_was_there_is_kept(folder: Path) -> None:
    assert run(folder, "backup", "copy.db").returncode == 0
    with Program(folder, "--no-open") as program:
        call(program, "POST", "/api/api-missions", json=mission_body(name="new"))
    assert run(folder, "restore", "copy.db").returncode == 0
    assert names_in(folder / "data" / "missions.db") == ["old"]
    (kept,) = folder.glob("data/missions.before-restore-*.db")
    assert names_in(kept) == ["old", "new"]
    assert not list(folder.glob("data/*-wal"))


def test_a_running_server_is_not_pulled_from_under_its_feet(folder: Path) -> None:
    assert run(folder, "backup", "copy.db").returncode == 0
    with Program(folder, "--no-open") as program:
        done = run(folder, "restore", "copy.db")
        assert done.returncode == 2
        assert "Stop it first" in done.stderr
        call(program, "POST", "/api/api-missions", json=mission_body(name="new"))
    assert names_in(folder / "data" / "missions.db") == ["old", "new"]
    assert not list(folder.glob("data/missions.*before-restore*"))


def test_another_program_that_has_it_open_stops_a_restore(folder: Path) -> None:
    assert run(folder, "backup", "copy.db").returncode == 0
    other = sqlite3.connect(folder / "data" / "missions.db")
    other.execute("SELECT count(*) FROM api_missions").fetchone()
    try:
        done = run(folder, "restore", "copy.db")
    finally:
        other.close()
    assert done.returncode == 2
    assert "Stop it first" in done.stderr


def test_a_damaged_database_is_kept_with_its_log(folder: Path) -> None:
    assert run(folder, "backup", "copy.db").returncode == 0
    database = folder / "data" / "missions.db"
    database.write_bytes(b"this is no database" * 1000)
    (folder / "data" / "missions.db-wal").write_bytes(b"its log")
    assert run(folder, "restore", "copy.db").returncode == 0
    assert names_in(database) == ["old"]
    kept = {path.suffix: path for path in folder.glob("data/missions.before-restore-*")}
    assert kept[".db"].read_bytes().startswith(b"this is no database")
    assert kept[".db-wal"].read_bytes() == b"its log"


def test_onto_a_new_machine(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert run(folder, "backup", "--with-files", "copy.zip").returncode == 0
    other = tmp_path_factory.mktemp("other")
    done = run(other, "restore", str(folder / "copy.zip"))
    assert done.returncode == 0, done.stderr
    assert files_of(other) == files_of(folder)
    with Program(other, "--no-open") as program:
        health = requests.get(program.url + "/health", timeout=10).json()
    assert health["restored"] is True


def test_a_copy_that_was_put_in_place_by_hand_is_noticed_too(folder: Path) -> None:
    assert run(folder, "backup", "copy.db").returncode == 0
    (folder / "copy.db").replace(folder / "data" / "missions.db")  # nobody runs: there is no log
    with Program(folder, "--no-open") as program:
        health = requests.get(program.url + "/health", timeout=10).json()
    assert health["restored"] is True


def not_ours(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE birds (name TEXT)")
    connection.commit()
    connection.close()


def from_the_future(path: Path, folder: Path) -> None:
    run(folder, "backup", str(path))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE schema_migration SET name = '0999_later' WHERE id = 1")
    connection.commit()
    connection.close()


def leading_out(path: Path, folder: Path) -> None:
    """A backup of ours, changed so that its files would land elsewhere, or be read from there."""
    run(folder, "backup", str(path), "--with-files")
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    (database,) = [name for name in held if name.endswith(".db")]
    changed = path.with_name("changed.db")
    changed.write_bytes(held[database])
    connection = sqlite3.connect(changed)
    (filename,) = connection.execute("SELECT filename FROM results LIMIT 1").fetchone()
    connection.execute(
        "UPDATE results SET filename = '../../../' || filename WHERE filename = ?", (filename,)
    )
    connection.commit()
    connection.close()
    held[database] = changed.read_bytes()
    changed.unlink()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in held.items():
            archive.writestr(name.replace(filename, f"../../../{filename}"), data)


def empty_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")


@pytest.mark.parametrize("command", [("restore",), ("backup", "--check")])
@pytest.mark.parametrize(
    "kind", ["text", "empty", "not ours", "future", "zip", "cut off", "leading out"]
)
def test_what_is_no_backup_is_refused_in_one_sentence(
    folder: Path, kind: str, command: tuple[str, ...]
) -> None:
    file = folder / "file"
    match kind:
        case "text":
            file.write_text("no backup\n" * 100)
        case "empty":
            file.write_bytes(b"")
        case "not ours":
            not_ours(file)
        case "future":
            from_the_future(file, folder)
        case "zip":
            empty_zip(file)
        case "leading out":
            leading_out(file, folder)
        case "cut off":
            run(folder, "backup", str(file))
            file.write_bytes(file.read_bytes()[:9000])
    before = (folder / "data" / "missions.db").read_bytes()
    done = run(folder, *command, "file")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert (folder / "data" / "missions.db").read_bytes() == before
    assert not list((folder / "data").glob("*restor*"))


@pytest.mark.parametrize("name", ["../../../stolen.png", "/etc/stolen.png", "..", "a/b.png", ""])
def test_a_hostile_copy_leads_nowhere_else(folder: Path, name: str) -> None:
    run(folder, "backup", "copy.zip", "--with-files")
    with zipfile.ZipFile(folder / "copy.zip") as archive:
        (folder / "missions.db").write_bytes(archive.read("missions.db"))
    connection = sqlite3.connect(folder / "missions.db")
    sha256 = hashlib.sha256(b"x").hexdigest()
    connection.execute("UPDATE images SET filename = ?, size = 1, sha256 = ?", (name, sha256))
    connection.commit()
    connection.close()
    with zipfile.ZipFile(folder / "hostile.zip", "w") as archive:
        archive.write(folder / "missions.db", "missions.db")
        archive.writestr(f"uploads/references/{name}", "x")
    before = sorted(path for path in folder.rglob("*"))
    for command in (("restore",), ("backup", "--check")):
        done = run(folder, *command, "hostile.zip")
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert sorted(path for path in folder.rglob("*")) == before


def test_a_newer_version_is_named(folder: Path) -> None:
    from_the_future(folder / "copy.db", folder)
    assert "newer version" in run(folder, "restore", "copy.db").stderr


def test_the_database_itself_is_no_backup_of_itself(folder: Path) -> None:
    done = run(folder, "restore", "data/missions.db")
    assert done.returncode == 2
    assert names_in(folder / "data" / "missions.db") == ["old"]
