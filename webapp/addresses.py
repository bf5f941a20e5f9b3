"""Reading addresses that come from outside."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def split_address(text: str) -> SplitResult:
    """The parts of an address; all empty for what is none, such as `http://[`. Never fails."""
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit("")
