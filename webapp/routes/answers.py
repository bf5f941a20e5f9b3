"""The envelope of the JSON interface, and what an endpoint asks of a request before it answers."""

from __future__ import annotations

from collections.abc import Callable, Collection

from starlette.requests import Request
from starlette.responses import JSONResponse

from webapp.errors import InvalidInput
from webapp.messages import Message, msg
from webapp.services import services
from webapp.visitor import language_of

MAX_PAGE_SIZE = 200
MAX_SEARCH = 200
_MAX_PAGE = 1_000_000


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


def paging(request: Request, *, default_size: int) -> tuple[int, int]:
    """`page` and `page_size` of the query string. Raises InvalidInput."""
    page = _whole_number(request, "page", 1, _MAX_PAGE)
    size = _whole_number(request, "page_size", default_size, MAX_PAGE_SIZE)
    return page, size


def choice(request: Request, name: str, allowed: Collection[str]) -> str | None:
    """One of the allowed words, None when it is absent or empty. Raises InvalidInput."""
    value = request.query_params.get(name, "").strip()
    if value and value not in allowed:
        raise InvalidInput.field(
            name,
            msg(
                "%(field)s cannot be “%(value)s”; choose one of %(choices)s.",
                field=name,
                value=value[:60],
                choices=", ".join(allowed),
            ),
        )
    return value or None


def given(request: Request, name: str) -> bool:
    """Whether the query string has a value under that name."""
    return bool(request.query_params.get(name, "").strip())


def search(request: Request) -> str | None:
    """The search text `q`, None when it is absent or blank. Raises InvalidInput."""
    value = request.query_params.get("q", "").strip()
    if len(value) > MAX_SEARCH:
        # SQLite refuses patterns of 50,000 bytes, and nobody searches for so much.
        problem = msg("%(field)s may have up to %(limit)s characters.", field="q", limit=MAX_SEARCH)
        raise InvalidInput.field("q", problem)
    # SQLite would stop reading at a NUL, and find what was not asked for.
    return value.replace("\x00", "\ufffd") or None


def _whole_number(request: Request, name: str, default: int, high: int) -> int:
    value = request.query_params.get(name, "").strip()
    if not value:
        return default
    # isdecimal alone would let other scripts' digits through, and int() refuses thousands of them.
    if value.isascii() and value.isdecimal() and len(value) < 10 and 1 <= int(value) <= high:
        return int(value)
    problem = msg("%(field)s must be a whole number from 1 to %(high)s.", field=name, high=high)
    raise InvalidInput.field(name, problem)
