"""A clock that goes on by itself and can be set."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class LeapClock:
    """The machine's clock, ahead by as much as a test says."""

    def __init__(self) -> None:
        self._passed_s = 0.0
        self._set_s = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._passed_s + self._set_s)

    def monotonic(self) -> float:
        return time.monotonic() + self._passed_s

    def leap(self, seconds: float) -> None:
        """So much time has passed."""
        self._passed_s += seconds

    def set(self, seconds: float) -> None:
        """Somebody has set the clock on the wall; no time has passed."""
        self._set_s += seconds
