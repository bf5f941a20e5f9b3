"""Connections that know two things requests does not tell: whether anything was sent, and when
the whole call must be over.

The timeouts of requests count per read: a server that drips one byte at a time holds a call for
ever. And its ConnectionError stands both for "nothing was sent" and for "reset after sending",
which for a paid submit are opposites.
"""

from __future__ import annotations

import http.client
import io
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from webapp.providers.open_calls import OpenCalls

CheckPeer = Callable[[str, int], None]
"""Called with the address (numbers, as the socket knows it) and port that were reached; refuses them
by raising what is neither an OSError nor of urllib3, which would take it for a broken connection."""


class _Call(threading.local):
    """The call that this thread is making. A call never changes threads."""

    ends_at: float = math.inf
    idle_s: float = math.inf  # the longest silence between two reads
    answer_s: float = math.inf  # from the last byte that was sent to the last of the answer
    opened: bool = False  # a new connection was made, with its TLS handshake
    sent: bool = False  # bytes of the request may have left
    check_peer: CheckPeer | None = None
    calls: OpenCalls | None = None


_call = _Call()


@contextmanager
def one_call(
    total_s: float,
    *,
    idle_s: float = math.inf,
    answer_s: float = math.inf,
    check_peer: CheckPeer | None = None,
    calls: OpenCalls | None = None,
) -> Iterator[_Call]:
    """Bound everything that this thread sends and reads inside the block, and tell how far it came.

    `check_peer` judges all addresses of a name before it is connected to, and every new connection
    before a byte is sent on it, TLS's included. `calls` can break it off.
    """
    _call.ends_at = time.monotonic() + total_s
    _call.idle_s = idle_s
    _call.answer_s = answer_s
    _call.opened = _call.sent = False
    _call.check_peer = check_peer
    _call.calls = calls
    try:
        yield _call
    finally:
        _call.ends_at = _call.idle_s = _call.answer_s = math.inf
        _call.check_peer = _call.calls = None
        if calls is not None:
            calls.end()


def _remaining_s() -> float:
    remaining = _call.ends_at - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("the call took too long as a whole")
    return remaining


class _BoundedReader(io.RawIOBase):
    """Every read may take what is left of the call, and no longer."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = _remaining_s()
        if math.isfinite(remaining):
            self._sock.settimeout(min(remaining, _call.idle_s))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """http.client's response, headers included, read through a _BoundedReader."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        _call.ends_at = min(_call.ends_at, time.monotonic() + _call.answer_s)
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_BoundedReader(sock, raw))


def _check_name(host: str, port: int) -> None:
    """A name that leads to a refused address too is refused before anything there hears of us."""
    if _call.check_peer is None:
        return
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return  # the connection will say so
    for place in found:
        _call.check_peer(str(place[4][0]), port)


def _checked(sock: socket.socket) -> socket.socket:
    # Of a name, only the connection itself tells where it leads: a second look-up may say otherwise.
    if _call.check_peer is not None:
        try:
            address, port = sock.getpeername()[:2]
            _call.check_peer(address, port)
        except BaseException:
            sock.close()
            raise
    return sock


def _ready_to_send(connection: HTTPConnection) -> None:
    """Give the next piece what is left of the call, and no longer than connecting may take."""
    if connection.sock is None:
        connection.connect()
    sock: socket.socket = connection.sock
    if _call.calls is not None:
        _call.calls.use(sock)
    remaining = _remaining_s()
    _call.sent = True  # on a kept connection, nothing else tells
    if math.isfinite(remaining):
        sock.settimeout(min(remaining, float(connection.timeout or math.inf)))


class _PlainConnection(HTTPConnection):
    response_class: type[http.client.HTTPResponse] = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        _check_name(self._dns_host, self.port)
        return _checked(super()._new_conn())

    def connect(self) -> None:
        super().connect()
        _call.opened = _call.sent = True

    def send(self, data: Any) -> None:
        _ready_to_send(self)
        super().send(data)


class _TlsConnection(HTTPSConnection):
    response_class: type[http.client.HTTPResponse] = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        _check_name(self._dns_host, self.port)
        return _checked(super()._new_conn())

    def connect(self) -> None:
        super().connect()
        _call.opened = _call.sent = True

    def send(self, data: Any) -> None:
        _ready_to_send(self)
        super().send(data)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


@cache
def tls_context() -> ssl.SSLContext:
    """A verifying context, made once: loading the certificates takes long."""
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


class BoundedAdapter(HTTPAdapter):
    """An adapter whose connections obey one_call(). Used without a Session on purpose: no
    redirects, no cookies, no proxies or .netrc from the environment, and safe between threads."""

    def __init__(self, context: ssl.SSLContext, connections: int) -> None:
        self._context = context
        super().__init__(pool_connections=2, pool_maxsize=connections, pool_block=False)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context already holds the certificates; do not load them for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"

    def close(self) -> None:
        """Close every idle connection now. urllib3 alone leaves that to the garbage collector."""
        pools = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118 - this container cannot be iterated
            pools[key].close()
        super().close()
