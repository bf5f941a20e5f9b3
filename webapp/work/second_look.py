"""What is asked of the account beside the work, and never in its way: how many it takes, how many it
had under way when a submit became unclear, and whether an unclear one may be submitted again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from webapp.clock import Clock
from webapp.providers.base import ProviderError, QueueStatus
from webapp.safety.keeping import Keeper, guarded
from webapp.store import unknowns
from webapp.store.claims import Submitter
from webapp.store.unknowns import Waiting

log = logging.getLogger(__name__)

ASK_AGAIN_S = 60.0
"""When the account's answer did not settle it, the next question comes after this time."""


class SecondLook:
    """One thread. Every question is free, put once, and may fail: then nothing is known.

    `ask` gives up within seconds. `guarded_now` says that no submit is wanted at present;
    `knows` that an attempt is being asked about, because a webhook spoke of it.
    """

    def __init__(
        self,
        ask: Callable[[], QueueStatus],
        clock: Clock,
        keeper: Keeper,
        submitter: Submitter,
        *,
        max_task_s: float,
        guarded_now: Callable[[], bool],
        knows: Callable[[int], bool],
        submitted_again: Callable[[], None],
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._persist = keeper.persist
        self._submitter = submitter
        self._max_task_s = max_task_s
        self._guarded_now = guarded_now
        self._knows = knows
        self._submitted_again = submitted_again
        self._due: dict[int, float] = {}  # monotonic, by attempt: nobody can set that clock
        self._not_before = 0.0
        self._looking = False
        self._pool = ThreadPoolExecutor(1, "second-look")

    def begin(self, since: datetime, told: Callable[[QueueStatus | None], None]) -> None:
        """Ask once at the start; `told` gets the answer, None when there was none. What has become
        unknown `since` then, because an earlier process ended, gets it as evidence. Returns at once."""
        self._pool.submit(guarded, self._first, told, since)

    def unclear(self, attempt_id: int) -> None:
        """An attempt has become unknown. Returns at once."""
        self._later(lambda: self._gather([attempt_id], self._answer()))

    def look_around(self) -> None:
        """Now and then: whether something may be submitted again. Returns at once."""
        if not self._looking:
            self._looking = True
            self._later(self._resubmit_due)

    def stop(self) -> None:
        """Blocks until an open question is answered, seconds at most; the others are not put."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _later(self, step: Callable[[], None]) -> None:
        try:
            self._pool.submit(guarded, step)
        except RuntimeError:  # the program stops
            log.debug("the account is not asked any more")

    def _answer(self) -> QueueStatus | None:
        try:
            return self._ask()
        except ProviderError as error:
            log.info("the account could not be asked: %s", error.cause)
            return None

    def _known(self, *, open_too: bool = True) -> int:
        who = self._submitter
        return unknowns.known_running(who.provider, who.key_fingerprint, open_too=open_too)

    def _first(self, told: Callable[[QueueStatus | None], None], since: datetime) -> None:
        status = None
        try:
            status = self._answer()
        finally:
            told(status)
        found = unknowns.without_evidence(self._submitter, since)
        if found:
            self._gather(found, status)

    def _gather(self, attempt_ids: list[int], status: QueueStatus | None) -> None:
        if status is None:
            return
        under_way = status.running + status.queued
        known = self._known()
        now = self._clock.now()
        self._persist(lambda: unknowns.note_account(attempt_ids, under_way, known, now))

    def _resubmit_due(self) -> None:
        try:
            due = self._due_now()
            if due and not self._guarded_now() and self._clock.monotonic() >= self._not_before:
                self._decide(due)
        finally:
            self._looking = False

    def _due_now(self) -> list[Waiting]:
        """Those whose time has come by both clocks: one that was set forward sends nothing."""
        waiting = unknowns.waiting_for_setting(self._submitter)
        now, ticks = self._clock.now(), self._clock.monotonic()
        self._due = {
            entry.attempt_id: self._due.get(
                entry.attempt_id, ticks + max(0.0, (entry.due - now).total_seconds())
            )
            for entry in waiting
        }
        return [e for e in waiting if e.due <= now and self._due[e.attempt_id] <= ticks]

    def _decide(self, due: list[Waiting]) -> None:
        """Submit those again of which a last question shows nothing."""
        # A submit that is open may not have arrived: it must not stand for the one that is looked for.
        known = self._known(open_too=False)
        status = self._answer()
        if status is None:
            self._not_before = self._clock.monotonic() + ASK_AGAIN_S
            return
        more_than_known = status.running + status.queued > known
        now = self._clock.now()
        for entry in due:
            age_s = (now - entry.sent_at).total_seconds()
            if (more_than_known and age_s < self._max_task_s) or self._knows(entry.attempt_id):
                self._not_before = self._clock.monotonic() + ASK_AGAIN_S
            elif not self._guarded_now():
                self._submit_again(entry.attempt_id)

    def _submit_again(self, attempt_id: int) -> None:
        now = self._clock.now()
        who = self._submitter
        if self._persist(lambda: unknowns.submit_again_by_setting(attempt_id, who, now)):
            log.info("submitted again by the mission's setting", extra={"attempt": attempt_id})
            self._submitted_again()
