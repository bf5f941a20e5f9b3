"""A server on bare sockets, for everything that a well-behaved HTTP server cannot be made to do."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType

Handler = Callable[["Connection"], None]


class Connection:
    """One accepted connection, as a handler sees it."""

    def __init__(self, sock: socket.socket, server: RawServer) -> None:
        self._sock = sock
        self._server = server

    def read_request(self) -> bytes:
        """The whole request, head and body; b"" when the client closed instead."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self._sock.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(body) < length:
            body += self._sock.recv(65536)
        request = head + b"\r\n\r\n" + body
        self._server.requests.append(request)
        return request

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def reset(self) -> None:
        """Close with a TCP reset instead of an orderly end."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def take(self) -> socket.socket:
        """The bare socket, for a handler that speaks TLS."""
        return self._sock

    def drip(self, data: bytes, interval_s: float = 0.05) -> None:
        """One byte at a time, until the client leaves; then `server.left` is set."""
        try:
            for byte in data:
                self._sock.sendall(bytes([byte]))
                if self._server.stopping.wait(interval_s):
                    return
        except OSError:
            self._server.left.set()

    def hold(self) -> None:
        """Say nothing until the client leaves or the server stops."""
        self._sock.settimeout(0.02)
        while not self._server.stopping.is_set():
            try:
                if not self._sock.recv(65536):
                    self._server.left.set()
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def hold_unread(self) -> None:
        """Take one piece, and nothing more, until the server stops."""
        self._sock.recv(1024)
        self._server.begun.set()
        self._server.stopping.wait()


class RawServer:
    """Gives every connection to `handler` in a thread of its own. A context manager."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self.begun = threading.Event()  #: a client is sending what nobody reads
        self.left = threading.Event()  #: a client gave up on a drip or a hold

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(5)  # a client that keeps a connection must not hold the test's end
        with sock:
            try:
                self._handler(Connection(sock, self))
            except OSError:
                return


def http_answer(
    body: bytes | object = b"", status: int = 200, headers: str = "", *, close: bool = True
) -> bytes:
    """A complete answer; anything but bytes is sent as JSON. `headers` are whole lines."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    ending = "Connection: close\r\n" if close else ""
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n{ending}{headers}\r\n"
    return head.encode() + data


def answering(*answers: bytes) -> Handler:
    """A handler that gives these answers in turn (over all connections), the last one for ever."""
    left = list(answers)
    lock = threading.Lock()

    def handle(connection: Connection) -> None:
        if connection.read_request():
            with lock:
                answer = left.pop(0) if len(left) > 1 else left[0]
            connection.send(answer)

    return handle
