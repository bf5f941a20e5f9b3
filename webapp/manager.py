"""50 slots: gives them away, asks when it is time, starts and stops. No rules about what an answer
means: that is runner.py. Slots are counted from rows, never in here."""

from __future__ import annotations

import heapq
import logging
import random
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from webapp.backoff import backoff_s
from webapp.clock import Clock
from webapp.db import LASTING_ERRORS, STORAGE_ERRORS, NotUnique
from webapp.pace import HISTORY_SIZE, History, next_pause
from webapp.providers.base import ErrorClass, ProviderError, RemoteTask, Submission
from webapp.runner import INTERNAL, LOST_ANSWERS, Next, Runner, context
from webapp.states import AttemptState
from webapp.store import attempts, claims, items
from webapp.store.attempts import Flight
from webapp.store.claims import LATE_ANSWER_HOURS, Submitter
from webapp.task_types import TASK_TYPES, task_type_of
from webapp.throttle import Throttle

log = logging.getLogger(__name__)

T = TypeVar("T")

LATE_PAUSE_S = 600.0
"""An overdue task is asked about this seldom, for a day."""

_FIRST_NEWS = 5
"""So many first endings of a type move the questions about all others of it."""

IDLE_S = 5.0
"""The dispatcher looks at the queue this often by itself: another process may have added to it, the
machine's clock may have been set, an unknown attempt may have left its slot."""


@dataclass(frozen=True, slots=True)
class ManagerConfig:
    """Numbers from the settings; seconds where it says _s."""

    slots: int
    submit_concurrency: int
    poll_interval_s: float


@dataclass(slots=True)
class _Tracked:
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


class _GaveUp(Exception):
    """The program stops while the database does not answer."""


