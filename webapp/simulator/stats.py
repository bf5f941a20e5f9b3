"""Counters that tests read: what came in, what was refused, how much at once."""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Stats:
    """Plain counters; the world's lock guards them."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    webhooks: int = 0
    max_in_flight: int = 0
    open_submits: int = 0
    max_open_submits: int = 0
    #: (clock seconds, surface) of the latest requests, to see hot loops and pauses
    log: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=20_000))

    def saw(self, surface: str, now: float) -> None:
        self.requests[surface] += 1
        self.log.append((now, surface))

    @contextmanager
    def open_submit(self) -> Iterator[None]:
        """Counts one submit as open until its answer went out or its connection died."""
        self.open_submits += 1
        self.max_open_submits = max(self.max_open_submits, self.open_submits)
        try:
            yield
        finally:
            self.open_submits -= 1

    def view(self) -> dict[str, Any]:
        """What `GET /_sim/stats` shows, but for what the world adds."""
        return {
            "accepted": self.accepted,
            "refused": dict(self.refused),
            "submits": self.requests["submit"],
            "queries": self.requests["query"],
            "uploads": self.requests["upload"],
            "downloads": self.requests["download"],
            "faults": dict(self.faults),
            "webhooks": self.webhooks,
            "max_in_flight": self.max_in_flight,
            "open_submits": self.open_submits,
            "max_open_submits": self.max_open_submits,
        }
