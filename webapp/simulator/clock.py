"""The simulator's own time: a steady clock that tests may push forward."""

import time
from collections.abc import Callable

_WALL_MINUS_MONOTONIC_S = time.time() - time.monotonic()


_FURTHEST_S = 10.0 * 365 * 86400


def wall_clock() -> float:
    """Seconds since 1970 that never go back while a process lives, and go on in the next one."""
    return _WALL_MINUS_MONOTONIC_S + time.monotonic()


class SimClock:
    """The given clock plus everything that was advanced so far; seconds, never going back."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self.ahead_s = 0.0

    def now(self) -> float:
        """Seconds on this clock; only differences mean anything."""
        return self._base() + self.ahead_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        if not 0 <= seconds <= _FURTHEST_S:
            raise ValueError("time only goes forward, and not for ever")
        self.ahead_s += seconds
