"""HTTP with as little of its own as possible, so that what is measured is the server."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from benchmarks.processes import CannotRun

_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer and how long it took, from the first byte sent to the last one read."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float


class Client:
    """One kept connection; not for several threads."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: object = None, expect: int = 200) -> Answer:
        """Raises CannotRun for another status than expected."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        started = time.perf_counter()
        self._connection.request(method, path, data, headers)
        response = self._connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - started
        if response.status != expect:
            raise CannotRun(f"{method} {path}: {response.status} {content[:300]!r}")
        return Answer(response.status, response.headers, content, seconds)

    def data(self, method: str, path: str, body: object = None) -> Any:
        """The `data` of a JSON call of ours."""
        return json.loads(self.call(method, path, body).body)["data"]

    def stream(self, path: str, chunk: int = 256 * 1024) -> int:
        """Read an answer to its end and keep nothing; returns its length."""
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        if response.status != 200:
            raise CannotRun(f"GET {path}: {response.status}")
        length = 0
        while part := response.read(chunk):
            length += len(part)
        return length
