"""Calls that can be broken off from another thread, all at once and for good."""

from __future__ import annotations

import contextlib
import socket
import threading


class BrokenOff(Exception):
    """The program stops: this call was broken off, or was not begun."""


class OpenCalls:
    """For calls that are free and may be repeated. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: dict[int, socket.socket] = {}
        self._broken = False

    @property
    def broken(self) -> bool:
        """Whether no call may be begun any more."""
        return self._broken

    def break_off(self) -> None:
        """Whoever waits for one of the connections fails at once, and so does whoever comes later.
        Returns at once."""
        with self._lock:
            self._broken = True
            for sock in self._sockets.values():
                # Not SSLSocket's own, which takes the cipher away under a thread that uses it.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def use(self, sock: socket.socket) -> None:
        """This thread's call is made on that connection. Raises BrokenOff."""
        with self._lock:
            if self._broken:
                raise BrokenOff("the program stops")
            self._sockets[threading.get_ident()] = sock

    def end(self) -> None:
        """This thread's call is over."""
        with self._lock:
            self._sockets.pop(threading.get_ident(), None)
