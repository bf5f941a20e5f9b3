"""A provider's text is kept for people to read: without secrets, and not for ever."""

from __future__ import annotations

from collections.abc import Iterable

from webapp.providers.base import RAW_LIMIT_BYTES
from webapp.redaction import hide_secrets


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without secrets, cut to RAW_LIMIT_BYTES of UTF-8."""
    # Cut last: a secret that lies across the cut must not survive by half.
    hidden = hide_secrets(text, secrets)
    return hidden.encode("utf-8", "replace")[:RAW_LIMIT_BYTES].decode("utf-8", "ignore")
