"""Answers that misbehave on the wire."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from webapp.simulator import transport

HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>"
)


class Reset(Response):
    """No answer: a TCP reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await transport.reset(scope, receive)


class Hang(Response):
    """No answer for `seconds`, then the connection closes; a client that leaves ends it."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _pause(receive, self._seconds)
        await transport.close(scope, receive)


class Late(Response):
    """The honest answer after `seconds`."""

    def __init__(self, real: Response, seconds: float) -> None:
        super().__init__()
        self._real = real
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not await _pause(receive, self._seconds):
            await self._real(scope, receive, send)


class Cut(Response):
    """Promises the whole body, sends the first `keep` bytes and closes."""

    def __init__(self, real: Response, keep: int) -> None:
        super().__init__(bytes(real.body), real.status_code, media_type=real.media_type)
        self._keep = keep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _start(self, send)
        part = bytes(self.body)[: self._keep]
        await send({"type": "http.response.body", "body": part, "more_body": True})
        await transport.close(scope, receive)


class Drip(Response):
    """Sends `step` bytes every `interval_s`: each read is in time, the whole is not."""

    def __init__(self, real: Response, interval_s: float, step: int) -> None:
        super().__init__(bytes(real.body), real.status_code, media_type=real.media_type)
        self._interval_s = interval_s
        self._step = step

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _start(self, send)
        body = bytes(self.body)
        for at in range(0, len(body), self._step):
            part = body[at : at + self._step]
            await send({"type": "http.response.body", "body": part, "more_body": True})
            if await _pause(receive, self._interval_s):
                return
        await send({"type": "http.response.body", "body": b""})


class Endless(Response):
    """Streams zeros: for ever, or `total` bytes, without saying beforehand how many."""

    def __init__(self, media_type: str | None, total: int | None = None) -> None:
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self._total = total

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _start(self, send)
        async for part in _zeros(self._total):
            await send({"type": "http.response.body", "body": part, "more_body": True})
            if await _pause(receive, 0):
                return
        await send({"type": "http.response.body", "body": b""})


async def _zeros(total: int | None) -> AsyncIterator[bytes]:
    sent, part = 0, bytes(64 * 1024)
    while total is None or sent < total:
        piece = part if total is None else part[: total - sent]
        yield piece
        sent += len(piece)


async def _start(response: Response, send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
    )


async def _pause(receive: Receive, seconds: float) -> bool:
    """Wait, but not for a client that has gone; True if it has."""
    try:
        async with asyncio.timeout(seconds or 0.001):
            await transport.gone(receive)
    except TimeoutError:
        return False
    return True
