"""Asks about attempts that have an id, when it is time: which, when, and until when. What an answer
means is runner.py's."""

from __future__ import annotations

import heapq
import logging
import random
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from webapp.clock import Clock
from webapp.db import NotUnique
from webapp.providers.base import ErrorClass, ProviderError, RemoteTask
from webapp.runner import INTERNAL, LOST_ANSWERS, Next, Runner, context
from webapp.safety.failpoints import reached
from webapp.safety.keeping import GaveUp, Keeper, guarded
from webapp.states import AttemptState
from webapp.store import attempts, flights, items
from webapp.store.claims import LATE_ANSWER_HOURS
from webapp.store.flights import Flight
from webapp.task_types import TASK_TYPES, task_type_of
from webapp.work.backoff import backoff_s
from webapp.work.pace import HISTORY_SIZE, History, next_pause

log = logging.getLogger(__name__)

LATE_PAUSE_S = 600.0
"""An overdue task is asked about this seldom, for a day."""

_STUMBLE_PAUSE_S = 60.0
"""After an error of ours the question is put again, not so soon that the log fills."""

_FIRST_NEWS = 5
"""So many first endings of a type move the questions about all others of it."""


@dataclass(slots=True)
class Tracked:
    """An attempt that has an id and is asked about. Touched by one thread at a time."""

    flight: Flight
    started: float  #: monotonic
    not_yet_s: float = 0.0  #: it was still running that long after it was sent
    failed_questions: int = 0
    lost_answers: int = 0
    due: float = 0.0  #: monotonic; an older entry in the heap is void
    asking: bool = False
    hinted: bool = False
    hearsay: bool = False  #: the id is from a webhook, and nobody has seen the task yet


