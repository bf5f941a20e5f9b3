"""Lets in who may come in: finds out who asks, and stops who is nobody."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from webapp.accounts.cookies import read_session
from webapp.accounts.sign_in import Known
from webapp.errors import Forbidden, NotSignedIn, Unavailable
from webapp.server import logs
from webapp.server.listening import is_loopback
from webapp.services import Services

_UNASKED = ("/static/", "/hooks/")
_OPEN = frozenset({"/health", "/sign-in"})
_OPEN_UNDER = "/invitation/"
# What programs call. A token is no way into pages: whoever reads a log with one in it should not get
# a window, and a page would need a cookie for its pictures anyway.
_FOR_PROGRAMS = re.compile(r"/api/.*|/media/.*|/missions/[0-9]+/download|/metrics|/health")
# What a page asks by itself, again and again.
_QUIET = re.compile(r".*/live|/settings/connection")


class Identify:
    """Puts the person into the request, or raises NotSignedIn. With accounts every address asks, but
    for the few of `is_open`: what is added to the URL table is shut until it is named there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_unasked(scope):
            known = await _known(HTTPConnection(scope))
            scope["user"] = known.person if known else None
            logs.person.set(known.person.name if known else "")
            scope["session_id"] = known.session_id if known else None
            scope["by_token"] = known is not None and known.by_token
        await self.app(scope, receive, send)


def _is_unasked(scope: Scope) -> bool:
    """What everybody may see. Without a database nobody is known, and what is open answers alone."""
    lost = scope["app"].state.services.storage.lasting is not None
    return scope["path"].startswith(_UNASKED) or (lost and is_open(scope["path"]))


def is_open(path: str) -> bool:
    """Whether somebody who is not signed in may call this address."""
    return path in _OPEN or path.startswith((_OPEN_UNDER, *_UNASKED))


async def _known(connection: HTTPConnection) -> Known | None:
    # Not through services(): those act for whoever this finds.
    found: Services = connection.app.state.services
    path = connection.scope["path"]
    session = read_session(connection, found.settings.public_url)
    quiet = bool(_QUIET.fullmatch(path))
    try:
        known = await run_in_threadpool(
            found.team.recognise,
            session,
            _token(connection),
            quiet=quiet,
            here=_from_here(connection),
        )
    except (Unavailable, Forbidden) as error:
        # Also where only this question meets it, a lost database is noticed and told as everywhere.
        told = connection.app.state.told(error.__cause__)
        # A monitor must hear that the database does not answer, and people what is to be done.
        if path != "/health":
            raise told or error from error
        return None
    if known is None and not is_open(path):
        raise NotSignedIn
    return known


def _from_here(connection: HTTPConnection) -> bool:
    """Whether somebody at this machine calls it by one of its own names: nobody behind a proxy does, if
    the proxy says for whom it calls, or hands on under which name it was called."""
    client = connection.client.host if connection.client else ""
    return is_loopback(connection.url.hostname or "") and is_loopback(client)


def _token(connection: HTTPConnection) -> str | None:
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    wanted = kind.lower() == "bearer" and _FOR_PROGRAMS.fullmatch(connection.scope["path"])
    return token.strip() if wanted else None
