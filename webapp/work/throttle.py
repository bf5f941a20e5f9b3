"""How many attempts the account really takes, learnt from its refusals."""

from __future__ import annotations

import threading

from webapp.clock import Clock

FIRST_PAUSE_S = 1.0
"""Before any refusal. Each one doubles it first, so the first pause takes twice this."""
LONGEST_PAUSE_S = 30.0

SILENT_SUBMITS = 3
"""After so many submits in a row that were never answered, the service counts as away."""

FIRST_PROBE_S = 10.0
LONGEST_PROBE_S = 600.0

FIRST_KNOCK_S = 1.0
LONGEST_KNOCK_S = 60.0


class Throttle:
    """Lowers the number of slots when the service says it is full, and raises it slowly again.

    A busy answer also stops submitting for a while, longer each time in a row. So does silence:
    what is sent into an outage may be paid for and lost, so then one submit at a time finds out
    whether the service is back. Thread-safe.
    """

    def __init__(self, clock: Clock, slots: int) -> None:
        self._clock = clock
        self._slots = slots
        self._capacity = float(slots)
        self._pause_s = FIRST_PAUSE_S
        self._probe_s = FIRST_PROBE_S
        self._knock_s = FIRST_KNOCK_S
        self._silent = 0
        self._trouble = False
        self._busy_until = 0.0
        self._silent_until = 0.0
        self._lock = threading.Lock()

    @property
    def slots(self) -> int:
        """Slots that may be used now, at least 1."""
        with self._lock:
            return max(1, int(self._capacity))

    @property
    def away(self) -> bool:
        """Whether submitting rests because nobody answered."""
        with self._lock:
            return self._silent_until > self._clock.monotonic()

    @property
    def guarded(self) -> bool:
        """Whether nobody knows if a submit would be answered, or taken by the account."""
        with self._lock:
            silent = self._silent >= SILENT_SUBMITS
            return silent or self._trouble or self._silent_until > self._clock.monotonic()

    def at_once(self, submits: int) -> int:
        """How many of the allowed submits may be open now: one while nobody knows who answers, and
        after trouble with the account, until it takes one."""
        with self._lock:
            return 1 if self._silent >= SILENT_SUBMITS or self._trouble else submits

    def closed_for_s(self) -> float:
        """Seconds until the next submit may leave; 0 when it may now."""
        with self._lock:
            until = max(self._busy_until, self._silent_until)
            return max(0.0, until - self._clock.monotonic())

    def allow(self, slots: int) -> None:
        """The account says itself that it takes no more than so many of ours."""
        with self._lock:
            self._capacity = max(1.0, min(self._capacity, float(slots)))

    def busy(self, accepted: int, retry_after_s: float | None, *, full: bool = True) -> None:
        """The service refused one more while it had accepted so many. `full`: the account has no
        place for more than these; else it is only too much at once, and half may be right."""
        with self._lock:
            now = self._clock.monotonic()
            if now >= self._busy_until:  # several refusals at once are one piece of news
                self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
                fitting = float(accepted) if full else self._capacity / 2
                self._capacity = max(1.0, min(self._capacity, fitting))
            pause_s = self._pause_s if retry_after_s is None else retry_after_s
            self._busy_until = max(self._busy_until, now + pause_s)

    @property
    def lowered(self) -> bool:
        """Whether fewer slots are used than are set."""
        with self._lock:
            return self._capacity < self._slots

    def accepted(self, now_accepted: int = 0) -> None:
        """One was taken: a tenth of a slot more may be tried. `now_accepted` tells how many the
        service has at this moment, for some may have been on their way when it refused one."""
        self.answered()
        with self._lock:
            self._trouble = False
            self._pause_s = FIRST_PAUSE_S
            found = max(self._capacity + 0.1, float(now_accepted))
            self._capacity = min(float(self._slots), found)

    def answered(self) -> None:
        """A submit was answered, with whatever: somebody is there."""
        with self._lock:
            self._silent = 0
            self._silent_until = 0.0
            self._probe_s = FIRST_PROBE_S
            self._knock_s = FIRST_KNOCK_S

    def account_refused(self) -> None:
        """Money or the key is in trouble: every further submit would be refused alike."""
        with self._lock:
            self._trouble = True

    def unreachable(self) -> None:
        """Nothing could be sent. That costs nothing, so it is tried again sooner than after silence."""
        with self._lock:
            now = self._clock.monotonic()
            if now < self._silent_until:  # several at once are one piece of news
                return
            self._silent_until = now + self._knock_s
            self._knock_s = min(LONGEST_KNOCK_S, self._knock_s * 2)

    def reached(self) -> None:
        """A question was answered: what could not be sent can be sent again. Silence after sending
        is another matter, which only a submit can settle."""
        with self._lock:
            if self._silent < SILENT_SUBMITS:
                self._silent_until = 0.0
                self._knock_s = FIRST_KNOCK_S

    def unanswered(self) -> None:
        """A submit left and no readable answer came back."""
        with self._lock:
            now = self._clock.monotonic()
            self._silent += 1
            if self._silent < SILENT_SUBMITS or now < self._silent_until:
                return
            self._silent_until = now + self._probe_s
            self._probe_s = min(LONGEST_PROBE_S, self._probe_s * 2)
