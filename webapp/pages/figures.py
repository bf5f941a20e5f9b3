"""Small sums for pages."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import datetime


def median(values: Sequence[float]) -> float | None:
    """None for nothing."""
    return statistics.median(values) if values else None


def completions_per_minute(
    moments: Sequence[datetime], now: datetime, minutes: int
) -> tuple[int, ...]:
    """How many fell into each minute before `now`, oldest first, from the first one that has any."""
    bars = [0] * minutes
    for moment in moments:
        age = int((now - moment).total_seconds() // 60)
        if 0 <= age < minutes:
            bars[minutes - 1 - age] += 1
    first = next((position for position, count in enumerate(bars) if count), minutes)
    return tuple(bars[first:])
