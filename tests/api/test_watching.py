"""/metrics, and the log's line for each request."""

from __future__ import annotations

import html
import io
import logging
import re
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import KEY, StartApp
from tests.helpers.live import LiveApp
from tests.helpers.pictures import png
from tests.helpers.waiting import wait_until
from webapp.server import logs

MISSIONS = "/api/api-missions"


def numbers(app: LiveApp) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample of /metrics by its name and labels."""
    answer = app.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def number(app: LiveApp, name: str, **labels: str) -> float:
    return numbers(app).get((f"missions_{name}", frozenset(labels.items())), 0.0)


@pytest.fixture(scope="module")
def worked(start_app: StartApp) -> LiveApp:
    """An app that has made two pictures and failed once."""
    app = start_app(poll_interval=0.2)
    app.ended(app.create())
    app.ended(app.create(config={"batch_input": ["[fail:1000]", "[refuse:1501]"]}))
    return app


def test_what_happened_is_counted(worked: LiveApp) -> None:
    assert number(worked, "submits_total", outcome="accepted") == 3
    assert number(worked, "submits_total", outcome="content") == 1
    assert number(worked, "questions_total", outcome="answered") >= 3
    assert number(worked, "provider_call_seconds_count", call="submit") == 4
    assert number(worked, "task_seconds_count", type="text_to_image") == 2
    assert number(worked, "downloads_total", outcome="saved") == 2
    assert number(worked, "downloaded_bytes_total") > 100
    assert number(worked, "items", state="completed") == 2
    assert number(worked, "items", state="failed") == 2


def test_how_things_stand_is_read_now(worked: LiveApp) -> None:
    assert number(worked, "slots_set") == 50
    assert number(worked, "slots_limit") == 50
    assert number(worked, "slots_busy") == 0
    assert number(worked, "manager_running") == 1
    assert number(worked, "database_up") == 1
    assert number(worked, "held") == 0
    before = number(worked, "items", state="pending")
    worked.create(scheduled_at="2099-01-01 00:00:00")
    assert number(worked, "items", state="pending") == before + 2
    assert number(worked, "queue_waiting") == 2


def test_addresses_are_counted_by_their_route(worked: LiveApp) -> None:
    labels = {"method": "GET", "route": f"{MISSIONS}/{{mission_id}}", "status": "404"}
    before = number(worked, "http_requests_total", **labels)
    for mission_id in range(900, 910):
        worked.get(f"{MISSIONS}/{mission_id}")
    assert number(worked, "http_requests_total", **labels) == before + 10


def test_a_stranger_cannot_make_the_metrics_grow(worked: LiveApp) -> None:
    worked.get("/nothing-yet")
    worked.call("BREW", "/nothing-yet")
    worked.get("/static/nothing-yet.css")
    known = {name for name in numbers(worked) if "_bucket" not in name[0]}
    for word in range(20):
        worked.get(f"/nothing-{word}")
        worked.call(f"BREW{word}", "/nothing")
        worked.get(f"/static/nothing-{word}.css")
    assert {name for name in numbers(worked) if "_bucket" not in name[0]} <= known | {
        name for name in numbers(worked) if ("route", "/metrics") in name[1]
    }


def test_the_metrics_hold_no_secret(worked: LiveApp) -> None:
    assert KEY not in worked.get("/metrics").text
    assert "fox" not in worked.get("/metrics").text


# The log


@pytest.fixture
def said(worked: LiveApp) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logs.configure(worked.settings, stream)
    yield stream
    logging.getLogger().removeHandler(handler)


def lines(said: io.StringIO, count: int) -> list[str]:
    """What was said, once it is so many lines: the last is written after its answer has left."""

    def enough() -> list[str] | None:
        found = said.getvalue().splitlines()
        return found if len(found) >= count else None

    return wait_until(enough) or []


def test_each_request_is_one_line(worked: LiveApp, said: io.StringIO) -> None:
    answer = worked.get(f"{MISSIONS}/987?token=SECRETSECRET")
    (line,) = lines(said, 1)
    assert re.search(
        r"INFO webapp\.server\.access \[\w+\] GET /api/api-missions/987 404 \d+ ms", line
    )
    assert f"[{answer.headers['x-request-id']}]" in line
    assert "person=local" in line
    assert "SECRETSECRET" not in said.getvalue()


def test_what_looks_like_a_token_is_not_in_the_line(worked: LiveApp, said: io.StringIO) -> None:
    mac = "0123456789abcdef0123456789abcdef"
    worked.post(f"/hooks/rh/5/{mac}", json={})
    worked.get("/invitation/abcdefghijklmnopqrstuvwx_-0123456789")
    assert len(lines(said, 2)) == 2
    assert mac not in said.getvalue()
    assert "abcdefghij" not in said.getvalue()
    assert "POST /hooks/rh/5/*** 404" in said.getvalue()


def test_files_polls_and_monitors_make_no_lines(worked: LiveApp, said: io.StringIO) -> None:
    for path in ("/static/app.css", "/health", "/metrics", "/media/results/nothing.png"):
        worked.get(path)
    assert said.getvalue() == ""


def test_foreseen_errors_have_no_traceback(worked: LiveApp, said: io.StringIO) -> None:
    worked.post(MISSIONS, json={"name": 5})
    worked.post(MISSIONS, data="{", headers={"Content-Type": "application/json"})
    worked.post("/api/upload-image", files={"file": ("a.png", b"no picture")})
    worked.post("/api/upload-image", files={"file": ("a.png", png(32)[:40])})
    worked.get("/missions/1%0a2026%20ERROR%20forged")
    assert len(lines(said, 5)) == 5
    assert "Traceback" not in said.getvalue()


def test_attempts_are_named_in_the_log(worked: LiveApp, said: io.StringIO) -> None:
    mission_id = worked.create(config={"batch_input": ["a fox"]})
    worked.ended(mission_id)
    pattern = rf"submitted mission={mission_id} item=1 attempt=\d+ remote_task=\d+"
    assert re.search(pattern, said.getvalue())


def test_what_a_page_asks_by_itself_makes_no_lines(worked: LiveApp, said: io.StringIO) -> None:
    mission_id = worked.create(scheduled_at="2099-01-01 00:00:00")
    polls = [
        html.unescape(poll)
        for path in ("/missions", f"/missions/{mission_id}")
        for poll in re.findall(r'hx-get="(/missions[^"]*/live[^"]*)"', worked.get(path).text)
    ]
    assert len(polls) >= 2
    said.truncate(0)
    for poll in polls:
        assert worked.get(poll, headers={"HX-Request": "true"}).status_code in (200, 204)
    assert "/live" not in said.getvalue()
