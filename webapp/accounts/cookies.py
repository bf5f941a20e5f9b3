"""The cookies of accounts: their names and flags."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

SESSION_COOKIE = "session"
MARK_COOKIE = "browser"
_SESSION_S = 30 * 24 * 3600
_MARK_S = 365 * 24 * 3600


def is_secure(connection: HTTPConnection, public_url: str) -> bool:
    """Whether the browser speaks https: to us, or to a proxy in front that is called as PUBLIC_URL."""
    if connection.url.scheme == "https":
        return True
    public = urlsplit(public_url)
    return public.scheme == "https" and connection.url.hostname == public.hostname


def read_session(connection: HTTPConnection, public_url: str) -> str:
    """The session that a browser shows; empty for none. Under https only the name counts that no
    other host, and nothing on plain http, can set."""
    return connection.cookies.get(session_name(connection, public_url), "")


def session_name(connection: HTTPConnection, public_url: str) -> str:
    """What the session's cookie is called here."""
    return _name(SESSION_COOKIE, connection, public_url)


def read_mark(connection: HTTPConnection, public_url: str) -> str:
    """The mark of a browser that was signed in before."""
    return connection.cookies.get(_name(MARK_COOKIE, connection, public_url), "")


def set_session(
    response: Response, connection: HTTPConnection, public_url: str, session: str, mark: str
) -> None:
    """Sign the browser in, and mark it as one that has been."""
    for cookie, value, age_s in (
        (SESSION_COOKIE, session, _SESSION_S),
        (MARK_COOKIE, mark, _MARK_S),
    ):
        response.set_cookie(
            _name(cookie, connection, public_url),
            value,
            max_age=age_s,
            secure=is_secure(connection, public_url),
            httponly=True,
            samesite="lax",
        )


def end_session(response: Response, connection: HTTPConnection, public_url: str) -> None:
    """Take the session from the browser."""
    response.delete_cookie(
        _name(SESSION_COOKIE, connection, public_url),
        secure=is_secure(connection, public_url),
        httponly=True,
        samesite="lax",
    )


def _name(cookie: str, connection: HTTPConnection, public_url: str) -> str:
    return f"__Host-{cookie}" if is_secure(connection, public_url) else cookie
