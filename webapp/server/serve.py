"""The web server as a process: a clean stop, and one line when it cannot start."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.server.cannot_start import CannotStart
from webapp.server.patience import ImpatientProtocol, allow_connections

GRACE_S = 5
"""How long a stop waits for answers that are on their way, before the manager is drained."""


class Server(uvicorn.Server):
    """Uvicorn, with our meaning of signals: the first stops cleanly and ends with exit code 0, the
    second ends at once. That is as safe as a power cut: see design.md §4."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_started: Callable[[], None],
        on_stopping: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self.on_started = on_started
        self.on_stopping = on_stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            os._exit(128 + sig)
        self.should_exit = True
        # Now, not after the open answers have been given: what is sent from here on is sent late.
        self.on_stopping()


def server_config(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn serves us: it says neither what it is nor who called."""
    return uvicorn.Config(
        app,
        http=ImpatientProtocol,
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips="127.0.0.1,::1",
        timeout_graceful_shutdown=GRACE_S,
    )


def run(
    app: ASGIApp,
    sock: socket.socket,
    on_started: Callable[[], None],
    on_stopping: Callable[[], None],
) -> None:
    """Serve until a signal comes; returns after the app has shut down. Raises CannotStart.

    `on_stopping` is called with the first signal, in the main thread; it must not block.
    """
    allow_connections()
    start = _Start(app)
    try:
        Server(server_config(start), on_started, on_stopping).run(sockets=[sock])
    except SystemExit:
        if start.refusal is not None:
            raise start.refusal from None
        raise


class _Start:
    """Keeps the reason why the start failed, and its traceback out of the log: the person gets one
    line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.refusal: CannotStart | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_or_keep(message: Message) -> None:
            error = sys.exc_info()[1]
            if message["type"] == "lifespan.startup.failed" and isinstance(error, CannotStart):
                self.refusal = error
                message = {**message, "message": ""}
                logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            await send(message)

        await self.app(scope, receive, send_or_keep)


def open_browser(url: str) -> None:
    """Show the page; in a thread, because some browsers block until they are closed."""
    if sys.platform == "linux" and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return
    threading.Thread(target=webbrowser.open, args=(url,), name="browser", daemon=True).start()
