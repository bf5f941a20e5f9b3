"""Keep secrets out of what we store and show: a provider's text is kept for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from webapp.providers.base import RAW_LIMIT_BYTES

_BEARER = re.compile(r"\b(bearer|basic)\s+[^\s\"',;<>]+", re.IGNORECASE)
_QUERY = re.compile(r"(https?:(?:\\?/){2}[^\s\"'<>?]*)\?[^\s\"'<>]*", re.IGNORECASE)
_HIDDEN = "***"
_SHORTEST_SECRET = 8
"""A shorter one is no secret, and removing it would eat ordinary words."""


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without the literal secrets, credentials of headers, and queries of (signed) URLs,
    cut to RAW_LIMIT_BYTES of UTF-8."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, _HIDDEN)
    text = _BEARER.sub(rf"\1 {_HIDDEN}", text)
    text = _QUERY.sub(rf"\1?{_HIDDEN}", text)
    # Cut last: a secret that lies across the cut must not survive by half.
    return text.encode("utf-8", "replace")[:RAW_LIMIT_BYTES].decode("utf-8", "ignore")
