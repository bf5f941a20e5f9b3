"""Time, in one place, so that tests can move it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol, overload


class Clock(Protocol):
    """`now()` is aware UTC and may jump; `monotonic()` is seconds and never goes back."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()


class FakeClock:
    """A clock for tests: stands still until it is moved."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2026, 1, 1, tzinfo=UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Move both readings forward."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


@overload
def format_utc(moment: datetime) -> str: ...


@overload
def format_utc(moment: None) -> None: ...


@overload
def format_utc(moment: datetime | None) -> str | None: ...


def format_utc(moment: datetime | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` in UTC, the JSON interface's form (design.md §7)."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")
