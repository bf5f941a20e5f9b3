"""The envelope of the JSON interface, and what an answer needs to know of its request."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse

from webapp.messages import Message
from webapp.pages.visitor import language_of
from webapp.services import services


def ok(data: object) -> JSONResponse:
    """The answer to a call that worked."""
    return JSONResponse({"code": 0, "data": data})


def speaker(request: Request) -> Callable[[Message], str]:
    """Says sentences in the language of the one who asks."""
    catalogue = services(request).catalogue
    language = language_of(request)
    return lambda message: catalogue.translate(language, message)


def base_url(request: Request) -> str:
    """PUBLIC_URL, else the address under which we were called; no slash at its end."""
    public_url = services(request).settings.public_url
    return public_url or str(request.base_url).rstrip("/")


def in_pieces(pieces: deque[bytes]) -> StreamingResponse:
    """An answer that is JSON already, sent piece by piece; each is forgotten when it is on its way."""

    async def send() -> AsyncIterator[bytes]:
        while pieces:
            yield pieces.popleft()

    length = sum(map(len, pieces))
    headers = {"content-length": str(length)}
    return StreamingResponse(send(), headers=headers, media_type="application/json")
