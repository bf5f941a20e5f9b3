"""Watches all tests for secrets that get out: in log records, in what is printed, in files that a test
leaves, and in answers to plain clients of servers that are processes of their own.

Answers of servers inside this process are read by `tests.helpers.watched`. The fixtures are for
`tests/conftest.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.helpers.canary import check_files, check_text, in_paths, leaks, learned, seen_in


class _Listener(logging.Handler):
    """Reads log records as they are written, before any formatter hides what is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.tolerant = False
        self.formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        if self.tolerant:
            return
        # Not by record.exc_text, which another handler may have made already, with secrets hidden.
        record = logging.makeLogRecord({**record.__dict__, "exc_text": None})
        found = seen_in(self.format(record).encode("utf-8", "replace"), (*learned, *in_paths))
        if found:
            leaks.append(f"a log record: {found}")


_listener = _Listener()
_ON_PURPOSE = "spilled_on_purpose"


@pytest.fixture(scope="session", autouse=True)
def listen_to_logs() -> Iterator[None]:
    """Every record that any logger passes on."""
    logging.getLogger().addHandler(_listener)
    yield
    logging.getLogger().removeHandler(_listener)


@pytest.fixture
def spilled_on_purpose() -> Iterator[None]:
    """For tests that let a secret out, to see it hidden or noticed."""
    _listener.tolerant = True
    yield
    _listener.tolerant = False


@pytest.fixture(scope="session", autouse=True)
def read_answers() -> Iterator[None]:
    """Every answer to a client of requests, but RunningHub's and the simulator's to its operator."""
    send = requests.Session.send
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", _reading(send))
        yield


def _reading(send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    def send_and_read(
        self: requests.Session, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        answer = send(self, request, **options)
        if not options.get("stream") and "/_sim/" not in str(request.url):
            found = seen_in(answer.content + repr(answer.headers).encode())
            if found:
                leaks.append(f"the answer to {request.method} {request.url}: {found}")
        return answer

    return send_and_read


@pytest.fixture(autouse=True)
def nothing_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails the test during which a secret got out."""
    leaks.clear()
    asked = "tmp_path" in request.fixturenames and _ON_PURPOSE not in request.fixturenames
    folder: Path | None = request.getfixturevalue("tmp_path") if asked else None
    yield
    found = [*leaks]
    leaks.clear()
    assert not found, "\n".join(found)
    if folder is not None:
        check_files(folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test printed is read at its end."""
    report = yield
    if call.when == "teardown" and _ON_PURPOSE not in getattr(item, "fixturenames", ()):
        try:
            for name, text in report.sections:
                if "log" not in name:  # the listener has read it, and knows what is tolerated
                    check_text(name, text)
        except AssertionError as error:
            report.outcome, report.longrepr = "failed", str(error)
    return report
