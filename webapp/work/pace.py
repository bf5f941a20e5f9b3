"""When to ask a provider how a task is: soon after it has probably ended, and seldom before.

A question costs something (the provider's patience, our CPU); so does a slot that stands idle
because nobody has noticed that its task ended. We ask at the moment at which the idle time to be
expected, from what tasks of that type have lately taken, reaches the price of one question. That
is Keller's optimum for inspecting a thing that may have failed. Where the durations lie close
together the questions do too, and nothing is asked while nothing can have ended.

No I/O and no clock in here; seconds everywhere.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from random import Random
from statistics import median

MIN_PAUSE_S = 0.05
HISTORY_SIZE = 50

_PRICE_BASE_S = 0.004
_PRICE_OF_TYPICAL = 0.0115
"""A question is worth this much idle time of a slot, plus this share of a task's duration. With
both, tasks of 8 s need between four and five questions and tasks of 1 s four (tests/test_pace.py)."""

_COLD_START = 0.18
_COLD_GROWTH = 0.36
"""Without any history: first after this share of the typical time, then after this share of the
time that the task has already taken."""

_LONGEST_OF_TYPICAL = 2.0
"""Whatever tasks have lately taken, a question comes after this many times the typical duration."""

_OVERRUN_SCALE = 0.4
_OVERRUN_GROWTH = 0.15
"""A task that took longer than all before it: it may end within less than half its age, and
the longer it overruns, the less we know."""

_JITTER = 0.1
_COLD_JITTER = 0.3
_GOLDEN = 0.6180339887498949


class History:
    """What tasks of each type have lately taken. Thread-safe; the last HISTORY_SIZE per type.

    Only tasks that succeeded belong in here: a refusal after one second says nothing about how
    long the others will take. `told` hears of each: its type, and the seconds after which its end was
    seen.
    """

    def __init__(self) -> None:
        self.told: Callable[[str, float], None] = lambda kind, seconds: None
        self._durations: dict[str, deque[float]] = {}
        self._recorded = 0
        self._lock = threading.Lock()

    def record(self, kind: str, lower_s: float, upper_s: float) -> None:
        """A task was not done after `lower_s` (0 if never asked before) and done after `upper_s`.

        The end lies somewhere between. Always taking the upper end would add our own delay to
        what we believe, time after time; always the middle would pile up the values where the
        questions happened to be. So the values are spread evenly over their gaps.
        """
        self.told(kind, upper_s)
        lower_s, upper_s = max(0.0, min(lower_s, upper_s)), max(0.0, upper_s)
        with self._lock:
            known = self._of(kind)
            if known and lower_s <= median(known) and upper_s > 2 * max(known):
                return  # nobody asked for long (a restart, an outage): this tells nothing new
            self._recorded += 1
            share = (self._recorded * _GOLDEN) % 1.0
            known.append(lower_s + share * (upper_s - lower_s))

    def seed(self, kind: str, durations_s: Iterable[float]) -> None:
        """Put in durations from an earlier run, oldest first."""
        with self._lock:
            self._of(kind).extend(value for value in durations_s if value > 0)

    def durations(self, kind: str) -> tuple[float, ...]:
        """Oldest first."""
        with self._lock:
            return tuple(self._durations.get(kind, ()))

    def _of(self, kind: str) -> deque[float]:
        return self._durations.setdefault(kind, deque(maxlen=HISTORY_SIZE))


def next_pause(
    elapsed_s: float,
    history: Sequence[float],
    *,
    poll_interval_s: float,
    typical_s: float,
    rng: Random,
) -> float:
    """How long to wait before the next question about a task that was accepted `elapsed_s` ago
    and is not known to have ended.

    `history` holds durations of such tasks in any order; `typical_s` stands in while it is empty.
    From `end_is_near` on never longer than `poll_interval_s`; before it a question looks in now and then.
    """
    if history:
        pause = _informed_pause(elapsed_s, history, poll_interval_s)
        # An end that was found late (a night off, a task that a person attached) looks like a long
        # task; alone in the history it must not keep us from asking for hours.
        pause = min(pause, max(2 * poll_interval_s, _LONGEST_OF_TYPICAL * typical_s))
    else:
        pause = _cold_pause(elapsed_s, poll_interval_s, typical_s)
    # Tasks that started together must not all ask in the same moment, again and again.
    pause *= rng.uniform(1 - (_JITTER if history else _COLD_JITTER), 1)
    return max(pause, min(MIN_PAUSE_S, poll_interval_s))


def _cold_pause(elapsed_s: float, poll_interval_s: float, typical_s: float) -> float:
    pause = max(typical_s * _COLD_START - elapsed_s, elapsed_s * _COLD_GROWTH)
    return pause if elapsed_s < typical_s / 2 else min(pause, poll_interval_s)


def _informed_pause(elapsed_s: float, history: Sequence[float], poll_interval_s: float) -> float:
    price_s = _PRICE_BASE_S + _PRICE_OF_TYPICAL * median(history)
    ahead = sorted(value - elapsed_s for value in history if value > elapsed_s)
    if not ahead:
        overrun_s = elapsed_s - max(history)
        soon = sqrt(2 * price_s * _OVERRUN_SCALE * elapsed_s)
        return min(max(soon, overrun_s * _OVERRUN_GROWTH), poll_interval_s)
    # Some tasks end oddly early, by a refusal: look in now and then before an end is likely.
    look_in_s = max(2 * poll_interval_s, (elapsed_s + ahead[0]) / 3)
    if ahead[0] > look_in_s:
        pause = look_in_s
    else:
        pause = min(_pause_worth(ahead, price_s), ahead[0] + poll_interval_s)
    return min(pause, poll_interval_s) if elapsed_s >= end_is_near(history) else pause


def end_is_near(history: Sequence[float]) -> float:
    """The age from which a task may end at any moment: one in ten of those before it had ended by then.
    Not the very first one's, for one that was oddly quick must not have all others asked too early."""
    return sorted(history)[len(history) // 10]


def _pause_worth(ahead: Sequence[float], price_s: float) -> float:
    """The pause after which the expected idle time is `price_s`, when the end is equally likely
    at each of the moments `ahead` (sorted)."""
    total = price_s * len(ahead)
    for passed, moment in enumerate(ahead, start=1):
        total += moment
        pause = total / passed
        if passed == len(ahead) or pause <= ahead[passed]:
            return pause
    return price_s


def eta_seconds(
    remaining: int,
    in_flight: int,
    slots: int,
    typical_s: float,
    recent_rate_per_s: float | None,
) -> float | None:
    """About how long until everything has ended; None when nothing moves.

    `remaining` items wait, `in_flight` are with the provider. `recent_rate_per_s` is the measured
    rate of endings, used when there is one.
    """
    if remaining <= 0:
        # The last of k tasks of random ages.
        return typical_s * in_flight / (in_flight + 1) if in_flight > 0 else 0.0
    rate = recent_rate_per_s or (slots / typical_s if typical_s > 0 else 0.0)
    return remaining / rate + typical_s if rate > 0 else None
