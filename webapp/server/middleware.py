"""What every request passes on its way in and every answer on its way out. All pure ASGI."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.accounts.doorkeeper import Identify
from webapp.errors import AppError, Forbidden, MalformedRequest
from webapp.messages import msg
from webapp.routes import errors
from webapp.routes.preferences import LanguageMiddleware
from webapp.safety.storage import Closed, Trouble
from webapp.server.access import Access
from webapp.server.body_limit import BodyLimit
from webapp.server.logs import request_id
from webapp.settings import Settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)


def stack(settings: Settings) -> list[Middleware]:
    """Outermost first. Refusals of the inner ones are answered by AnswerErrors, with all headers."""
    return [
        Middleware(RequestId),
        Middleware(Access),
        Middleware(SecurityHeaders),
        Middleware(AnswerErrors),
        Middleware(AllowedHosts, names=allowed_hosts(settings)),
        Middleware(LostDatabase),
        Middleware(Identify),
        Middleware(SameOrigin, trusted=settings.public_url),
        Middleware(BodyLimit),
        Middleware(LanguageMiddleware),
    ]


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """The names under which this server may be called: loopback, HOST, PUBLIC_URL's, ALLOWED_HOSTS."""
    more = settings.allowed_hosts.split(",") if settings.allowed_hosts else ()
    names = {*_LOCAL_NAMES, _in_brackets(settings.host), *map(_in_brackets, more)}
    if settings.public_url:
        names.add(_in_brackets(urlsplit(settings.public_url).hostname or ""))
    return frozenset(name.lower() for name in names if name)


class RequestId:
    """Gives each request an id, for the log and for the person who reports an error."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = secrets.token_hex(6)
        token = request_id.set(name)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = name
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            request_id.reset(token)


class SecurityHeaders:
    """Headers that an answer does not set itself. A media file, say, sets a stricter policy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", _caching(scope, headers))
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class AnswerErrors:
    """Every exception ends here, as an answer; the unforeseen ones are logged, once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            return
        except Exception as error:
            if started or not isinstance(error, (AppError, HTTPException)):
                errors.log_unforeseen(scope, error)
            # Half an answer cannot be mended: the web server sees that it is not complete and
            # closes the connection, so that nobody takes it for the whole.
            if not started:
                answer = await errors.answer(Request(scope), error)
                await answer(scope, receive, send)


class AllowedHosts:
    """Refuses to answer under other names: a website cannot point its own name at us (rebinding)."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self.app = app
        self.names = frozenset(names)
        # HOST 0.0.0.0 is every address of this machine.
        self.wildcard = bool(self.names & {"0.0.0.0", "[::]"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not self._allowed(scope):
            raise MalformedRequest(
                msg(
                    "This server is not called that. Set PUBLIC_URL to the address that you use, or "
                    "name it in ALLOWED_HOSTS."
                )
            )
        await self.app(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        given = Headers(scope=scope).getlist("host")
        match = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        if match is None:
            return False
        name = match["name"].lower()
        return name in self.names or (self.wildcard and name == _reached(scope))


class SameOrigin:
    """Lets only our own pages, and programs, change something (reliability.md §5.2, row 6).

    A browser says where a request comes from in Sec-Fetch-Site, or, on plain http in a local
    network, in Origin. A program like curl sends neither, and no cookie. Who showed a token is asked
    for none of this: no browser adds one by itself.
    """

    def __init__(self, app: ASGIApp, trusted: str = "") -> None:
        self.app = app
        self.trusted = trusted.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        changes = scope["type"] == "http" and scope["method"] not in _SAFE_METHODS
        if (
            changes
            and not scope.get("by_token")
            and not self._allowed(scope["scheme"], Headers(scope=scope))
        ):
            raise Forbidden(msg("This request came from another website, so nothing was changed."))
        await self.app(scope, receive, send)

    def _allowed(self, scheme: str, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is None:
            return "cookie" not in headers
        own = _origin(f"{scheme}://{headers.get('host', '')}")
        return _origin(origin) in {own, _origin(self.trusted)} - {None}


def _reached(scope: Scope) -> str:
    """The address of this machine at which the connection came in."""
    server = scope.get("server")
    return _in_brackets(server[0].removeprefix("::ffff:")) if server else ""


class LostDatabase:
    """While the database is damaged or missing, every page explains that, and nothing else is done.
    Monitors and style sheets are answered as ever."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _needs_no_database(scope["path"]):
            lasting: Trouble | None = scope["app"].state.services.storage.lasting
            if lasting is not None:
                raise Closed(lasting)
        await self.app(scope, receive, send)


def _needs_no_database(path: str) -> bool:
    return path == "/health" or path.startswith("/static/")


def _caching(scope: Scope, headers: MutableHeaders) -> str:
    """Pages are asked for again each time but stay in the browser's back/forward cache. Not those of
    somebody who signed in: after signing out, Back must not show them to whoever comes next."""
    json = headers.get("content-type", "").startswith("application/json")
    signed_in = scope.get("session_id") is not None
    return "no-store" if json or signed_in else "private, no-cache"


def _in_brackets(host: str) -> str:
    try:
        host = host.strip("[]")
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port, None when the text is not an origin ("null", "file://")."""
    try:
        parts = urlsplit(url.lower())
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    if parts.hostname is None or port is None:
        return None
    return parts.scheme, parts.hostname, port