class Manager:
    """Threads: one dispatcher, `submit_concurrency` submitters, up to `slots` askers."""

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        config: ManagerConfig,
        files_wanted: Callable[[], None],
    ) -> None:
        self.boot_id = str(uuid.uuid4())
        self.throttle = Throttle(clock, config.slots)
        self.history = History()
        self._runner = runner
        self._clock = clock
        self._config = config
        self._files_wanted = files_wanted
        self._submitter = Submitter(
            runner.provider.name, runner.provider.key_fingerprint, self.boot_id
        )
        self._prepare_types = frozenset(
            name for name, entry in TASK_TYPES.items() if entry.image_field
        )
        self._rng = random.Random()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._work_waits = True
        self._claim_at: datetime | None = None
        self._open: dict[int, str | None] = {}  # open POSTs, and what a webhook said meanwhile
        self._look_around_at = 0.0
        self._questions: list[tuple[float, int]] = []
        self._tracked: dict[int, _Tracked] = {}
        self._submits = ThreadPoolExecutor(config.submit_concurrency, "submit")
        self._asks = ThreadPoolExecutor(config.slots, "ask")
        self._dispatcher = threading.Thread(target=self._dispatch, name="dispatcher")

    # Start and stop

    def start(self) -> None:
        """Take up what an earlier process left, then begin to give slots away. Commits."""
        for name in TASK_TYPES:
            self.history.seed(name, reversed(attempts.recent_durations(name, HISTORY_SIZE)))
        flights = claims.recover(self._clock.now(), self._submitter, self._runner.may_run_for_s)
        with self._changed:
            for flight in flights:
                self._track(flight)
        if flights:
            log.info("%s attempts from before are asked about again", len(flights))
        self._dispatcher.start()
        self._files_wanted()

    def begin_stop(self) -> None:
        """From now on nothing is claimed and nothing new is sent. Returns at once."""
        self._stopping.set()
        self.wake()

    def stop(self) -> None:
        """Stop claiming, let the open POSTs answer (each has its own deadline), leave the rest to the
        next start. Blocks; an ordinary stop leaves no attempt unknown."""
        self.begin_stop()
        self._dispatcher.join()
        self._submits.shutdown(wait=True)
        self._asks.shutdown(wait=True, cancel_futures=True)

    @property
    def running(self) -> bool:
        """Whether slots are given away."""
        return self._dispatcher.is_alive() and not self._stopping.is_set()

    @property
    def service_away(self) -> bool:
        """The provider cannot be reached, or does not answer: what waits, waits for that."""
        return self.throttle.away

    @property
    def slots_now(self) -> int:
        """Slots, lowered to what the account takes."""
        return self.throttle.slots

    def durations(self, task_type: str) -> Sequence[float]:
        """Seconds that the newest items of a type took."""
        return self.history.durations(task_type)

    def wake(self) -> None:
        """There may be work: a mission was made, resumed or retried. Cheap, from any thread."""
        with self._changed:
            self._work_waits = True
            self._changed.notify()
        self._files_wanted()

    def hint(self, attempt_id: int, remote_task_id: str) -> None:
        """A webhook spoke of an attempt. Its body is only a hint: the truth is asked for at once.

        Returns immediately, and does nothing for attempts that are not in flight.
        """
        with self._changed:
            tracked = self._tracked.get(attempt_id)
            if tracked is not None and tracked.hearsay:
                self._hear(tracked.flight, remote_task_id)
            elif tracked is not None:
                self._ask_now(tracked)
            elif attempt_id in self._open:
                self._open[attempt_id] = remote_task_id
            elif not self._stopping.is_set():
                self._asks.submit(self._guarded, self._take_hint, attempt_id, remote_task_id)

    # The dispatcher's thread

    def _dispatch(self) -> None:
        while not self._stopping.is_set():
            try:
                self._start_questions()
                self._claim()
                self._look_around()
            except STORAGE_ERRORS as error:
                log.error("the database does not answer, trying again: %s", error)
                self._stopping.wait(1)
                continue
            except Exception:
                # Without this thread nothing moves any more, so nothing may end it.
                log.exception("the dispatcher stumbled")
                self._stopping.wait(1)
                continue
            with self._changed:
                if not self._stopping.is_set() and not self._changed.wait(self._sleep_s()):
                    self._work_waits = True

    def _sleep_s(self) -> float:
        """Until the next question or claim is due. Holds the condition."""
        pauses = [IDLE_S]
        if self._questions:
            pauses.append(self._questions[0][0] - self._clock.monotonic())
        if self._work_waits and self._seats() > 0:
            pauses.append(self.throttle.closed_for_s())
        elif self._claim_at is not None:
            pauses.append((self._claim_at - self._clock.now()).total_seconds())
        return max(0.0, min(pauses))

    def _start_questions(self) -> None:
        now = self._clock.monotonic()
        with self._changed:
            while self._questions and self._questions[0][0] <= now:
                due, attempt_id = heapq.heappop(self._questions)
                tracked = self._tracked.get(attempt_id)
                if tracked is not None and tracked.due == due and not tracked.asking:
                    tracked.asking = True
                    tracked.hinted = False
                    self._asks.submit(self._guarded, self._ask, tracked)

    def _seats(self) -> int:
        return self.throttle.at_once(self._config.submit_concurrency) - len(self._open)

    def _claim(self) -> None:
        """Give free slots to waiting items, no more at once than POSTs may be open."""
        now = self._clock.now()
        with self._changed:
            if self._claim_at is not None and self._claim_at <= now:
                self._work_waits = True
            seats = self._seats()
            if not self._work_waits or seats <= 0 or self.throttle.closed_for_s() > 0:
                return
            self._work_waits = False
            self._claim_at = None
        try:
            found = claims.claim(
                seats, self.throttle.slots, now, self._submitter, self._prepare_types
            )
        except Exception:
            self.wake()
            raise
        with self._changed:
            self._claim_at = found.next_at
            self._open.update((flight.attempt_id, None) for flight in found.flights)
            self._work_waits = self._work_waits or found.more
        for flight in found.flights:
            self._submits.submit(self._guarded, self._launch, flight)

    def _look_around(self) -> None:
        """Now and then: attempts in flight that nobody asks about. Another process, which serves
        pages only, has given them their ids."""
        now = self._clock.monotonic()
        if now < self._look_around_at:
            return
        self._look_around_at = now + IDLE_S
        for attempt_id in attempts.submitted_ids(self._submitter.provider):
            with self._changed:
                known = attempt_id in self._tracked or attempt_id in self._open
            if not known:
                self.follow(attempt_id)

    # The submitters' threads

    def _launch(self, flight: Flight) -> None:
        taken: Flight | None = None
        try:
            taken = self._submit(flight)
        finally:
            with self._changed:
                said = self._open.pop(flight.attempt_id)
                if taken is not None:
                    tracked = self._track(taken)
                    if said is not None:
                        self._ask_now(tracked)
                else:
                    self._work_waits = True  # its slot is free again
                self._changed.notify()
        if taken is None and said is not None:
            self.hint(flight.attempt_id, said)

    def _submit(self, flight: Flight) -> Flight | None:
        """The accepted attempt, None when there is nothing to ask about."""
        if self._stopping.is_set():
            self._not_sent(flight)
            return None
        body = self._runner.payload(flight)
        if self._stopping.is_set():
            self._not_sent(flight)
            return None
        if isinstance(body, ProviderError):
            taken = self._record_submit(flight, body)
            if body.not_sent:
                self.throttle.unreachable()
            return taken
        ready = self._begin(flight) if flight.state is AttemptState.PREPARING else flight
        if ready is None:
            return None
        answer = self._runner.submit(ready, body)
        taken = self._record_submit(ready, answer)
        self._judge_service(answer)
        return taken

    def _not_sent(self, flight: Flight) -> None:
        """The program stops before this attempt's POST left."""
        self._persist(lambda: self._runner.record_not_sent(flight))

    def _begin(self, flight: Flight) -> Flight | None:
        """The images are up: from this commit on the POST may leave."""
        return self._persist(lambda: attempts.begin_submit(flight, self._clock.now()))

    def _record_submit(self, flight: Flight, answer: Submission | ProviderError) -> Flight | None:
        try:
            outcome = self._persist(lambda: self._runner.record_submit(flight, answer))
        except _GaveUp:
            raise
        except Exception:
            log.exception("a step failed", extra=context(flight))
            self._persist(lambda: self._runner.record_unwritable(flight, answer))
            return None
        if outcome is Next.BUSY and isinstance(answer, ProviderError):
            self.throttle.busy(self._accepted_count(), answer.retry_after_s)
        return outcome if isinstance(outcome, Flight) else None

    def _accepted_count(self) -> int:
        return self._persist(
            lambda: claims.taken_by_service(self._clock.now(), self._submitter.provider)
        )

    def _judge_service(self, answer: Submission | ProviderError) -> None:
        """Whether submits are answered at all: while they are not, each one may be lost money."""
        if isinstance(answer, Submission):
            lowered = self.throttle.lowered
            self.throttle.accepted(self._accepted_count() if lowered else 0)
        elif answer.not_sent:
            self.throttle.unreachable()
        elif answer.error_class is ErrorClass.AMBIGUOUS:
            self.throttle.unanswered()
        elif answer.error_class is not ErrorClass.TRANSIENT:
            self.throttle.answered()

    # The askers' threads

    def _track(self, flight: Flight) -> _Tracked:
        """Ask about an attempt from now on. Holds the condition."""
        sent_at = flight.sent_at or self._clock.now()
        elapsed_s = max(0.0, (self._clock.now() - sent_at).total_seconds())
        tracked = _Tracked(flight, self._clock.monotonic() - elapsed_s)
        self._tracked[flight.attempt_id] = tracked
        self._schedule(tracked, self._pause_s(tracked))
        return tracked

    def _ask_now(self, tracked: _Tracked) -> None:
        """Holds the condition."""
        tracked.hinted = True
        self._schedule(tracked, 0)
        self._changed.notify()

    def _schedule(self, tracked: _Tracked, pause_s: float) -> None:
        tracked.due = self._clock.monotonic() + pause_s
        heapq.heappush(self._questions, (tracked.due, tracked.flight.attempt_id))

    def _pause_s(self, tracked: _Tracked) -> float:
        task_type = tracked.flight.task_type
        return next_pause(
            self._clock.monotonic() - tracked.started,
            self.history.durations(task_type),
            poll_interval_s=self._config.poll_interval_s,
            typical_s=task_type_of(task_type).typical_s,
            rng=self._rng,
        )

    def _ask(self, tracked: _Tracked) -> None:
        asked_s = self._clock.monotonic() - tracked.started
        answer = self._runner.ask(tracked.flight.remote_task_id or "")
        self._count_failures(tracked, answer)
        if tracked.hearsay and not self._confirm(tracked, answer, asked_s):
            return
        outcome = self._record_answer(tracked, answer, asked_s)
        if outcome is Next.ENDED:
            self._ended(tracked, answer, asked_s)
        else:
            self._ask_again(tracked, answer, outcome, asked_s)

    def _record_answer(
        self, tracked: _Tracked, answer: RemoteTask | ProviderError, asked_s: float
    ) -> Next:
        def record(found: RemoteTask | ProviderError) -> Next:
            return self._persist(
                lambda: self._runner.record_answer(
                    tracked.flight, found, lost_answers=tracked.lost_answers, elapsed_s=asked_s
                )
            )

        try:
            return record(answer)
        except _GaveUp:
            raise
        except Exception:
            # An answer that cannot be stored counts as none: asked again, until the deadline.
            log.exception("a step failed", extra=context(tracked.flight))
            tracked.failed_questions += 1
            return record(ProviderError(ErrorClass.TRANSIENT, INTERNAL))

    def _count_failures(self, tracked: _Tracked, answer: RemoteTask | ProviderError) -> None:
        if not isinstance(answer, ProviderError):
            tracked.failed_questions = tracked.lost_answers = 0
        elif answer.error_class is ErrorClass.LOST:
            tracked.lost_answers += 1
        else:
            tracked.failed_questions += 1

    def _ended(self, tracked: _Tracked, answer: RemoteTask | ProviderError, asked_s: float) -> None:
        flight = tracked.flight
        succeeded = isinstance(answer, RemoteTask) and answer.phase == "succeeded"
        if succeeded:
            self.history.record(flight.task_type, tracked.not_yet_s, asked_s)
            self._files_wanted()
        with self._changed:
            self._forget(tracked)
            if succeeded and len(self.history.durations(flight.task_type)) <= _FIRST_NEWS:
                self._reschedule(flight.task_type)
            self._work_waits = True
            self._changed.notify()

    def _forget(self, tracked: _Tracked) -> None:
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
        tracked: _Tracked,
        answer: RemoteTask | ProviderError,
        outcome: Next,
        asked_s: float,
    ) -> None:
        if isinstance(answer, RemoteTask):
            tracked.not_yet_s = asked_s
            tracked.flight = replace(tracked.flight, phase=answer.phase)
        if outcome is Next.LATE:
            tracked.flight = replace(tracked.flight, state=AttemptState.UNKNOWN)
            pause_s = LATE_PAUSE_S
        elif isinstance(answer, ProviderError):
            tries = tracked.failed_questions + tracked.lost_answers
            pause_s = max(answer.retry_after_s or 0, backoff_s(tries, 1, 60))
        else:
            pause_s = self._pause_s(tracked)
        with self._changed:
            tracked.asking = False
            self._work_waits = self._work_waits or outcome is Next.LATE
            if outcome is Next.LATE and asked_s > LATE_ANSWER_HOURS * 3600:
                self._forget(tracked)
            self._schedule(tracked, 0 if tracked.hinted else pause_s)
            self._changed.notify()

    # What webhooks say

    def _take_hint(self, attempt_id: int, remote_task_id: str) -> None:
        flight = attempts.load_flight(attempt_id)
        if flight is None or flight.state is not AttemptState.UNKNOWN:
            return
        with self._changed:
            known = self._tracked.get(attempt_id)
            if flight.remote_task_id is None and (known is None or known.hearsay):
                self._hear(flight, remote_task_id)
            else:
                self._ask_now(known or self._track(flight))

    def _hear(self, flight: Flight, remote_task_id: str) -> None:
        """A webhook named the task of an attempt whose answer we never learnt: it must exist to
        count. Holds the condition."""
        tracked = self._track(replace(flight, remote_task_id=remote_task_id))
        tracked.hearsay = True
        self._ask_now(tracked)

    def _confirm(
        self, tracked: _Tracked, answer: RemoteTask | ProviderError, asked_s: float
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

    def follow(self, attempt_id: int) -> None:
        """Ask about an attempt that was given its id by a person or a webhook."""
        flight = attempts.load_flight(attempt_id)
        if flight is not None and flight.state is AttemptState.SUBMITTED:
            with self._changed:
                self._ask_now(self._track(flight))

    # Trouble

    def _persist(self, step: Callable[[], T]) -> T:
        """Repeat a storage step until it is on disk: what the provider said must not be forgotten.

        Raises _GaveUp when the program stops (what was not written is then found at the next start),
        and what no repetition cures.
        """
        tries = 0
        while True:
            try:
                return step()
            except LASTING_ERRORS:
                raise
            except STORAGE_ERRORS as error:
                if self._stopping.is_set() and tries >= 3:
                    raise _GaveUp from error
                log.error("could not write to the database, trying again: %s", error)
                self._stopping.wait(backoff_s(tries, 0.2, 10))
                tries += 1

    def _guarded(self, step: Callable[..., None], *args: object) -> None:
        """A pool swallows exceptions; ours end in the log."""
        try:
            step(*args)
        except Exception:
            log.exception("a step failed")
