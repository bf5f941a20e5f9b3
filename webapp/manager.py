"""50 slots: gives them away, submits, starts and stops. What an answer means is runner.py's, when to
ask is asking.py's. Slots are counted from rows, never in here."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from webapp.clock import Clock
from webapp.db import STORAGE_ERRORS, has_its_file, trouble_of
from webapp.errors import Unavailable
from webapp.messages import msg
from webapp.providers.base import ErrorClass, ProviderError, QueueStatus
from webapp.runner import INTERNAL, Runner, context
from webapp.safety.failpoints import reached
from webapp.safety.keeping import GaveUp, Keeper, guarded
from webapp.safety.receipts import Receipt
from webapp.safety.storage import Trouble
from webapp.states import AttemptState
from webapp.store import claims, flights, receipts
from webapp.store.claims import Submitter
from webapp.store.flights import Flight
from webapp.task_types import TASK_TYPES
from webapp.work.asking import Asker
from webapp.work.pace import History
from webapp.work.second_look import SecondLook
from webapp.work.submitting import Submitting
from webapp.work.throttle import Throttle

log = logging.getLogger(__name__)

IDLE_S = 5.0
"""The dispatcher looks at the queue this often by itself: another process may have added to it, the
machine's clock may have been set, an unknown attempt may have left its slot."""


@dataclass(frozen=True, slots=True)
class ManagerConfig:
    """Numbers from the settings; seconds where it says _s."""

    slots: int
    submit_concurrency: int
    poll_interval_s: float
    max_task_s: float


