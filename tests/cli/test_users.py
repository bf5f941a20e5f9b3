"""`webapp user`: accounts from the command line."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.helpers.program import RUN_S, Program, environment, run

PASSWORD = "correct horse, battery staple"


def add(folder: Path, name: str, *arguments: str, password: str = PASSWORD) -> str:
    """Make an account with a password on standard input; returns what is said."""
    done = run_with(folder, password, "user", "add", name, "--password-stdin", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_with(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `webapp …` with something on its standard input."""
    return run(folder, *arguments, typed=text + "\n")


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a command that could not be done."""
    assert done.returncode == 2, done.stdout + done.stderr
    [line] = done.stderr.strip().splitlines()
    return line


def may_sign_in(url: str, name: str, password: str) -> bool:
    answer = requests.post(
        url + "/sign-in",
        data={"name": name, "password": password},
        allow_redirects=False,
        timeout=20,
    )
    return answer.status_code == 303


def test_the_first_account_is_an_admin_and_owns_what_was_made_before(tmp_path: Path) -> None:
    with Program(tmp_path, "--no-open") as program:
        body = {
            "name": "Autumn",
            "task_type": "text_to_image",
            "config": {"batch_input": ["fox"]},
            "scheduled_at": "2099-01-01 00:00:00",
        }
        made = requests.post(program.url + "/api/api-missions", json=body, timeout=20)
        assert made.status_code == 200, "no account is needed yet"
        line = refused(run_with(tmp_path, PASSWORD, "user", "add", "Ben", "--password-stdin"))
        assert "--role admin" in line

        said = add(tmp_path, "Anna", "--role", "admin")
        assert "1 mission," in said
        assert PASSWORD not in said

        # The running server follows at once.
        assert requests.get(program.url + "/api/queue", timeout=20).status_code == 401
        assert may_sign_in(program.url, "anna", PASSWORD)
        assert not may_sign_in(program.url, "anna", PASSWORD + "x")

        assert "1 mission" not in add(tmp_path, "Ben")
        listed = run(tmp_path, "user", "list").stdout
        assert re.search(r"^Anna\s+admin\s+last seen", listed, re.MULTILINE)
        assert re.search(r"^Ben\s+member\s+never signed in", listed, re.MULTILINE)

        assert run(tmp_path, "user", "disable", "BEN").returncode == 0
        assert not may_sign_in(program.url, "Ben", PASSWORD)
        assert "disabled" in run(tmp_path, "user", "list").stdout
        assert run(tmp_path, "user", "enable", "Ben").returncode == 0
        assert may_sign_in(program.url, "Ben", PASSWORD)

        changed = run(tmp_path, "user", "passwd", "Ben", "--generate")
        fresh = changed.stdout.strip().splitlines()[-1].rpartition(" ")[2]
        assert len(fresh) >= 20
        assert not may_sign_in(program.url, "Ben", PASSWORD)
        assert may_sign_in(program.url, "Ben", fresh)


def test_the_last_admin_stays(tmp_path: Path) -> None:
    add(tmp_path, "Anna", "--role", "admin")
    assert "last admin" in refused(run(tmp_path, "user", "disable", "Anna"))
    assert "last admin" in refused(run(tmp_path, "user", "role", "Anna", "member"))
    add(tmp_path, "Ben")
    assert "last admin" in refused(run(tmp_path, "user", "disable", "Anna"))
    assert run(tmp_path, "user", "role", "Ben", "admin").returncode == 0
    assert run(tmp_path, "user", "disable", "Anna").returncode == 0
    assert "last admin" in refused(run(tmp_path, "user", "role", "Ben", "viewer"))


@pytest.mark.parametrize(
    ("name", "password", "told"),
    [
        ("Ben", "short", "at least 10"),
        ("Ben", "", "at least 10"),
        ("Ben", "1234567890", "first that are guessed"),
        ("Ben", "x" * 201, "up to 200"),
        ("BenBenBenBen", "benbenbenben", "first that are guessed"),
        ("Ben\x07", PASSWORD, "cannot be seen"),
        ("   ", PASSWORD, "Choose a name"),
        ("x" * 65, PASSWORD, "up to 64"),
        ("ANNA", PASSWORD, "already"),
    ],
)
def test_what_cannot_be_is_one_line(anna: Path, name: str, password: str, told: str) -> None:
    done = run_with(anna, password, "user", "add", name, "--password-stdin")
    assert told in refused(done)
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one account."""
    folder = tmp_path_factory.mktemp("anna")
    add(folder, "Anna", "--role", "admin")
    return folder


@pytest.mark.parametrize("command", ["passwd", "disable", "enable", "role"])
def test_nobody_of_that_name(anna: Path, command: str) -> None:
    more = {"passwd": ["--generate"], "role": ["viewer"]}.get(command, [])
    done = run(anna, "user", command, "Nobody", *more)
    assert "no account “Nobody”" in refused(done)


def test_a_password_is_no_argument_and_one_way_is_enough(anna: Path) -> None:
    done = run(anna, "user", "add", "Ben", "--password", PASSWORD)
    assert done.returncode == 2
    assert "No such option" in done.stderr
    both = run_with(anna, PASSWORD, "user", "add", "Ben", "--generate", "--password-stdin")
    assert "Choose one" in refused(both)


def test_a_generated_password_is_shown_once(anna: Path) -> None:
    done = run(anna, "user", "add", "Gina", "--generate", "--role", "viewer")
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if "Password" in line]
    password = line.rpartition(" ")[2]
    stored = b"".join(path.read_bytes() for path in (anna / "data").glob("missions.db*"))
    assert password.encode() not in stored
    assert b"$argon2id$" in stored


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal that a test can type into")
@pytest.mark.parametrize(("again", "code"), [(PASSWORD, 0), ("something else", 2)])
def test_a_typed_password_is_hidden_and_asked_for_twice(
    tmp_path: Path, again: str, code: int
) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "webapp", "user", "add", "Anna", "--role", "admin"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        for question, typed in ((b"Password: ", PASSWORD), (b"Once more: ", again)):
            while question not in shown:
                shown += os.read(ours, 1000)
            os.write(ours, typed.encode() + b"\n")
        while part := _read(ours):
            shown += part
        assert process.wait(RUN_S) == code, shown
    os.close(ours)
    assert PASSWORD.encode() not in shown
    assert again.encode() not in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1000)
    except OSError:  # how Linux says that the other side is gone
        return b""


def test_beyond_this_machine_needs_an_account(tmp_path: Path) -> None:
    done = run(tmp_path, "--host", "0.0.0.0", "--no-open")
    assert "webapp user add NAME --role admin" in refused(done)
    assert not (tmp_path / "data").exists()
    add(tmp_path, "Anna", "--role", "admin")
    with Program(tmp_path, "--host", "0.0.0.0", "--no-open", ALLOWED_HOSTS="studio.lan") as program:
        port = program.url.rpartition(":")[2]
        url = f"http://127.0.0.1:{port}"
        for name, status in (
            (f"127.0.0.1:{port}", 401),
            (f"studio.lan:{port}", 401),
            (f"0.0.0.0:{port}", 401),
            ("evil.example", 400),
            ("192.0.2.7", 400),
        ):
            answer = requests.get(url + "/api/queue", headers={"Host": name}, timeout=20)
            assert answer.status_code == status, name
        assert may_sign_in(url, "Anna", PASSWORD)


def test_a_database_of_before_accounts_has_none(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "missions.db").touch()
    done = run(tmp_path, "--host", "0.0.0.0", "--no-open")
    assert "there are no accounts yet" in refused(done)
