"""How many attempts the account really takes, learnt from its refusals."""

from __future__ import annotations

import threading

from webapp.clock import Clock

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


class Throttle:
    """Lowers the number of slots when the service says it is full, and raises it slowly again.

    Thread-safe. A busy answer also stops submitting for a while, longer each time in a row.
    """

    def __init__(self, clock: Clock, slots: int) -> None:
        self._clock = clock
        self._slots = slots
        self._capacity = float(slots)
        self._pause_s = FIRST_PAUSE_S
        self._closed_until = 0.0
        self._lock = threading.Lock()

    @property
    def slots(self) -> int:
        """Slots that may be used now, at least 1."""
        with self._lock:
            return max(1, int(self._capacity))

    def closed_for_s(self) -> float:
        """Seconds until the next submit may leave; 0 when it may now."""
        with self._lock:
            return max(0.0, self._closed_until - self._clock.monotonic())

    def busy(self, in_flight: int, retry_after_s: float | None) -> None:
        """The service refused one more while `in_flight` others were accepted."""
        with self._lock:
            now = self._clock.monotonic()
            if now >= self._closed_until:  # several refusals at once are one piece of news
                self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
                self._capacity = max(1.0, min(self._capacity, float(in_flight)))
            pause_s = self._pause_s if retry_after_s is None else retry_after_s
            self._closed_until = max(self._closed_until, now + pause_s)

    def accepted(self) -> None:
        """One was taken: a tenth of a slot more may be tried."""
        with self._lock:
            self._pause_s = FIRST_PAUSE_S
            self._capacity = min(float(self._slots), self._capacity + 0.1)