class Asker:
    """Shares the manager's condition: what says "holds the condition" is called with it held.

    `slot_freed` is called, with the condition held, when an attempt lets go of its slot;
    `service_answered`, likewise, at the first answer after failed questions; `files_wanted` when
    there are results to fetch; `overdue` when an attempt has become unknown.
    """

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        keeper: Keeper,
        changed: threading.Condition,
        *,
        threads: int,
        poll_interval_s: float,
        slot_freed: Callable[[], None],
        files_wanted: Callable[[], None],
        service_answered: Callable[[], None],
        overdue: Callable[[int], None],
    ) -> None:
        self.history = History()
        self._runner = runner
        self._clock = clock
        self._persist = keeper.persist
        self._changed = changed
        self._poll_interval_s = poll_interval_s
        self._slot_freed = slot_freed
        self._files_wanted = files_wanted
        self._service_answered = service_answered
        self._overdue = overdue
        self._failing = False  # the last question of all had no answer
        self._rng = random.Random()
        self._questions: list[tuple[float, int]] = []
        self._tracked: dict[int, Tracked] = {}
        self._pool = ThreadPoolExecutor(threads, "ask")

    def begin(self, found: Iterable[Flight]) -> None:
        """Learn from what earlier processes saw, and ask about what they left in flight."""
        for name in TASK_TYPES:
            self.history.seed(name, reversed(flights.recent_durations(name, HISTORY_SIZE)))
        with self._changed:
            for flight in found:
                self.track(flight)

    def stop(self) -> None:
        """Blocks until the open questions are answered; the others are put after the next start."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def knows(self, attempt_id: int) -> bool:
        """Whether it is asked about. Holds the condition."""
        return attempt_id in self._tracked

    def due_in_s(self) -> float | None:
        """Until the next question, None when there is none. Holds the condition."""
        return self._questions[0][0] - self._clock.monotonic() if self._questions else None

    def start_due(self) -> None:
        """Put the questions whose time has come, each in a thread."""
        now = self._clock.monotonic()
        with self._changed:
            while self._questions and self._questions[0][0] <= now:
                due, attempt_id = heapq.heappop(self._questions)
                tracked = self._tracked.get(attempt_id)
                if tracked is not None and tracked.due == due and not tracked.asking:
                    tracked.asking = True
                    tracked.hinted = False
                    self._pool.submit(guarded, self._ask, tracked)

    def track(self, flight: Flight, age_s: float | None = None) -> Tracked:
        """Ask about an attempt from now on. Holds the condition.

        `age_s` is the time since it was sent where this process knows it; else the machine's clock
        has to tell, which somebody may have set in between.
        """
        if age_s is None:
            sent_at = flight.sent_at or self._clock.now()
            age_s = max(0.0, (self._clock.now() - sent_at).total_seconds())
        tracked = Tracked(flight, self._clock.monotonic() - age_s)
        self._tracked[flight.attempt_id] = tracked
        self._schedule(tracked, self._pause_s(tracked))
        return tracked

    def follow(self, attempt_id: int) -> None:
        """Ask about an attempt that was given its id by a person or another process."""
        flight = flights.load_flight(attempt_id)
        if flight is not None and flight.state is AttemptState.SUBMITTED:
            with self._changed:
                self.ask_now(self.track(flight))

    def hint(self, attempt_id: int, remote_task_id: str) -> None:
        """A webhook spoke of an attempt whose POST is not open. Returns at once. Holds the
        condition; not after `stop()`."""
        tracked = self._tracked.get(attempt_id)
        if tracked is None:
            self._pool.submit(guarded, self._take_hint, attempt_id, remote_task_id)
        elif tracked.hearsay:
            self._hear(tracked.flight, remote_task_id)
        else:
            self.ask_now(tracked)

    def ask_now(self, tracked: Tracked) -> None:
        """Put its question next. Holds the condition."""
        tracked.hinted = True
        self._schedule(tracked, 0)
        self._changed.notify()

    def _schedule(self, tracked: Tracked, pause_s: float) -> None:
        tracked.due = self._clock.monotonic() + pause_s
        heapq.heappush(self._questions, (tracked.due, tracked.flight.attempt_id))

    def _pause_s(self, tracked: Tracked) -> float:
        task_type = tracked.flight.task_type
        return next_pause(
            self._clock.monotonic() - tracked.started,
            self.history.durations(task_type),
            poll_interval_s=self._poll_interval_s,
            typical_s=task_type_of(task_type).typical_s,
            rng=self._rng,
        )

    def _ask(self, tracked: Tracked) -> None:
        try:
            self._ask_once(tracked)
        except Exception:
            # Whatever it was, the attempt must not be forgotten: its slot would be held for ever.
            with self._changed:
                tracked.asking = False
                self._schedule(tracked, _STUMBLE_PAUSE_S)
            raise

    def _ask_once(self, tracked: Tracked) -> None:
        asked_s = self._clock.monotonic() - tracked.started
        answer = self._runner.ask(tracked.flight.remote_task_id or "")
        if isinstance(answer, RemoteTask) and answer.ended:
            reached("question.answered")
        self._count_failures(tracked, answer)
        if tracked.hearsay and not self._confirm(tracked, answer, asked_s):
            return
        outcome = self._record_answer(tracked, answer, asked_s)
        if outcome is Next.ENDED:
            self._ended(tracked, answer, asked_s)
        else:
            self._ask_again(tracked, answer, outcome, asked_s)

    def _record_answer(
        self, tracked: Tracked, answer: RemoteTask | ProviderError, asked_s: float
    ) -> Next:
        def record(found: RemoteTask | ProviderError) -> Next:
            return self._persist(
                lambda: self._runner.record_answer(
                    tracked.flight, found, lost_answers=tracked.lost_answers, elapsed_s=asked_s
                )
            )

        try:
            return record(answer)
        except GaveUp:
            raise
        except Exception:
            # An answer that cannot be stored counts as none: asked again, until the deadline.
            log.exception("a step failed", extra=context(tracked.flight))
            tracked.failed_questions += 1
            return record(ProviderError(ErrorClass.TRANSIENT, INTERNAL))

    def _count_failures(self, tracked: Tracked, answer: RemoteTask | ProviderError) -> None:
        if not isinstance(answer, ProviderError):
            tracked.failed_questions = tracked.lost_answers = 0
            self._after_silence()
        elif answer.error_class is ErrorClass.LOST:
            tracked.lost_answers += 1
        else:
            tracked.failed_questions += 1
            self._failing = True

    def _after_silence(self) -> None:
        """The service is back: those whose questions failed need not wait out their long pauses."""
        if not self._failing:
            return
        self._failing = False
        with self._changed:
            for tracked in self._tracked.values():
                if tracked.failed_questions and not tracked.asking:
                    self._schedule(tracked, self._rng.uniform(0, 1))
            self._service_answered()

    def _ended(self, tracked: Tracked, answer: RemoteTask | ProviderError, asked_s: float) -> None:
        flight = tracked.flight
        succeeded = isinstance(answer, RemoteTask) and answer.phase == "succeeded"
        if succeeded and flight.state is AttemptState.SUBMITTED:  # not one that was found late
            self.history.record(flight.task_type, tracked.not_yet_s, asked_s)
        if succeeded:
            self._files_wanted()
        with self._changed:
            self._forget(tracked)
            if succeeded and len(self.history.durations(flight.task_type)) <= _FIRST_NEWS:
                self._reschedule(flight.task_type)
            self._slot_freed()

    def _forget(self, tracked: Tracked) -> None:
        """Ask no more. Holds the condition."""
        if self._tracked.get(tracked.flight.attempt_id) is tracked:
            del self._tracked[tracked.flight.attempt_id]

    def _reschedule(self, task_type: str) -> None:
        """The first of a type have ended: the questions about the others can be timed now."""
        for tracked in self._tracked.values():
            if tracked.flight.task_type == task_type and not tracked.asking:
                self._schedule(tracked, self._pause_s(tracked))

    def _ask_again(
        self,
        tracked: Tracked,
        answer: RemoteTask | ProviderError,
        outcome: Next,
        asked_s: float,
    ) -> None:
        if isinstance(answer, RemoteTask):
            tracked.not_yet_s = asked_s
            tracked.flight = replace(tracked.flight, phase=answer.phase)
        if outcome is Next.LATE:
            if tracked.flight.state is not AttemptState.UNKNOWN:
                self._overdue(tracked.flight.attempt_id)
            tracked.flight = replace(tracked.flight, state=AttemptState.UNKNOWN)
            pause_s = LATE_PAUSE_S
        elif isinstance(answer, ProviderError):
            tries = tracked.failed_questions + tracked.lost_answers
            pause_s = max(answer.retry_after_s or 0, backoff_s(tries, 1, 60))
        else:
            pause_s = self._pause_s(tracked)
        with self._changed:
            tracked.asking = False
            if outcome is Next.LATE:
                self._slot_freed()
            if self._is_hopeless(tracked, outcome, asked_s):
                self._forget(tracked)
            self._schedule(tracked, 0 if tracked.hinted else pause_s)
            self._changed.notify()

    def _is_hopeless(self, tracked: Tracked, outcome: Next, asked_s: float) -> bool:
        """After a day nobody will tell; a task that is known by hearsay may never have been."""
        return asked_s > LATE_ANSWER_HOURS * 3600 and (outcome is Next.LATE or tracked.hearsay)

    def _take_hint(self, attempt_id: int, remote_task_id: str) -> None:
        if self._note_late(attempt_id, remote_task_id):
            return
        flight = flights.load_flight(attempt_id)
        if flight is None or flight.state is not AttemptState.UNKNOWN:
            return
        with self._changed:
            known = self._tracked.get(attempt_id)
            if flight.remote_task_id is None and (known is None or known.hearsay):
                self._hear(flight, remote_task_id)
            else:
                self.ask_now(known or self.track(flight))

    def _note_late(self, attempt_id: int, task_id: str) -> bool:
        """The task of a try that was given up has ended: what it cost belongs in the ledger, and
        nothing else changes. False for a try that was not given up."""
        given_up = flights.given_up(attempt_id)
        if given_up is None:
            return False
        flight = replace(given_up, remote_task_id=task_id)
        answer = self._runner.ask(task_id)
        if not isinstance(answer, RemoteTask) or not answer.ended:
            return True
        try:
            noted = self._persist(lambda: attempts.note_task(attempt_id, task_id))
        except NotUnique:
            log.info("a webhook named a task that is not this attempt's", extra=context(flight))
            return True
        if noted:
            self._persist(
                lambda: self._runner.record_answer(flight, answer, lost_answers=0, elapsed_s=0)
            )
        return True

    def _hear(self, flight: Flight, remote_task_id: str) -> None:
        """A webhook named the task of an attempt whose answer we never learnt: it must exist to
        count. Holds the condition."""
        tracked = self._tracked.get(flight.attempt_id)
        if tracked is None or tracked.flight.remote_task_id != remote_task_id:
            tracked = self.track(replace(flight, remote_task_id=remote_task_id))
            tracked.hearsay = True
        self.ask_now(tracked)

    def _confirm(
        self, tracked: Tracked, answer: RemoteTask | ProviderError, asked_s: float
    ) -> bool:
        """Whether the task exists, and now belongs to the attempt; else what to do is done."""
        flight = tracked.flight
        if isinstance(answer, ProviderError) and tracked.lost_answers < LOST_ANSWERS:
            self._ask_again(tracked, answer, Next.ASK, asked_s)
            return False
        if isinstance(answer, ProviderError) or not self._attach(flight):
            log.info("a webhook named a task that is not this attempt's", extra=context(flight))
            with self._changed:
                self._forget(tracked)
            if isinstance(answer, RemoteTask):  # somebody may have given the try up meanwhile
                self._note_late(flight.attempt_id, flight.remote_task_id or "")
            return False
        tracked.flight = replace(flight, state=AttemptState.SUBMITTED)
        tracked.hearsay = False
        return True

    def _attach(self, flight: Flight) -> bool:
        task_id, now = flight.remote_task_id or "", self._clock.now()
        try:
            return self._persist(lambda: items.attach(flight.attempt_id, task_id, now, "webhook"))
        except NotUnique:
            return False
