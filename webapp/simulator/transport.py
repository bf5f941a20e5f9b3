"""An HTTP protocol that lets a handler get at its connection, to break it on purpose."""

import asyncio
import socket
import struct
from typing import Any

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_EXTENSION = "simulator.transport"
_LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)


class BreakableProtocol(H11Protocol):
    """Uvicorn's h11 protocol, which also puts the connection into the ASGI scope."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[_EXTENSION] = transport
            await app(scope, receive, send)

        self.app = with_transport


async def reset(scope: Scope, receive: Receive) -> None:
    """Break the connection with a TCP RST; the client sees "connection reset by peer"."""
    transport = _transport(scope)
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
    transport.abort()
    await gone(receive)


async def close(scope: Scope, receive: Receive) -> None:
    """Close the connection after what was written, whatever was promised to follow."""
    _transport(scope).close()
    await gone(receive)


async def gone(receive: Receive) -> None:
    """Wait until uvicorn knows that the connection is gone; it then expects no answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport = scope["extensions"][_EXTENSION]
    return transport
