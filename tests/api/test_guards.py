"""What every request passes: names of this server, origin of a change, size; headers on every answer."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator

import pytest

from tests.conftest import StartApp
from tests.helpers.live import LiveApp, mission_body
from webapp.server.middleware import CONTENT_SECURITY_POLICY

MISSIONS = "/api/api-missions"
MB = 1024 * 1024


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    return start_app(public_url="https://missions.example.com")


def raw(app: LiveApp, request: bytes) -> bytes:
    """What the server answers to these very bytes."""
    with socket.create_connection(("127.0.0.1", app.settings.port), timeout=10) as sock:
        sock.sendall(request)
        return b"".join(iter(lambda: sock.recv(65536), b""))


# ---- Names


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1",
        "[::1]",
        "[::1]:7777",
        "missions.example.com",
        "missions.example.com:443",
    ],
)
def test_our_own_names_are_answered(app: LiveApp, host: str) -> None:
    assert app.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example:7777",
        "example.com",
        "sub.missions.example.com",
        "[::2]",
        "127.0.0.2",
        "0.0.0.0",
        "testserver",
        "user@localhost",
        "localhost/x",
        "localhost:7777:7777",
        "",
    ],
)
def test_other_names_are_refused_on_every_address(app: LiveApp, host: str) -> None:
    for path in ("/health", "/missions", MISSIONS, "/static/app.css", "/nothing"):
        answer = app.get(path, headers={"Host": host})
        assert answer.status_code == 400, path
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_no_name_or_two_names_are_refused(app: LiveApp) -> None:
    for names in (b"", b"Host: localhost\r\nHost: evil.example\r\n"):
        answer = raw(app, b"GET /health HTTP/1.1\r\n" + names + b"Connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400"), answer


def test_the_refusal_says_what_to_do(app: LiveApp) -> None:
    error = app.refused(400, "GET", MISSIONS, headers={"Host": "box.lan"})
    assert "PUBLIC_URL" in error["message"]


# ---- Origins


def origins(app: LiveApp) -> Iterator[tuple[dict[str, str], bool]]:
    """Headers of a change, and whether it is let through."""
    cookie = {"Cookie": "theme=dark"}
    own = {"Origin": app.url}
    other = {"Origin": "http://evil.example"}
    for site, allowed in (
        ("same-origin", True),
        ("none", True),
        ("same-site", False),
        ("cross-site", False),
        ("nonsense", False),
    ):
        for origin in ({}, own, other, {"Origin": "null"}):
            for jar in ({}, cookie):
                yield {"Sec-Fetch-Site": site, **origin, **jar}, allowed
    for jar in ({}, cookie):
        yield {**own, **jar}, True
        yield {"Origin": "https://missions.example.com", **jar}, True
        yield {"Origin": "https://missions.example.com:443", **jar}, True
        for foreign in (
            "http://evil.example",
            "null",
            "",
            "http://missions.example.com",
            "https://127.0.0.1:" + app.url.rsplit(":", 1)[1],
            "http://127.0.0.1:1",
            "http://localhost:" + app.url.rsplit(":", 1)[1],
            "http://127.0.0.1:99999",
            "file://",
        ):
            yield {"Origin": foreign, **jar}, False
    yield {}, True
    yield cookie, False


def test_only_our_own_pages_and_programs_change_something(app: LiveApp) -> None:
    for headers, allowed in origins(app):
        for method, path in (
            ("POST", MISSIONS),
            ("DELETE", MISSIONS + "/424242"),
            ("PUT", "/api/api-templates/424242"),
            ("POST", "/missions/424242/cancel"),
        ):
            answer = app.call(method, path, headers=headers)
            assert (answer.status_code != 403) is allowed, (method, path, headers, answer.text)


def test_looking_is_always_allowed(app: LiveApp) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example", "Cookie": "a=b"}
    for method in ("GET", "HEAD", "OPTIONS"):
        assert app.call(method, MISSIONS, headers=headers).status_code < 300


def test_a_refused_change_changes_nothing(app: LiveApp) -> None:
    before = app.data("GET", MISSIONS)["total"]
    headers = {"Sec-Fetch-Site": "cross-site"}
    app.refused(403, "POST", MISSIONS, json=mission_body(), headers=headers)
    assert app.data("GET", MISSIONS)["total"] == before


# ---- Sizes


def test_a_body_that_announces_too_much_is_refused_unread(app: LiveApp) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", app.settings.port, timeout=10)
    connection.putrequest("POST", MISSIONS)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(1024 * MB))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert b'"code":413' in answer.read()
    connection.close()


def test_a_body_in_chunks_is_counted(app: LiveApp) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", app.settings.port, timeout=10)
    connection.putrequest("POST", "/api/api-templates")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    chunk = b"%x\r\n%s\r\n" % (64 * 1024, b"x" * 64 * 1024)
    for _ in range(17):
        connection.send(chunk)
    answer = connection.getresponse()
    assert answer.status == 413
    connection.close()


def test_a_mission_may_be_large_and_other_calls_may_not(app: LiveApp) -> None:
    big = b'{"name": "' + b"x" * (2 * MB) + b'"}'
    headers = {"Content-Type": "application/json"}
    app.refused(422, "POST", MISSIONS, data=big, headers=headers)
    app.refused(413, "POST", MISSIONS + "/1/retry", data=big, headers=headers)
    app.refused(413, "PUT", "/api/api-templates/1", data=big, headers=headers)


# ---- Headers

ROUTE_CLASSES = [
    ("/missions", 200),
    ("/missions/new", 200),
    ("/templates", 200),
    ("/settings", 200),
    ("/missions/424242", 404),
    ("/nothing", 404),
    (MISSIONS, 200),
    (MISSIONS + "/424242", 404),
    ("/api/task-types", 200),
    ("/api/queue", 200),
    ("/api/nothing", 404),
    ("/api/images/nothing.png", 404),
    ("/media/nothing.png", 404),
    ("/health", 200),
    ("/static/app.css", 200),
    ("/static/nothing.css", 404),
    ("/", 303),
]


@pytest.mark.parametrize(("path", "status"), ROUTE_CLASSES)
def test_every_answer_carries_the_security_headers(app: LiveApp, path: str, status: int) -> None:
    answer = app.get(path)
    assert answer.status_code == status
    headers = answer.headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"]
    assert "server" not in headers
    assert "strict-transport-security" not in headers
    if headers.get("content-type") == "application/json":
        assert headers["cache-control"] == "no-store"
    if headers.get("content-type", "").startswith("text/html"):
        # Without accounts: kept for Back, and asked for again each time.
        assert headers["cache-control"] == "private, no-cache"


def test_files_with_the_mark_of_their_content_are_kept_for_good(app: LiveApp) -> None:
    page = app.get("/missions/new").text
    marked = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)
    assert len(marked) > 5
    for address in set(marked):
        answer = app.get(address)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        again = app.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.headers["cache-control"]) == (
            304,
            "public, max-age=31536000, immutable",
        )
    others = ("/static/js/words.js", "/static/app.css?v=0123456789", "/static/nothing.css?v=1")
    for address in others:
        assert app.get(address).headers["cache-control"] == "private, no-cache"


def test_the_policy_is_the_one_that_was_tried() -> None:
    """ux.md §1.6, word for word."""
    assert CONTENT_SECURITY_POLICY == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def test_a_media_file_keeps_its_stricter_policy(app: LiveApp) -> None:
    item = app.ended(app.create(config={"batch_input": ["fox"]}))["items"][0]
    path = item["results"][0]["file_url"].removeprefix("https://missions.example.com")
    answer = app.get(path)
    assert answer.status_code == 200
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_behind_https_the_browser_is_told_to_stay_there(app: LiveApp) -> None:
    answer = app.get("/missions", headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_a_folder_of_files_does_not_lead_out(app: LiveApp) -> None:
    for path in (b"/static/../pyproject.toml", b"/static/%2e%2e/pyproject.toml"):
        answer = raw(
            app, b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 404"), answer
