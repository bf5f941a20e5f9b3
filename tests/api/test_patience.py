"""Who takes for ever to say what they want is not waited for (docs/security.md)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import chain, count, repeat
from threading import Event

import pytest

from tests.conftest import StartApp
from tests.helpers import raw
from tests.helpers.live import LiveApp
from tests.helpers.program import Program
from tests.helpers.waiting import wait_until
from webapp.server import body_limit, patience

PATH = "/api/api-templates"
JSON = "application/json"


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    return start_app()


@pytest.fixture
def hasty_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_S", 1.0)


@pytest.fixture
def hasty_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "BODY_S", 1.0)


@pytest.mark.usefixtures("hasty_head")
@pytest.mark.parametrize("said", [b"", b"GET", b"GET /health HTTP/1.1\r\nHost: localhost\r\n"])
def test_a_head_that_does_not_come_is_not_waited_for(app: LiveApp, said: bytes) -> None:
    with raw.connected(app.url) as sock:
        sock.sendall(said)
        assert sock.recv(1) == b""


@pytest.mark.usefixtures("hasty_head")
def test_nor_the_second_one_of_a_connection(app: LiveApp) -> None:
    whole = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with raw.connected(app.url) as sock:
        sock.sendall(whole)
        assert sock.recv(65536).startswith(b"HTTP/1.1 200")
        sock.sendall(whole[:20])
        assert raw.read_answer(sock)[1][-1:] != b"\n"


@pytest.mark.usefixtures("hasty_head")
def test_a_head_letter_by_letter_is_not_waited_for(app: LiveApp) -> None:
    start = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: "
    status, _ = raw.pour(app.url, start, _slowly(b"x"))
    assert status == 0


def test_a_head_without_end_is_refused(app: LiveApp) -> None:
    start = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: "
    status, sent = raw.pour(app.url, start, repeat(bytes(65536).replace(b"\0", b"x"), 2000))
    assert status in (0, 400)
    assert sent < 32 * 1024 * 1024


@pytest.mark.usefixtures("hasty_head", "hasty_body")
@pytest.mark.parametrize("drips", [False, True], ids=["silent", "dripping"])
@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_a_body_that_does_not_come_is_refused(app: LiveApp, drips: bool, chunked: bool) -> None:
    length = {"Transfer_Encoding": "chunked"} if chunked else {"Content_Length": "100000"}
    start = raw.head(app.url, "POST", PATH, Content_Type=JSON, **length)
    piece = b"1\r\n{\r\n" if chunked else b"{"
    if drips:
        assert raw.pour(app.url, start, _slowly(piece))[0] == 408
        return
    status, answer = raw.ask(app.url, start + piece)
    assert status == 408
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 408


def _slowly(piece: bytes) -> Iterator[bytes]:
    """One piece after the other, for as long as it is listened to."""
    pause = Event()
    for _ in count():
        pause.wait(0.02)
        yield piece


@pytest.mark.usefixtures("hasty_body")
def test_a_body_that_comes_well_has_the_time_it_needs(
    app: LiveApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_limit, "SLOWEST", 1)
    body = json.dumps({"name": "x", "padding": "y" * 2000}).encode()
    start = raw.head(app.url, "POST", PATH, Content_Type=JSON, Content_Length=str(len(body)))
    halves = chain([body[:1000]], _pause(1.3), [body[1000:]])
    assert raw.pour(app.url, start, halves)[0] == 422


def _pause(seconds: float) -> Iterator[bytes]:
    Event().wait(seconds)
    yield b""


def test_sixty_slow_bodies_keep_nobody_else_waiting(app: LiveApp) -> None:
    """They wait in no thread: more of them than there are threads for pages."""
    start = raw.head(app.url, "POST", PATH, Content_Type=JSON, Content_Length="1000")
    connections = [raw.connected(app.url) for _ in range(60)]
    socks = [connection.__enter__() for connection in connections]
    for sock in socks:
        sock.sendall(start + b"{")
    wait_until(lambda: len(app._server.server_state.connections) >= 60)
    for path in ("/missions", "/health", "/api/api-missions"):
        assert app.get(path, timeout=10).status_code == 200
    for connection in connections:
        connection.__exit__(None, None, None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the limits of a process")
def test_strangers_do_not_use_up_all_that_can_be_open(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("few")
    few = ("sh", "-c", 'ulimit -Sn 64; exec "$@"', "sh", sys.executable, "-m", "webapp")
    with Program(folder, "--no-open", program=few) as program:
        connections = [raw.connected(program.url) for _ in range(100)]
        for connection in connections:
            connection.__enter__()
        status, _ = raw.ask(program.url, raw.head(program.url, "GET", "/health"))
        assert status == 200
        for connection in connections:
            connection.__exit__(None, None, None)
