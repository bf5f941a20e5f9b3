"""Waiting for something that another thread or process does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Longer and longer: a look is often a request, and what takes long needs no dozens of them.
_FIRST_PAUSE_S = 0.01
_GROWTH = 1.4
_LONGEST_PAUSE_S = 0.1


def wait_until(
    look: Callable[[], T],
    *,
    deadline_s: float = 60,
    tell: Callable[[], object] | None = None,
) -> T:
    """Look again and again until the answer is true, and give it back.

    Fails after the deadline, with what `tell` says, else with the last answer.
    """
    pauses = threading.Event()
    pause_s = _FIRST_PAUSE_S
    end = time.monotonic() + deadline_s
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() >= end:
            raise AssertionError(f"after {deadline_s} s still: {tell() if tell else seen!r}")
        pauses.wait(pause_s)
        pause_s = min(pause_s * _GROWTH, _LONGEST_PAUSE_S)
