"""How many bytes a request may bring: a default for all routes, and another number for some."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.errors import TooLarge
from webapp.messages import msg

MB = 1024 * 1024
Limit = int | Callable[[Scope], int]
_KEY = "webapp.body_limit"


class BodyLimit:
    """Counts what arrives, also in chunks, and raises TooLarge inside the endpoint that reads.

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
    total = 0

    async def receive_counted() -> Message:
        nonlocal total
        limit = scope[_KEY]
        if announced.isdigit() and int(announced) > limit:
            raise _too_large(limit)
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise _too_large(limit)
        return message

    return receive_counted


def _too_large(limit: int) -> TooLarge:
    return TooLarge(msg("This is too large: at most %(limit)s MB are taken.", limit=limit // MB))
