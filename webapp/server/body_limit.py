"""How many bytes a request may bring: a default for all routes, and another number for some. And how
long it may take to bring them."""

from __future__ import annotations

import time
from collections.abc import Callable

import anyio
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.errors import TooLarge, TooSlow
from webapp.messages import msg

MB = 1024 * 1024
Limit = int | Callable[[Scope], int]
_KEY = "webapp.server.body_limit"

BODY_S = 60.0
SLOWEST = 4096
"""A body may take BODY_S seconds, and one second more for each so many bytes that came."""


class BodyLimit:
    """Counts what arrives, also in chunks, and raises TooLarge or TooSlow inside the endpoint that
    reads.

    Around the whole app it sets the default; around one route (see `body_limit`) it changes it.
    Starlette's own middleware answers in plain text and cannot be taught our envelope.
    """

    def __init__(self, app: ASGIApp, limit: Limit = MB) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nested = _KEY in scope
        scope[_KEY] = self.limit if isinstance(self.limit, int) else self.limit(scope)
        await self.app(scope, receive if nested else _counting(scope, receive), send)


def body_limit(limit: Limit) -> list[Middleware]:
    """For `Route(middleware=…)`: bodies of this route may have this many bytes."""
    return [Middleware(BodyLimit, limit=limit)]


def _counting(scope: Scope, receive: Receive) -> Receive:
    announced = Headers(scope=scope).get("content-length", "")
    total, begun, coming = 0, time.monotonic(), True

    async def receive_counted() -> Message:
        nonlocal total, coming
        limit = scope[_KEY]
        if announced.isdigit() and int(announced) > limit:
            raise _too_large(limit)
        if not coming:  # what is waited for now is that the client leaves
            return await receive()
        message = await _soon(receive, begun + BODY_S + total / SLOWEST - time.monotonic())
        coming = bool(message.get("more_body"))
        total += len(message.get("body", b""))
        if total > limit:
            raise _too_large(limit)
        return message

    return receive_counted


async def _soon(receive: Receive, limit_s: float) -> Message:
    try:
        with anyio.fail_after(max(0.0, limit_s)):
            return await receive()
    except TimeoutError as error:
        raise TooSlow(msg("This took too long to arrive. Please try again.")) from error


def _too_large(limit: int) -> TooLarge:
    return TooLarge(msg("This is too large: at most %(limit)s MB are taken.", limit=limit // MB))
