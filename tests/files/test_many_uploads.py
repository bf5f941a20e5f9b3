"""Many people send pictures at once (reliability.md §6 row 51)."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import StartApp
from tests.files import made
from tests.helpers.live import LiveApp
from tests.helpers.waiting import wait_until
from webapp.files.pictures import decoders
from webapp.routes.upload_turns import AT_ONCE

MB = 1024 * 1024


@pytest.fixture(scope="module")
def app(start_app: StartApp, tmp_path_factory: pytest.TempPathFactory) -> LiveApp:
    return start_app(max_upload_mb=2)


def send(app: LiveApp, body: bytes, name: str = "fox.png") -> requests.Response:
    url = f"{app.url}/api/upload-image"
    return requests.post(url, files={"file": (name, body)}, timeout=30)


def test_pages_answer_while_pictures_wait_for_a_decoder(app: LiveApp) -> None:
    """More uploads than the server has threads for pages."""
    bodies = [made.picture(size=(20 + number, 20)) for number in range(50)]
    with ThreadPoolExecutor(50) as senders:
        with decoders, decoders:
            answers = [senders.submit(send, app, body) for body in bodies]
            wait_until(lambda: _waiting_uploads(app) >= 45)
            assert app.get("/health", timeout=10).status_code == 200
            assert not any(answer.done() for answer in answers)
        assert {answer.result().status_code for answer in answers} == {200}


def test_a_form_without_pictures_does_not_wait_for_those_of_others(app: LiveApp) -> None:
    bodies = [made.picture(size=(90 + number, 20)) for number in range(AT_ONCE)]
    form = {"task_type": "text_to_image", "prompts": "a fox"}
    with ThreadPoolExecutor(AT_ONCE) as senders:
        with decoders, decoders:
            answers = [senders.submit(send, app, body) for body in bodies]
            wait_until(lambda: len(decoders._cond._waiters) == AT_ONCE)  # type: ignore[attr-defined]
            headers = {"Sec-Fetch-Site": "same-origin"}
            answer = app.post("/missions/new/preview", data=form, headers=headers, timeout=10)
            assert answer.status_code == 200
        assert {answer.result().status_code for answer in answers} == {200}


def _waiting_uploads(app: LiveApp) -> int:
    """Requests that the server has open."""
    return len(app._server.server_state.connections)


def test_one_bad_picture_does_not_hold_up_the_others(app: LiveApp) -> None:
    bodies = [made.picture(), made.png_that_claims(10_000, 10_000), b"<svg/>", made.picture()[:60]]
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda body: send(app, body).status_code, bodies * 5))

    assert answers == [200, 413, 415, 422] * 5


def test_a_body_beyond_the_limit_is_refused_however_it_comes(app: LiveApp) -> None:
    envelope = send(app, bytes(2 * MB + 1)).json()
    assert envelope["code"] == 413

    def endless() -> object:
        yield b"--x\r\nContent-Disposition: form-data; name=file; filename=a.png\r\n\r\n"
        for _ in range(10_000):
            yield bytes(64 * 1024)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    url = f"{app.url}/api/upload-image"
    try:
        status = requests.post(url, data=endless(), headers=headers, timeout=30).status_code  # type: ignore[arg-type]
    except requests.ConnectionError:
        status = 413  # the server answered and closed while we were still sending
    assert status == 413


def test_somebody_who_leaves_half_way_leaves_nothing(app: LiveApp) -> None:
    address, before = urlsplit(app.url), _spooled()
    with socket.create_connection((address.hostname, address.port), timeout=30) as sock:
        sock.sendall(
            f"POST /api/upload-image HTTP/1.1\r\nHost: {address.netloc}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1500000\r\n\r\n"
            '--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'.encode()
            + bytes(1_200_000)
        )
        wait_until(lambda: _spooled() > before)

    wait_until(lambda: _spooled() == before)
    references = app.settings.uploads / "references"
    assert list(references.glob("*.part")) == []


def _spooled() -> int:
    """Unnamed temporary files that this process has open."""
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("only Linux tells which files are open")
    found = 0
    for entry in handles.iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        found += target.endswith("(deleted)") and "/memfd" not in target
    return found
