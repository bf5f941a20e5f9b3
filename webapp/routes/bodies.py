"""JSON bodies: read once, refused in plain words. How large one may be is body_limit.py's part."""

from __future__ import annotations

import json
from typing import NoReturn

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from webapp.api import api_requests
from webapp.api.api_requests import Model
from webapp.errors import InvalidInput, MalformedRequest, UnsupportedMedia
from webapp.messages import Message, msg

_EXACT = 2**53  # whole numbers above are not all there
JsonObject = dict[str, object]

_LARGE = 256 * 1024  # parsing more than this would hold up everybody else on the event loop


async def read_object(request: Request) -> JsonObject:
    """The body, which must be a JSON object. Raises UnsupportedMedia, MalformedRequest, TooLarge, and
    InvalidInput for a key given twice."""
    _check_content_type(request)
    raw = await request.body()
    if len(raw) < _LARGE:
        return parse_object(raw)
    return await run_in_threadpool(parse_object, raw)


async def read_options(request: Request, model: type[Model]) -> Model:
    """The options of an action: like read_object, but an empty body means no options.

    Raises InvalidInput that names every field that does not fit, unknown ones too.
    """
    given = await read_object(request) if await request.body() else {}
    return api_requests.read_options(model, given)


def parse_object(raw: bytes) -> JsonObject:
    """Strict JSON in UTF-8. Raises MalformedRequest that says where it breaks, InvalidInput that
    names a key given twice."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedRequest(
            msg("The body is not UTF-8: byte %(at)s cannot be read.", at=error.start + 1)
        ) from error
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_number,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise MalformedRequest(_where(error)) from error
    except RecursionError as error:
        raise MalformedRequest(msg("The body is nested too deeply.")) from error
    except ValueError as error:  # an integer with thousands of digits
        raise MalformedRequest(msg("The body contains a number that cannot be read.")) from error
    if not isinstance(value, dict):
        raise MalformedRequest(msg("The body must be a JSON object: {…}."))
    return value


def _where(error: json.JSONDecodeError) -> Message:
    return msg(
        "The body is not valid JSON: look at line %(line)s, column %(column)s.",
        line=error.lineno,
        column=error.colno,
    )


def _object(pairs: list[tuple[str, object]]) -> JsonObject:
    """JSON lets a key come twice, and Python takes the last one without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                text = msg("“%(name)s” is given twice.", name=name[:80])
                raise InvalidInput.field(name[:80], text)
            seen.add(name)
    return found


def _number(text: str) -> float | int:
    """2.0 is a whole number in JSON, where there is only one kind of number."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedRequest(msg("%(name)s is not a JSON number.", name=name))


def _check_content_type(request: Request) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != "application/json":
        raise UnsupportedMedia(msg("The body must be sent with “Content-Type: application/json”."))
