"""What holds for every address, also for those that are added tomorrow (docs/security.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

import pytest

from tests.conftest import StartApp
from tests.helpers import raw, routes
from tests.helpers.live import LiveApp
from tests.helpers.pictures import png
from webapp.db import database

MB = 1024 * 1024
SLACK = 24 * MB  # what lies in buffers of the system while nobody reads it
OWN_LIMITS = {
    ("POST", "/api/api-missions"): 64 * MB,
    ("POST", "/api/api-missions/preview"): 64 * MB,
    ("POST", "/api/upload-image"): MB,
}
FORMS = {"/missions/new", "/missions/new/preview"}  # 512 MB, with all their pictures
NO_FORM = {"/settings/test", "/account/resume", "/sign-out"}  # what is posted there is not read
HOSTILE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:1"},
    {"Origin": "http://evil.example"},
    {"Origin": "null", "Cookie": "theme=dark"},
    {"Cookie": "theme=dark"},
]
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
NAMES = [
    "../missions.db",
    "..%2fmissions.db",
    "..%2f..%2fmissions.db",
    "%2e%2e",
    "%2e%2e%2fmissions.db",
    "%2e%2e/%2e%2e/pyproject.toml",
    "%2fetc%2fhostname",
    "..%5c..%5cmissions.db",
    "%5c%5chost%5cshare",
    "C:%5cWindows%5cwin.ini",
    "....//missions.db",
    "%00",
    "x.png%00",
    "x%0d%0aX-Evil:%201",
    "%ff%fe",
    "%c0%ae%c0%ae%2f",
    "%e2%80%ae",
    "%F0%9F%A6%8A" * 400,
    "a" * 5000,
    "CON",
    ".",
    "~",
]


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    """With a mission that ran, a template and a picture."""
    made = start_app(max_upload_mb=1)
    made.ended(made.create(config={"batch_input": ["a fox [many]", "an owl [fail:1501]"]}))
    template = {"name": "Tall", "task_type": "text_to_image", "config": {"aspectRatio": "9:16"}}
    made.data("POST", "/api/api-templates", json=template)
    made.data("POST", "/api/upload-image", files={"file": ("fox.png", png())})
    return made


def stored() -> dict[str, list[Any]]:
    """Every row of every table, but what only writes down that somebody looked, or that the disk was
    tried."""
    with database.connection_context():
        tables = set(database.get_tables()) - {"audit", "sqlite_sequence"}
        found = {
            name: database.execute_sql(f'SELECT * FROM "{name}"').fetchall()
            for name in sorted(tables)
        }
    found["facts"] = [row for row in found["facts"] if row[0] != "probe"]
    return found


def test_no_address_is_changed_by_looking_at_it(app: LiveApp) -> None:
    before = stored()
    hostile = {"Sec-Fetch-Site": "cross-site", "Cookie": "theme=dark"}
    for method, path in routes.addresses(app.app.routes):
        if method in routes.SAFE:
            for query in ("", "?confirm=1&action=delete&lang=zh&all=1&download=1"):
                answer = app.call(method, path + query, headers=hostile)
                assert answer.status_code < 500, (method, path, answer.text)
    assert stored() == before


@pytest.mark.parametrize("headers", HOSTILE, ids=lambda given: " ".join(given.values()))
def test_no_address_lets_another_website_change_something(
    app: LiveApp, headers: dict[str, str]
) -> None:
    before = stored()
    for method, path in routes.changing(app.app.routes):
        answer = app.call(method, path, data={"confirm": "1"}, headers=headers)
        assert answer.status_code == 403, (method, path)
    assert stored() == before


def test_every_answer_of_every_address_carries_the_headers(app: LiveApp) -> None:
    everything = [*routes.addresses(app.app.routes, number=424242), *_odd(app)]
    for method, path in everything:
        answer = app.call(method, path)
        sent = {name: answer.headers.get(name) for name in ALWAYS}
        assert sent == ALWAYS, (method, path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "x-request-id" in answer.headers
        assert answer.headers["cache-control"]
        assert "server" not in answer.headers
        assert answer.status_code < 500, (method, path, answer.text)


def _odd(app: LiveApp) -> Iterator[tuple[str, str]]:
    paths = {path for _, path in routes.addresses(app.app.routes)}
    for path in sorted(paths):
        yield "PATCH", path
        yield "OPTIONS", path
    yield "GET", "/" + "a" * 8000
    yield "GET", "//evil.example/"
    yield "GET", "/%00"


def _limit(method: str, path: str) -> int:
    return OWN_LIMITS.get((method, path), MB)


def test_no_address_takes_more_than_it_may_however_it_comes(app: LiveApp) -> None:
    """In chunks, without a length, and for as long as somebody takes it."""
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    first = b"%x\r\n%s\r\n" % (len(part), part)
    for method, path in routes.changing(app.app.routes):
        if path in FORMS:
            continue
        multipart = path.endswith("upload-image")
        kind = "multipart/form-data; boundary=x" if multipart else "application/json"
        start = raw.head(app.url, method, path, Transfer_Encoding="chunked", Content_Type=kind)
        status, sent = raw.pour(app.url, start, chain([first], repeat(chunk, 20_000)))
        assert status < 500, (method, path)
        assert sent < _limit(method, path) + SLACK, (method, path, status)


def test_an_announced_body_is_answered_before_it_comes(app: LiveApp) -> None:
    for method, path in routes.changing(app.app.routes):
        for kind in ("application/json", "multipart/form-data; boundary=x"):
            start = raw.head(app.url, method, path, Content_Length=str(10**12), Content_Type=kind)
            status, _ = raw.ask(app.url, start)
            assert 0 < status < 500, (method, path, kind, status)


def test_a_form_of_too_many_fields_is_refused(app: LiveApp) -> None:
    fields = "&".join(["image=x"] * 20_001)
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    for method, path in routes.changing(app.app.routes):
        answer = app.call(method, path, data=fields, headers=headers)
        assert answer.status_code < 500, (method, path)
        assert answer.status_code == 413 or path not in FORMS, path


def test_a_page_takes_what_a_form_sends_and_says_why_it_takes_nothing_else(app: LiveApp) -> None:
    kinds = {"application/json": 415, "text/plain": 415, "multipart/form-data": 400}
    before = stored()
    for method, path in routes.changing(app.app.routes):
        # Without accounts the pages about them are not there.
        if path.startswith(("/api/", "/hooks/", "/settings/")) or path in NO_FORM:
            continue
        for kind, status in kinds.items():
            headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": kind}
            answer = app.call(method, path, data=b"{}", headers=headers)
            assert answer.status_code == status, (method, path, kind)
    assert stored() == before


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:24])
def test_no_name_in_an_address_leads_out(app: LiveApp, name: str) -> None:
    walked = routes.with_a_name(app.app.routes)
    assert {"/static/", "/media/", "/api/images/"} <= {before for _, before, _ in walked}
    for method, before, behind in walked:
        status, answer = raw.ask(app.url, raw.head(app.url, method, before + name + behind))
        # Who reloads the address of an action is led back to its page, which knows no such name;
        # a stroke at the end is cut off.
        assert status in (303, 307, 400, 404), (method, before + name, status)
        assert b"SQLite format" not in answer
        assert b"[project]" not in answer
        led = answer.partition(b"\r\n\r\n")[0].decode("latin-1").lower()
        assert "x-evil" not in led
        target = re.search(r"^location: (.*)\r?$", led, re.MULTILINE)
        assert target is None or re.match(rf"({re.escape(app.url)})?/(?!/)", target[1]), target
