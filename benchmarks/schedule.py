"""The best possible time: the same tasks in the same order, every end noticed at once."""

from __future__ import annotations

import heapq
from collections.abc import Sequence


def best_s(durations_s: Sequence[float], slots: int) -> float:
    """List scheduling: each task starts in the slot that is free first."""
    free_at = [0.0] * min(slots, len(durations_s))
    for duration_s in durations_s:
        heapq.heapreplace(free_at, free_at[0] + duration_s)
    return max(free_at, default=0.0)
