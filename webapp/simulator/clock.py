"""The simulator's own time: a monotonic clock that tests may push forward."""

from collections.abc import Callable


class SimClock:
    """The given clock plus everything that was advanced so far; seconds, never going back."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self._ahead_s = 0.0

    def now(self) -> float:
        """Seconds on this clock; only differences mean anything."""
        return self._base() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        if seconds < 0:
            raise ValueError("time only goes forward")
        self._ahead_s += seconds
