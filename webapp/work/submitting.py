"""One attempt from its claim to the record of its answer: whether it may be sent, the POST, and what
the answer says of the service."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC

from webapp.clock import Clock
from webapp.providers.base import ErrorClass, ProviderError, Submission
from webapp.providers.refusals import FULL
from webapp.runner import Next, Runner, context
from webapp.safety.failpoints import reached
from webapp.safety.keeping import GaveUp, Keeper
from webapp.safety.receipts import Receipt
from webapp.states import AttemptState
from webapp.store import attempts, claims
from webapp.store.claims import Submitter
from webapp.store.flights import Flight
from webapp.work.throttle import Throttle

log = logging.getLogger(__name__)


class Submitting:
    """Used by the submitters' threads, several at a time. `unclear` hears of an attempt whose answer
    left it open whether it is paid for."""

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        keeper: Keeper,
        throttle: Throttle,
        submitter: Submitter,
        unclear: Callable[[int], None],
    ) -> None:
        self._runner = runner
        self._clock = clock
        self._keeper = keeper
        self._persist = keeper.persist
        self._throttle = throttle
        self._submitter = submitter
        self._unclear = unclear

    def submit(self, flight: Flight) -> Flight | None:
        """Send what was claimed, and write down what came back. Blocks.

        Returns the accepted attempt, None when there is nothing to ask about. Raises GaveUp.
        """
        if self._must_not_send():
            self._not_sent(flight)
            return None
        body = self._runner.payload(flight)
        if self._must_not_send():
            self._not_sent(flight)
            return None
        if isinstance(body, ProviderError):
            taken = self._record_submit(flight, body)
            if body.not_sent:
                self._throttle.unreachable()
            elif body.error_class is ErrorClass.ACCOUNT:
                self._throttle.account_refused()
            return taken
        ready = self._begin(flight) if flight.state is AttemptState.PREPARING else flight
        if ready is None:
            return None
        if self._must_not_send():
            self._not_sent(ready)
            return None
        self._keeper.before_post()
        reached("submit.ready")
        answer = self._runner.submit(ready, body)
        reached("submit.answered")
        taken = self._record_submit(ready, answer)
        self._judge_service(answer)
        if isinstance(answer, ProviderError) and answer.error_class is ErrorClass.AMBIGUOUS:
            self._unclear(flight.attempt_id)
        return taken

    def _must_not_send(self) -> bool:
        """The program stops, or could not write down what comes back."""
        return self._keeper.stopping.is_set() or self._keeper.storage.trouble is not None

    def _not_sent(self, flight: Flight) -> None:
        """This attempt's POST has not left, and will not: its item waits again."""
        self._persist(lambda: self._runner.record_not_sent(flight))

    def _begin(self, flight: Flight) -> Flight | None:
        """The images are up: from this commit on the POST may leave."""
        return self._persist(lambda: attempts.begin_submit(flight, self._clock.now()))

    def _record_submit(self, flight: Flight, answer: Submission | ProviderError) -> Flight | None:
        def record() -> Next | Flight:
            return self._runner.record_submit(flight, answer)

        try:
            if isinstance(answer, Submission):
                outcome = self._keeper.persist_accepted(self._receipt(flight, answer), record)
            else:
                outcome = self._persist(record)
        except GaveUp:
            log.error("an answer was not stored: %r", answer, extra=context(flight))
            raise
        except Exception:
            log.exception("a step failed", extra=context(flight))
            self._persist(lambda: self._runner.record_unwritable(flight, answer))
            return None
        if outcome is Next.BUSY and isinstance(answer, ProviderError):
            full = answer.code in FULL
            self._throttle.busy(self.accepted_count(), answer.retry_after_s, full=full)
        return outcome if isinstance(outcome, Flight) else None

    def _receipt(self, flight: Flight, answer: Submission) -> Receipt:
        now = self._clock.now().astimezone(UTC).isoformat(timespec="seconds")
        return Receipt(flight.attempt_id, self._submitter.boot_id, answer.remote_task_id, now)

    def accepted_count(self) -> int:
        """What the service has accepted of ours, or may have."""
        return self._persist(
            lambda: claims.taken_by_service(self._clock.now(), self._submitter.provider)
        )

    def _judge_service(self, answer: Submission | ProviderError) -> None:
        """Whether submits are answered at all: while they are not, each one may be lost money."""
        if isinstance(answer, Submission):
            lowered = self._throttle.lowered
            self._throttle.accepted(self.accepted_count() if lowered else 0)
        elif answer.not_sent:
            self._throttle.unreachable()
        elif answer.error_class is ErrorClass.AMBIGUOUS:
            self._throttle.unanswered()
        elif answer.error_class is ErrorClass.ACCOUNT:
            self._throttle.answered()
            self._throttle.account_refused()
        elif answer.error_class is not ErrorClass.TRANSIENT:
            self._throttle.answered()
