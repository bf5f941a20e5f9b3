"""How long to wait before the next try."""

from __future__ import annotations

import random


def backoff_s(tries: int, base_s: float, cap_s: float) -> float:
    """Doubles with each try up to `cap_s`, with jitter of a half, so that many do not come at once."""
    return min(cap_s, base_s * 2.0 ** min(tries, 30)) * random.uniform(0.5, 1.5)
