"""An app of which every answer is read for secrets, whoever asked: a client, a browser, a raw socket."""

from __future__ import annotations

import re
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.helpers.canary import in_paths, leaks, learned, seen_in, seen_in_zip

_SHORTEST = 10
_SHORTEST_COOKIE = 24  # shorter ones are a theme or a language
_PASSWORDS = re.compile(r'"[a-z_]*password[a-z_]*"\s*:\s*"([^"\\]+)"', re.IGNORECASE)
_INVITATION = re.compile(r"/invitation/([A-Za-z0-9_-]{20,})")
_HOOK = re.compile(r"/hooks/rh/\d+/([0-9a-f]{40})\Z")
_BODY_BYTES = 16 * 1024
_ZIP_BYTES = 20_000_000
_TAIL = 200  # a secret may lie across two pieces of an answer


class Watched:
    """Notes in `canary.leaks` every answer that shows a secret. What requests carry becomes
    `canary.learned`: it may not come back in an answer, nor be in a file or a log line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        learned.clear()
        in_paths.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        _learn_from_head(scope)
        answer = _Answer(scope)
        body = b""

        async def receive_and_learn() -> Message:
            nonlocal body
            message = await receive()
            if len(body) < _BODY_BYTES:
                body += message.get("body", b"")
                _learn_from_body(body[:_BODY_BYTES])
            return message

        async def read_and_send(message: Message) -> None:
            answer.read(message)
            await send(message)

        await self.app(scope, receive_and_learn, read_and_send)


def _learn_from_head(scope: Scope) -> None:
    headers = Headers(scope=scope)
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and len(token) >= _SHORTEST:
        learned.add(token.strip())
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        cookies = SimpleCookie()
    for cookie in cookies.values():
        if len(cookie.value) >= _SHORTEST_COOKIE:
            learned.add(cookie.value)
    learned.update(_HOOK.findall(scope["path"]))
    in_paths.update(_INVITATION.findall(scope["path"]))


def _learn_from_body(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    if "password" not in text.lower():
        return
    found = _PASSWORDS.findall(text)
    found += [value for name, value in parse_qsl(text) if "password" in name.lower()]
    learned.update(value for value in found if len(value) >= _SHORTEST)


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Scope) -> None:
        self._what = f"the answer to {scope['method']} {scope['path'][:200]}"
        self._tail = b""
        self._zip: bytearray | None = None

    def read(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            # A session's cookie is how a browser gets and keeps its session.
            rest = [value for name, value in message["headers"] if name.lower() != b"set-cookie"]
            self._judge(b"\n".join(rest))
            if headers.get("content-type") == "application/zip":
                self._zip = bytearray()
        elif message["type"] == "http.response.body":
            self._read_body(bytes(message.get("body", b"")), bool(message.get("more_body")))

    def _read_body(self, body: bytes, more: bool) -> None:
        self._judge(self._tail + body)
        self._tail = body[-_TAIL:]
        if self._zip is not None and len(self._zip) < _ZIP_BYTES:
            self._zip += body
            if not more:
                self._note(seen_in_zip(bytes(self._zip), tuple(learned)))

    def _judge(self, data: bytes) -> None:
        self._note(seen_in(data, tuple(learned)))

    def _note(self, found: str | None) -> None:
        if found:
            leaks.append(f"{self._what}: {found}")
