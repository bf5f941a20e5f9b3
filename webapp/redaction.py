"""Keep secrets out of what is stored, shown or logged."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "***"

_SHORTEST_SECRET = 8
"""A shorter one is no secret, and removing it would eat ordinary words."""

# What gives a secret away by its place, for those that we do not know by heart.
_BEARER = re.compile(r"\b(bearer|basic)\s+[^\s\"',;<>]+", re.IGNORECASE)
_QUERY = re.compile(r"(https?:(?:\\?/){2}[^\s\"'<>?]*)\?[^\s\"'<>]*", re.IGNORECASE)
# What opens the webhook of one attempt, or makes an account; also where slashes are escaped.
_IN_PATH = re.compile(r"(\b(?:hooks\\?/rh\\?/[0-9]+|invitation)\\?/)[^\s\"'/?<>\\]+")
_NAMED = re.compile(
    r"\b((?:api_?-?key|access_?-?key|secret_?-?key|password)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&}]{6,}",
    re.IGNORECASE,
)


def hide_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the literal secrets, credentials of headers, named keys, codes in paths, and the
    queries of URLs, for links to results are signed there."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _IN_PATH.sub(rf"\1{HIDDEN}", text)
    text = _QUERY.sub(rf"\1?{HIDDEN}", text)
    return _NAMED.sub(rf"\1{HIDDEN}", text)


def without_password(url: str) -> str:
    """`url` without the name and password that it may carry before its host; other text as it is."""
    if "://" not in url or "@" not in url:
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://…@{rest.rpartition('@')[2]}"
