"""Waiting for something that another thread or process does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_S = 0.02


def wait_until(
    look: Callable[[], T],
    *,
    deadline_s: float = 20,
    tell: Callable[[], object] | None = None,
) -> T:
    """Look again and again until the answer is true, and give it back.

    Fails after the deadline, with what `tell` says, else with the last answer.
    """
    pause = threading.Event()
    end = time.monotonic() + deadline_s
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() >= end:
            raise AssertionError(f"after {deadline_s} s still: {tell() if tell else seen!r}")
        pause.wait(_PAUSE_S)
