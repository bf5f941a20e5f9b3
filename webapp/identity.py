"""On whose behalf a request acts."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from webapp.people import LOCAL, NOBODY, Person


class Identify:
    """Puts the person into the request. Without accounts it is always the local user."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["user"] = LOCAL
        await self.app(scope, receive, send)


def person_of(connection: HTTPConnection) -> Person:
    """Who asks. Only what passed `Identify` has one."""
    found: Person = connection.scope["user"]
    return found


def visiting(connection: HTTPConnection) -> Person:
    """The same, also for what was refused before `Identify` saw it: on nobody's behalf."""
    found: Person | None = connection.scope.get("user")
    return found or NOBODY