class Manager:
    """Threads: one dispatcher, `submit_concurrency` submitters, up to `slots` askers."""

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        config: ManagerConfig,
        files_wanted: Callable[[], None],
        ask_account: Callable[[], QueueStatus],
        keeper: Keeper,
    ) -> None:
        self.boot_id = str(uuid.uuid4())
        self.throttle = Throttle(clock, config.slots)
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
        self._changed = threading.Condition()
        self._keeper = keeper
        self._persist = keeper.persist
        self._stopping = keeper.stopping
        self._storage = keeper.storage
        self._storage.on_relief = self.wake
        self._taken_up = False  # what an earlier process left
        self._work_waits = True
        self._paced = False  # nothing is claimed before the account was asked how many it takes
        self._claim_at: datetime | None = None
        self._open: dict[int, str | None] = {}  # open POSTs, and what a webhook said meanwhile
        self._with_images: set[int] = set()  # those of them that began with an upload
        self._look_around_at = 0.0
        self._submits = ThreadPoolExecutor(config.submit_concurrency, "submit")
        self._asker = Asker(
            runner,
            clock,
            self._keeper,
            self._changed,
            threads=config.slots,
            poll_interval_s=config.poll_interval_s,
            slot_freed=self._slot_freed,
            files_wanted=files_wanted,
            service_answered=self._service_answered,
            overdue=lambda attempt_id: self._second_look.unclear(attempt_id),
        )
        self._second_look = SecondLook(
            ask_account,
            clock,
            self._keeper,
            self._submitter,
            max_task_s=config.max_task_s,
            guarded_now=lambda: self.throttle.guarded or self._stopping.is_set(),
            knows=self._knows,
            submitted_again=self.wake,
        )
        self._submitting = Submitting(
            runner, clock, keeper, self.throttle, self._submitter, self._second_look.unclear
        )
        self._dispatcher = threading.Thread(target=self._dispatch, name="dispatcher")

    # Start and stop

    def start(self) -> None:
        """Take up what an earlier process left, then begin to give slots away. Commits; where that
        cannot be written now, nothing is given away until it is."""
        try:
            self._take_up()
        except STORAGE_ERRORS as error:
            self._in_trouble(error)
        self._dispatcher.start()
        self._files_wanted()

    def _take_up(self) -> None:
        now = self._clock.now()
        for receipt in self._keeper.receipts.kept:
            if receipts.take(receipt, now):
                self._keeper.receipts.drop(receipt.attempt_id)
            else:
                log.error("a receipt of an attempt that is not in this database: %r", receipt)
                self._set_aside(receipt)
        found = claims.recover(now, self._submitter, self._runner.may_run_for_s)
        self._asker.begin(found)
        if found:
            log.info("%s attempts from before are asked about again", len(found))
        self._second_look.begin(now, self._set_pace)
        self._taken_up = True

    def _set_aside(self, receipt: Receipt) -> None:
        try:
            self._keeper.receipts.set_aside(receipt)
        except OSError as error:  # it stays where it is, and is looked at again at the next start
            log.error("that receipt cannot be set aside: %s", error)

    def begin_stop(self) -> None:
        """From now on nothing is claimed and nothing new is sent; uploads are broken off, their items
        wait again. Returns at once."""
        self._stopping.set()
        self._runner.provider.stop_uploads()
        self.wake()

    def stop(self) -> None:
        """Stop claiming, let the open POSTs answer (each has its own deadline), leave the rest to the
        next start. Blocks for REQUEST_TIMEOUT at most; an ordinary stop leaves no attempt unknown."""
        self.begin_stop()
        self._dispatcher.join()
        self._submits.shutdown(wait=True)
        reached("stop.drained")
        self._asker.stop()
        self._second_look.stop()

    @property
    def running(self) -> bool:
        """Whether slots are given away."""
        return self._dispatcher.is_alive() and not self._stopping.is_set()

    @property
    def service_away(self) -> bool:
        """The provider cannot be reached, or does not answer: what waits, waits for that."""
        return self.throttle.away

    @property
    def storage_retries(self) -> int:
        """How often something had to be written to the database again."""
        return self._keeper.retries

    @property
    def slots_now(self) -> int:
        """Slots, lowered to what the account takes."""
        return self.throttle.slots

    def durations(self, task_type: str) -> Sequence[float]:
        """Seconds that the newest items of a type took."""
        return self._asker.history.durations(task_type)

    @property
    def history(self) -> History:
        """What items of each type have lately taken."""
        return self._asker.history

    def follow(self, attempt_id: int) -> None:
        """Ask about an attempt that was given its id by a person."""
        self._asker.follow(attempt_id)

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
            if attempt_id in self._open:
                self._open[attempt_id] = remote_task_id
            elif not self._stopping.is_set():
                self._asker.hint(attempt_id, remote_task_id)

    def _set_pace(self, status: QueueStatus | None) -> None:
        """What the account said at the start (protocol.md §1.7); without an answer all slots are
        used, and refusals will tell."""
        try:
            if status is not None and status.limit is not None:
                under_way = status.running + status.queued
                foreign = max(0, under_way - self._submitting.accepted_count())
                self.throttle.allow(status.limit - foreign)
                log.info("the account takes %s at a time, %s of others run", status.limit, foreign)
        finally:
            with self._changed:
                self._paced = True
                self._changed.notify()

    def _knows(self, attempt_id: int) -> bool:
        with self._changed:
            return self._asker.knows(attempt_id)

    def _slot_freed(self) -> None:
        """Holds the condition."""
        self._work_waits = True
        self._changed.notify()

    def _service_answered(self) -> None:
        """Holds the condition."""
        self.throttle.reached()
        self._changed.notify()

    # The dispatcher's thread

    def _dispatch(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self._taken_up:
                    self._take_up()
                self._asker.start_due()
                self._look_around()
                self._claim()
                self._storage.works(self)
            except STORAGE_ERRORS as error:
                self._in_trouble(error)
                continue
            except Exception:
                # Without this thread nothing moves any more, so nothing may end it.
                log.exception("the dispatcher stumbled")
                self._stopping.wait(1)
                continue
            with self._changed:
                if not self._stopping.is_set():
                    self._changed.wait(self._sleep_s())

    def _in_trouble(self, error: Exception) -> None:
        """Tell of it, and wait: a second, or for ever when only a person can help."""
        log.error("the database does not answer, trying again: %s", error)
        self._storage.fails(self, trouble_of(error))
        self._stopping.wait(None if self._storage.lasting else 1)

    def _sleep_s(self) -> float:
        """Until the next question or claim is due. Holds the condition."""
        pauses = [max(0.0, self._look_around_at - self._clock.monotonic())]
        due_in_s = self._asker.due_in_s()
        if due_in_s is not None:
            pauses.append(due_in_s)
        if self._work_waits:
            if self._seats() > 0:  # else whoever makes room says so
                pauses.append(self.throttle.closed_for_s())
        elif self._claim_at is not None:
            pauses.append((self._claim_at - self._clock.now()).total_seconds())
        return max(0.0, min(pauses))

    def _seats(self) -> int:
        # What cannot be written down is not begun.
        if not self._paced or self._storage.others_fail(self):
            return 0
        return self.throttle.at_once(self._config.submit_concurrency) - len(self._open)

    def _image_seats(self) -> int:
        """A quarter of the seats, or one, is kept for what has no images to hand over first: uploads
        may take minutes each."""
        seats = self._config.submit_concurrency
        return max(1, seats - max(1, seats // 4)) - len(self._with_images)

    def _claim(self) -> None:
        """Give free slots to waiting items, no more at once than POSTs may be open."""
        now = self._clock.now()
        with self._changed:
            if self._claim_at is not None and self._claim_at <= now:
                self._work_waits = True
            seats = self._seats()
            if not self._work_waits or seats <= 0 or self.throttle.closed_for_s() > 0:
                return
            image_seats = self._image_seats()
            self._work_waits = False
            self._claim_at = None
        try:
            found = claims.claim(
                seats,
                self.throttle.slots,
                now,
                self._submitter,
                self._prepare_types,
                image_seats,
            )
        except Exception:
            self.wake()
            raise
        with self._changed:
            self._claim_at = found.next_at
            self._open.update((flight.attempt_id, None) for flight in found.flights)
            self._with_images |= {
                flight.attempt_id
                for flight in found.flights
                if flight.state is AttemptState.PREPARING
            }
            self._work_waits = self._work_waits or found.more
        for flight in found.flights:
            self._submits.submit(guarded, self._launch, flight)

    def _look_around(self) -> None:
        """Now and then: work that nobody told us of, and attempts in flight that nobody asks about.
        Another process, which serves pages only, has added the one and given the others their ids."""
        now = self._clock.monotonic()
        if now < self._look_around_at:
            return
        self._look_around_at = now + IDLE_S
        if not has_its_file():
            self._storage.fails(self, Trouble.GONE)
            raise Unavailable(msg("The database is missing"))
        with self._changed:
            self._work_waits = True
        self._second_look.look_around()
        for attempt_id in flights.submitted_ids(self._submitter.provider):
            with self._changed:
                known = self._asker.knows(attempt_id) or attempt_id in self._open
            if not known:
                self._asker.follow(attempt_id)

    # The submitters' threads

    def _launch(self, flight: Flight) -> None:
        begun = self._clock.monotonic()
        taken: Flight | None = None
        try:
            taken = self._submitting.submit(flight)
        except GaveUp:
            raise
        except Exception:
            # Whether anything was sent is not certain any more, and the attempt must not hang.
            log.exception("a step failed", extra=context(flight))
            lost = ProviderError(ErrorClass.AMBIGUOUS, INTERNAL)
            self._persist(lambda: self._runner.record_unwritable(flight, lost))
        finally:
            with self._changed:
                said = self._open.pop(flight.attempt_id)
                if taken is not None:
                    tracked = self._asker.track(taken, self._clock.monotonic() - begun)
                    if said is not None:
                        self._asker.ask_now(tracked)
                if taken is None or flight.attempt_id in self._with_images:
                    self._work_waits = True  # its slot, or its seat for images, is free again
                self._with_images.discard(flight.attempt_id)
                self._changed.notify()
        if taken is None and said is not None:
            self.hint(flight.attempt_id, said)
