"""Read what RunningHub answers: both envelopes, numbers as strings, fields that come and go.

Nothing in here raises for odd content; what cannot be read is empty or None (protocol.md §1, §5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from webapp.providers.base import RemoteResult

Json = Mapping[str, object]

_NO_ERROR = ("", "0", "200")
_NO_ID = ("", "0", "null", "none", "undefined")
_MAX_MONEY = Decimal(10) ** 9


def read_json(body: bytes) -> Json | None:
    """The body as an object, None when it is anything else. Fractions become Decimal."""
    try:
        found = json.loads(body.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def unwrapped(body: Json) -> Json:
    """The inner object of a `{"code", "msg", "data"}` envelope, else the body itself."""
    inner = body.get("data")
    is_task = any(name in body for name in ("taskId", "status", "errorCode"))
    return inner if isinstance(inner, dict) and not is_task else body


def scalar(value: object) -> str:
    """A string or a number as a string without spaces around it, anything else as ""."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return _whole(str(value)).strip()


def _whole(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can carry and no database takes."""
    return text.encode("utf-8", "replace").decode()


def error_code(body: Json) -> str:
    """The code of a refusal, "" when there is none. `errorCode` wins over the envelope's `code`."""
    for name in ("errorCode", "code"):
        value = scalar(body.get(name))
        if value not in _NO_ERROR:
            return value
    return ""


def error_text(body: Json) -> str:
    """Everything that the answer says about an error: message and failed reason."""
    parts = [scalar(body.get(name)) for name in ("errorMessage", "message", "msg")]
    reason = body.get("failedReason") or unwrapped(body).get("failedReason")
    if isinstance(reason, dict):
        parts += [scalar(reason.get(name)) for name in ("exception_type", "exception_message")]
    elif isinstance(reason, str):
        parts.append(reason)
    return " ".join(part for part in parts if part)


def task_id(body: Json) -> str:
    """The id of an accepted task, "" without one.

    A fraction is not an id: it went through a program that rounded it.
    """
    for source in (body, unwrapped(body)):
        value = source.get("taskId")
        found = scalar(value) if isinstance(value, str | int) else ""
        fits = len(found) <= 128 and found.isprintable() and not found.startswith("-")
        if fits and found.lower() not in _NO_ID:
            return found
    return ""


def status_word(body: Json) -> str:
    """The status in upper case, "" when there is none."""
    source = unwrapped(body)
    return (scalar(source.get("status")) or scalar(source.get("taskStatus"))).upper()


def results(body: Json) -> tuple[RemoteResult, ...]:
    """All outputs in their order; entries with neither link nor text are left out."""
    found = unwrapped(body).get("results")
    entries = found if isinstance(found, list) else [found]
    read = (_result(entry) for entry in entries)
    return tuple(result for result in read if result is not None)


def _result(entry: object) -> RemoteResult | None:
    if isinstance(entry, str):
        name = "url" if entry.startswith(("http://", "https://")) else "text"
        entry = {name: entry}
    if not isinstance(entry, dict):
        return None
    url = _first(entry, ("url", "outputUrl", "fileUrl"))
    text = _first(entry, ("text", "content", "output"))
    if url is None and text is None:
        return None
    kind = _kind(scalar(entry.get("outputType") or entry.get("fileType")), url)
    return RemoteResult(url, kind, text, scalar(entry.get("nodeId")) or None)


def _first(entry: Json, names: tuple[str, ...]) -> str | None:
    values = (entry.get(name) for name in names)
    found = (value for value in values if isinstance(value, str) and value.strip())
    return next((_whole(value) for value in found), None)


def _kind(word: str, url: str | None) -> str:
    """A file extension: the provider's word if it is one, else the link's, else txt for a text."""
    for candidate in (word.lower().lstrip("."), _suffix(url)):
        if re.fullmatch(r"[a-z0-9]{1,8}", candidate):
            return candidate
    return "" if url else "txt"


def _suffix(url: str | None) -> str:
    try:
        return PurePosixPath(urlsplit(url or "").path).suffix.lower().lstrip(".")
    except ValueError:
        return ""


def cost(body: Json) -> Decimal | None:
    """What the task cost: the first amount above 0, 0 when it is said to be free, else None."""
    usage = unwrapped(body).get("usage")
    if not isinstance(usage, dict):
        return None
    amounts = [amount(usage.get(name)) for name in ("consumeMoney", "thirdPartyConsumeMoney")]
    known = [value for value in amounts if value is not None]
    return next((value for value in known if value > 0), Decimal(0) if known else None)


def task_seconds(body: Json) -> float | None:
    """How long the machine worked; None for model calls, which say "0"."""
    usage = unwrapped(body).get("usage")
    seconds = amount(usage.get("taskCostTime")) if isinstance(usage, dict) else None
    return float(seconds) if seconds else None


def amount(value: object) -> Decimal | None:
    """A sum of money or a count, None for anything that cannot be one."""
    try:
        found = Decimal(scalar(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= _MAX_MONEY else None


def count(value: object) -> int | None:
    """A whole number that may come as a string."""
    found = amount(value)
    return None if found is None else int(found)
