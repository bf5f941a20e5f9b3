"""How long a client may take to say what it wants. Who connects and then says nothing, or one letter a
minute, would otherwise hold a connection for ever, and the system has only so many."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 20.0
"""For the head of a request, from the first moment of a connection on."""

MOST_CONNECTIONS = 16_384


class ImpatientProtocol(H11Protocol):
    """Uvicorn's, which waits for ever for a head, and for the rest of a body that was refused.

    Always the one in Python, whatever else is installed: it takes no head of more than 64 kB, and the
    other takes any.
    """

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._mind()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._mind()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._forget()  # from here on uvicorn's own clock runs, until the next byte comes
        super().on_response_complete()

    def _mind(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget()  # how long a body may take is body_limit.py's part
        elif self._timer is None:
            self._timer = self.loop.call_later(HEAD_S, self.transport.close)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def allow_connections() -> None:
    """Let this process have as many connections and files open as the system lets it ask for: those of
    strangers must not take the place of those to the provider."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, MOST_CONNECTIONS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
