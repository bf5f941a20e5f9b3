"""`webapp` and `webapp serve`: what it says, how it stops, what it refuses."""

from __future__ import annotations

import json
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest
import requests

import webapp
from tests.conftest import KEY
from tests.helpers.program import Program, run
from webapp.simulator import Simulator


def one_line(text: str) -> str:
    [line] = text.strip().splitlines()
    return line


def test_it_says_where_it_is_what_it_is_and_how_to_stop(tmp_path: Path) -> None:
    with Program(tmp_path, "--no-open", program=(sys.executable, "-m", "webapp")) as program:
        output = "\n".join(program.output)
        assert f"RunningHub Missions {webapp.__version__}" in output
        assert str(tmp_path / "data") in output
        assert "nothing is billed" in output
        assert "Ctrl+C" in output
        answer = requests.get(program.url + "/health", timeout=10)
        assert answer.json()["status"] == "ok"
        assert answer.json()["simulated"] is True
        assert "server" not in answer.headers


def test_with_a_key_it_says_that_money_is_spent(tmp_path: Path, simulator: Simulator) -> None:
    given = {"RUNNINGHUB_API_KEY": KEY, "RUNNINGHUB_BASE_URL": simulator.url}
    with Program(tmp_path, "serve", "--no-open", **given) as program:
        output = "\n".join(program.output)
        assert "cost money" in output
        assert simulator.url in output
        assert KEY not in output


def test_it_speaks_chinese_when_told_to(tmp_path: Path) -> None:
    with Program(tmp_path, "--no-open", DEFAULT_LOCALE="zh_CN") as program:
        assert "演示模式" in "\n".join(program.output)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with Program(tmp_path, "--no-open") as program:
        program.send(number)
        assert program.wait() == 0
        assert "Traceback" not in "\n".join(program.log)
    with Program(tmp_path, "--no-open") as again:
        assert requests.get(again.url + "/health", timeout=10).status_code == 200


def test_a_second_signal_stops_it_at_once(tmp_path: Path) -> None:
    with Program(tmp_path, "--no-open") as program:
        host, port = program.url.removeprefix("http://").split(":")
        # A request that never ends holds up the clean stop.
        with socket.create_connection((host, int(port))) as sock:
            sock.sendall(
                b"POST /api/api-templates HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{"
            )
            assert requests.get(program.url + "/health", timeout=10).status_code == 200
            program.send(signal.SIGTERM)
            sock.settimeout(0.5)
            with pytest.raises(TimeoutError):
                sock.recv(1)
            assert program.process.poll() is None
            program.send(signal.SIGTERM)
            assert program.wait() == 128 + signal.SIGTERM


def test_what_it_writes_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    with Program(tmp_path, "--no-open"):
        data = tmp_path / "data"
        for path in (data, *data.rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_taken_port_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run(tmp_path, "--port", str(port), "--no-open")
    assert done.returncode == 2
    assert str(port) in one_line(done.stderr)
    assert "--port 0" in done.stderr


def test_an_address_that_others_reach_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "--host", "0.0.0.0", "--no-open")
    assert done.returncode == 2
    assert "can be reached from other machines" in one_line(done.stderr)
    assert "--host 127.0.0.1" in done.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "999.1.1.1", "nowhere.invalid"])
def test_an_address_of_no_machine_or_another_is_refused(tmp_path: Path, host: str) -> None:
    done = run(tmp_path, "--host", host, "--no-open")
    assert done.returncode == 2
    assert f"HOST {host} is no address of this machine" in one_line(done.stderr)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"PORT": "http"}, "webapp: PORT cannot be used: it is 'http'."),
        ({"PORT": "http", "DEFAULT_LOCALE": "zh"}, "webapp: PORT 的值 'http' 不能用。"),
        ({"DATABASE_URL": "sqlite:////dev/null/missions.db"}, "DATABASE_URL"),
        ({"UPLOAD_DIR": "/dev/null/uploads"}, "UPLOAD_DIR"),
    ],
)
def test_a_bad_setting_is_one_line_and_exit_code_2(
    tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    """All kinds of them are in core/test_cannot_start.py."""
    done = run(tmp_path, "--no-open", **settings)
    assert done.returncode == 2, done.stderr
    assert told in one_line(done.stderr)
    assert done.stdout == ""


def test_a_file_that_is_met_late_in_the_start_is_one_line_too(tmp_path: Path) -> None:
    (tmp_path / "data" / "secret.key").mkdir(parents=True)
    done = run(tmp_path, "--no-open")
    assert done.returncode == 2
    assert "secret.key cannot be used" in one_line(done.stderr)


def test_a_settings_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=7778", encoding="utf-16")
    done = run(tmp_path, "--no-open")
    assert done.returncode == 2
    assert "UTF-8" in one_line(done.stderr)


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run(tmp_path, "--no-open", DATA_DIR=tmp_path / "file" / "data")
    assert done.returncode == 2
    assert "DATA_DIR" in one_line(done.stderr)


@pytest.mark.skipif(
    not Path("/proc/self").is_dir(), reason="there is no folder that root cannot fill"
)
def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "--no-open", DATA_DIR="/proc/self")
    assert done.returncode == 2
    assert "DATA_DIR" in one_line(done.stderr)


def test_a_damaged_database_is_told_here_and_on_every_page(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "missions.db"
    file.write_bytes(b"this is no database" * 100)
    with Program(tmp_path, "--no-open") as program:
        assert "The database is damaged" in "\n".join(program.output)
        answer = requests.get(program.url + "/missions", timeout=10)
        assert answer.status_code == 503
        assert "webapp restore" in answer.text
        program.send(signal.SIGTERM)
        assert program.wait() == 0
    assert file.read_bytes() == b"this is no database" * 100


def test_the_version(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")
    assert done.returncode == 0
    assert webapp.__version__ in done.stdout


def test_an_unknown_command(tmp_path: Path) -> None:
    done = run(tmp_path, "fly")
    assert done.returncode == 2
    assert "fly" in done.stderr


def test_the_log_as_json_is_json_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    with Program(tmp_path, "--no-open", LOG_FORMAT="json", LOG_LEVEL="debug") as program:
        for path in ("/missions", "/health", "/nothing", "/api/api-missions/99"):
            requests.get(program.url + path, timeout=10)
        program.send(signal.SIGTERM)
        assert program.wait() == 0
    lines = [json.loads(line) for line in program.log]
    assert {line["message"].rpartition(" ms")[0].rpartition(" ")[0] for line in lines} >= {
        "GET /missions 200",
        "GET /health 200",
        "GET /nothing 404",
        "GET /api/api-missions/99 404",
    }
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
