"""Requests as no client library would send them."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

TIMEOUT_S = 20


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """A connection to a server of this machine."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT_S) as sock:
        yield sock


def head(url: str, method: str, target: str, **headers: str) -> bytes:
    """A request's head; `__` in a header's name stands for nothing, `_` for a hyphen."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {urlsplit(url).netloc}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def ask(url: str, request: bytes) -> tuple[int, bytes]:
    """Send these bytes; status and whole answer. A status of 0: the server hung up."""
    with connected(url) as sock:
        sock.sendall(request)
        return read_answer(sock)


def read_answer(sock: socket.socket) -> tuple[int, bytes]:
    """Status and all bytes until the server closes."""
    answer = b""
    try:
        while piece := sock.recv(65536):
            answer += piece
    except ConnectionError:
        pass
    return (int(answer.split(b" ", 2)[1]) if answer else 0), answer


def pour(url: str, start: bytes, pieces: Iterable[bytes]) -> tuple[int, int]:
    """Send a body for as long as the server takes it; its status, and how many bytes it took."""
    sent = 0
    with connected(url) as sock:
        sock.sendall(start)
        sock.setblocking(True)
        try:
            for piece in pieces:
                if _has_answered(sock):
                    break
                sock.sendall(piece)
                sent += len(piece)
        except ConnectionError:
            pass  # it closed while we were sending; its answer may still be there
        return read_answer(sock)[0], sent


def _has_answered(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        sock.settimeout(TIMEOUT_S)
