"""Errors in all shapes: envelope, page, fragment; the wrong method, the wrong address, our fault."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from peewee import OperationalError
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from webapp.errors import Unavailable
from webapp.messages import msg

MISSIONS = "/api/api-missions"


def break_down(request: Request) -> None:
    raise ValueError("the secret inside")


def break_down_half_way(request: Request) -> StreamingResponse:
    def body() -> Iterator[bytes]:
        yield b"first half"
        raise ValueError("gone")

    return StreamingResponse(body())


def be_locked(request: Request) -> None:
    raise OperationalError("database is locked")


def be_busy(request: Request) -> None:
    raise Unavailable(msg("The database is busy. Please try again in a moment."))


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    """An app with a few routes that fail."""
    app = start_app()
    app.app.router.routes[:0] = [
        Route("/api/broken", break_down),
        Route("/broken", break_down),
        Route("/half", break_down_half_way),
        Route("/api/busy", be_busy),
        Route("/api/locked", be_locked),
    ]
    return app


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/api-missions/1/nothing"])
def test_an_unknown_address_of_the_interface(app: LiveApp, path: str) -> None:
    assert app.refused(404, "GET", path)["errors"] == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", MISSIONS, "GET, HEAD, OPTIONS, POST"),
        ("DELETE", MISSIONS, "GET, HEAD, OPTIONS, POST"),
        ("POST", MISSIONS + "/1", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("GET", MISSIONS + "/1/cancel", "OPTIONS, POST"),
        ("PATCH", "/api/api-templates/1", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("POST", "/api/task-types", "GET, HEAD, OPTIONS"),
        ("GET", "/api/upload-image", "OPTIONS, POST"),
        ("POST", "/health", "GET, HEAD, OPTIONS"),
    ],
)
def test_the_wrong_method_is_told_the_right_ones(
    app: LiveApp, method: str, path: str, allowed: str
) -> None:
    answer = app.call(method, path)
    assert answer.status_code == 405
    assert answer.json()["code"] == 405
    assert method in answer.json()["message"]
    assert answer.headers["allow"] == allowed


def test_options_names_the_methods(app: LiveApp) -> None:
    answer = app.call("OPTIONS", MISSIONS)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", [MISSIONS, "/api/task-types", "/health", "/missions"])
def test_head_is_get_without_a_body(app: LiveApp, path: str) -> None:
    full, head = app.get(path), app.call("HEAD", path)
    assert (head.status_code, head.content) == (full.status_code, b"")
    assert head.headers["content-type"] == full.headers["content-type"]


def test_a_page_that_is_not_there_is_html(app: LiveApp) -> None:
    answer = app.get("/nothing/here")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<html" in answer.text
    assert 'href="/missions"' in answer.text
    assert "Traceback" not in answer.text


def test_htmx_gets_one_sentence_for_the_toast(app: LiveApp) -> None:
    answer = app.get("/missions/424242", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert '<hx-partial hx-target="#trouble"' in answer.text
    assert "This mission does not exist" in answer.text


def test_the_sentence_is_in_the_readers_language(app: LiveApp) -> None:
    english = app.refused(404, "GET", MISSIONS + "/424242")["message"]
    headers = {"Accept-Language": "zh-CN"}
    chinese = app.refused(404, "GET", MISSIONS + "/424242", headers=headers)["message"]
    assert english == "This mission does not exist, or was deleted."
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_our_fault_is_told_by_a_number_that_leads_to_the_log(
    app: LiveApp, caplog: pytest.LogCaptureFixture
) -> None:
    answer = app.get("/api/broken")
    assert answer.status_code == 500
    number = answer.json()["request_id"]
    assert number in answer.json()["message"]
    assert answer.headers["x-request-id"] == number
    assert "secret" not in answer.text
    [record] = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert record.exc_info is not None
    assert "/api/broken" in record.getMessage()


def test_our_fault_as_a_page(app: LiveApp) -> None:
    answer = app.get("/broken")
    assert answer.status_code == 500
    assert "<html" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers


def test_half_an_answer_is_not_taken_for_the_whole(
    app: LiveApp, caplog: pytest.LogCaptureFixture
) -> None:
    import requests

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        app.get("/half")
    assert sum(one.exc_info is not None for one in caplog.records) == 1


def test_a_foreseen_error_is_not_logged(app: LiveApp, caplog: pytest.LogCaptureFixture) -> None:
    app.refused(404, "GET", MISSIONS + "/424242")
    app.refused(400, "POST", MISSIONS, data=b"{", headers={"Content-Type": "application/json"})
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


def test_a_passing_trouble_says_when_to_come_back(app: LiveApp) -> None:
    answer = app.get("/api/busy")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["code"] == 503


def test_a_locked_database_is_a_passing_trouble_that_is_logged(
    app: LiveApp, caplog: pytest.LogCaptureFixture
) -> None:
    answer = app.get("/api/locked")
    assert answer.status_code == 503
    assert answer.json()["code"] == 503
    assert "locked" not in answer.text
    assert sum(one.exc_info is not None for one in caplog.records) == 1


def test_each_request_has_a_number_of_its_own(app: LiveApp) -> None:
    numbers = {app.get("/health").headers["x-request-id"] for _ in range(5)}
    assert len(numbers) == 5
