"""Those who look for secrets find them."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.conftest import StartApp
from tests.helpers.canary import (
    KEY,
    SECRET_KEY,
    check_files,
    check_text,
    leaks,
    seen_in,
    seen_in_zip,
)
from tests.helpers.live import LiveApp

PASSWORD = "a long pass phrase"
SESSION = "0123456789abcdefghijklmnopqrstuv"
TOKEN = "token-0123456789"

pytest_plugins = ["pytester"]


def packed() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.csv", "a" * 500 + KEY)
    return out.getvalue()


@pytest.mark.parametrize("secret", [KEY, KEY[3:20], KEY[10:-4], SECRET_KEY, SECRET_KEY[-20:]])
def test_a_secret_is_seen_also_by_half(secret: str) -> None:
    assert seen_in(f"x{secret}y".encode())


def test_a_hint_of_the_key_is_none() -> None:
    assert seen_in(f"•••• {KEY[-4:]}".encode()) is None


def test_packed_secrets_are_seen() -> None:
    assert seen_in(packed()) is None
    assert seen_in_zip(packed())
    assert seen_in_zip(b"no zip") is None


def test_files_are_searched(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("left")
    for name, data in (("a.db", b"\0" + KEY.encode()), ("b.zip", packed()), ("c.txt", b"x")):
        (folder / name).write_bytes(data)
    with pytest.raises(AssertionError, match=r"a\.db.*b\.zip"):
        check_files(folder)
    (folder / "a.db").unlink()
    (folder / "b.zip").unlink()
    check_files(folder)
    with pytest.raises(AssertionError, match=r"c\.txt"):
        check_files(folder, ["x"])
    with pytest.raises(AssertionError, match="the page"):
        check_text("the page", f"<p>{KEY}</p>")


def noticed() -> list[str]:
    """What was noted until now; a test that expects it forgets it."""
    found = [*leaks]
    leaks.clear()
    return found


def echo(request: Request) -> Response:
    """What a bad page would do."""
    match request.path_params["what"]:
        case "key":
            return JSONResponse({"key": KEY})
        case "header":
            return Response(headers={"X-Key": KEY})
        case "session":
            return JSONResponse(request.cookies)
        case "renewed":
            return Response(headers={"Set-Cookie": f"session={SESSION}; HttpOnly"})
        case "token":
            return JSONResponse(request.headers["authorization"])
        case "zip":
            return Response(packed(), media_type="application/zip")
        case "pieces":
            return StreamingResponse(iter([KEY[:12].encode(), KEY[12:].encode()]))
    return Response()


async def sign_in(request: Request) -> Response:
    body = await request.body()
    return Response(body if "echo" in request.query_params else b"welcome")


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> Iterator[LiveApp]:
    made = start_app()
    made.app.router.routes.insert(0, Route("/echo/{what}", echo))
    made.app.router.routes.insert(0, Route("/sign-in", sign_in, methods=["POST"]))
    yield made


@pytest.mark.parametrize("what", ["key", "header", "session", "token", "zip", "pieces"])
def test_an_answer_with_a_secret_is_noticed(app: LiveApp, what: str) -> None:
    headers = {"Cookie": f"session={SESSION}; theme=dark", "Authorization": f"Bearer {TOKEN}"}
    app.get(f"/echo/{what}", headers=headers)
    assert any(f"/echo/{what}" in line for line in noticed())


@pytest.mark.parametrize("what", ["renewed", "nothing"])
def test_a_proper_answer_is_not(app: LiveApp, what: str) -> None:
    app.get(f"/echo/{what}", headers={"Cookie": f"session={SESSION}"})
    assert noticed() == []


@pytest.mark.parametrize(
    "posted",
    [{"data": {"name": "anna", "password": PASSWORD}}, {"json": {"new_password": PASSWORD}}],
)
def test_a_password_is_learned_and_then_seen(app: LiveApp, posted: dict[str, object]) -> None:
    app.post("/sign-in", **posted)
    assert noticed() == []
    logging.getLogger("webapp").warning("somebody tried %s", PASSWORD)
    assert noticed()
    app.post("/sign-in?echo", json={"password": PASSWORD})
    assert noticed()


def test_a_link_that_is_a_secret_may_be_shown_and_not_logged(app: LiveApp) -> None:
    link = "/invitation/" + SESSION[::-1]
    app.get(link)
    assert noticed() == []
    logging.getLogger("webapp").warning("GET %s failed", link)
    assert noticed()


@pytest.mark.usefixtures("spilled_on_purpose")
@pytest.mark.parametrize(
    "body",
    [
        "import logging\ndef test_it():\n    logging.getLogger('x').warning('the key %s', KEY)",
        "def test_it():\n    print(KEY)",
        "def test_it(tmp_path):\n    (tmp_path / 'a').write_text(KEY)",
    ],
    ids=["log", "print", "file"],
)
def test_a_test_that_leaks_fails(
    pytester: pytest.Pytester, body: str, make_suite: Callable[[str], None]
) -> None:
    make_suite(body)
    done = pytester.runpytest_subprocess()
    assert done.ret == 1, done.stdout.str()


def test_a_test_that_does_not_leak_passes(
    pytester: pytest.Pytester, make_suite: Callable[[str], None]
) -> None:
    make_suite("def test_it(tmp_path):\n    print('fine')")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.fixture
def make_suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    root = Path(__file__).resolve().parents[2]

    def make(body: str) -> None:
        monkeypatch.setenv("PYTHONPATH", str(root))
        names = "listen_to_logs, nothing_leaks, pytest_runtest_makereport, read_answers"
        pytester.makeconftest(f"from tests.plugins.canary import {names}")
        pytester.makepyfile(f"from tests.helpers.canary import KEY\n{body}")

    return make
