"""Waiting for something that another thread or process does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_S = 0.02


def wait_until(look: Callable[[], T], *, deadline_s: float = 20) -> T:
    """Look again and again until the answer is true, and give it back. Fails after the deadline."""
    pause = threading.Event()
    end = time.monotonic() + deadline_s
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < end, f"still {seen!r} after {deadline_s} s"
        pause.wait(_PAUSE_S)
