"""One line in the log and one count for each request that was answered."""

from __future__ import annotations

import logging
import re
import time

from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.server import logs
from webapp.server.metrics import Metrics

log = logging.getLogger(__name__)

OTHER = "other"
"""The route of what leads nowhere: whatever a stranger types makes no new line in the metrics."""

_CONVERTOR = re.compile(r":\w+}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = re.compile(r"/static/.*|/media/.*|.*/live|/settings/connection|/health|/metrics")
_SECRET = re.compile(r"(?<=/)[A-Za-z0-9_-]{20,}(?=/|$)")
"""A part of an address that looks like a token: an invitation, the proof in a notice's address."""


class Access:
    """Around everything that answers. Says nothing of files, of what pages ask by themselves and of monitors,
    unless LOG_LEVEL is debug; never says what stands behind the question mark."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._routes: dict[int, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        nobody = logs.person.set("")
        try:
            await self.app(scope, receive, watch)
        finally:
            self._tell(scope, status, time.perf_counter() - begun)
            logs.person.reset(nobody)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        metrics: Metrics = scope["app"].state.metrics
        method = scope["method"] if scope["method"] in _METHODS else OTHER
        metrics.requested(method, self._route(scope), status, seconds)
        path = scope["path"]
        level = logging.DEBUG if status in (204, 304) or _QUIET.fullmatch(path) else logging.INFO
        if log.isEnabledFor(level):
            shown = _SECRET.sub("***", path)
            log.log(level, "%s %s %s %.0f ms", method, shown, status, seconds * 1000)

    def _route(self, scope: Scope) -> str:
        """The address as the URL table has it."""
        if not self._routes:
            for route in scope["app"].routes:
                if isinstance(route, Route):
                    self._routes.setdefault(id(route.endpoint), _CONVERTOR.sub("}", route.path))
                elif isinstance(route, Mount):
                    self._routes.setdefault(id(route.app), route.path)
        return self._routes.get(id(scope.get("endpoint")), OTHER)
