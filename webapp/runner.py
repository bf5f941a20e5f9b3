"""The life of one attempt in short steps: prepare, submit, record, ask, record. No threads, no
waiting; a network step and a storage step are never one, so that each can be repeated alone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from webapp.addresses import split_address
from webapp.clock import Clock
from webapp.db import NotUnique
from webapp.files.filetypes import kind_of
from webapp.providers.base import (
    ErrorClass,
    Provider,
    ProviderError,
    RemoteTask,
    Submission,
)
from webapp.providers.refusals import UNREADABLE_MEDIA
from webapp.states import AttemptState
from webapp.store import attempts, deliveries, flights, images
from webapp.store.deliveries import Delivered, Delivery
from webapp.store.flights import Flight, Refusal
from webapp.store.images import Uploader
from webapp.store.results import LINK_LIFE
from webapp.task_types import task_type_of
from webapp.work.backoff import backoff_s

log = logging.getLogger(__name__)

MAX_TRANSIENT_TRIES = 3

INTERNAL = "internal_error"
"""The code of what must not happen: an error of ours."""

LOST_ANSWERS = 3
LOST_GRACE_S = 30.0
"""A task that was accepted a moment ago may not be known at once: after this time, the third "no" in
a row is believed."""


class Next(Enum):
    """What an attempt needs after a step."""

    ASK = auto()  #: a question, later
    LATE = auto()  #: overdue and now unknown: its slot is free, a late answer is still taken
    ENDED = auto()  #: the slot is free
    BUSY = auto()  #: the slot is free, and the account takes no more for now
    AWAY = auto()  #: the slot is free, and the service cannot be reached for now


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds."""

    max_task_s: float


class Runner:
    """All steps block. Those named `record_…` commit and raise only storage errors; the others talk
    to the provider and never touch the database, but for the cache of image links."""

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        limits: Limits,
        to_remote: Callable[[str, Provider], str],
        webhook_url: Callable[[int], str | None],
    ) -> None:
        self.provider = provider
        self._clock = clock
        self._limits = limits
        self._to_remote = to_remote
        self._webhook_url = webhook_url

    def payload(self, flight: Flight) -> dict[str, object] | ProviderError:
        """The exact body: reference images of ours go up first, and their links take their place."""
        task_type = task_type_of(flight.task_type)
        if not task_type.path:
            return ProviderError(ErrorClass.INPUT, "task_type_gone")
        body = dict(flight.params)
        try:
            for field in task_type.image_fields:
                if field.name in body:
                    body[field.name] = self._remote(body[field.name])
        except ProviderError as error:
            return error
        except Exception:
            log.exception("the images could not be handed over", extra=context(flight))
            return ProviderError(ErrorClass.TRANSIENT, INTERNAL)
        return body

    def _remote(self, value: object) -> object:
        """One address or a list of them, as the provider knows them."""
        if isinstance(value, list):
            return [self._to_remote(str(entry), self.provider) for entry in value]
        return self._to_remote(str(value), self.provider)

    def submit(self, flight: Flight, body: dict[str, object]) -> Submission | ProviderError:
        """The POST that costs money; called once per attempt."""
        try:
            return self.provider.submit(
                task_type_of(flight.task_type).path,
                body,
                webhook_url=self._webhook_url(flight.attempt_id),
            )
        except ProviderError as error:
            return error
        except Exception:
            log.exception("the submit broke", extra=context(flight))
            return ProviderError(ErrorClass.AMBIGUOUS, INTERNAL)

    def record_submit(self, flight: Flight, answer: Submission | ProviderError) -> Next | Flight:
        """Write down what the submit brought; an accepted attempt is returned as it is now."""
        now = self._clock.now()
        if isinstance(answer, ProviderError):
            return self._record_refusal(flight, answer, now)
        try:
            taken = attempts.accepted(flight, answer.remote_task_id, answer.phase, answer.raw, now)
        except NotUnique:
            log.error("the provider gave a task id twice", extra=context(flight))
            refusal = Refusal("ambiguous", "duplicate_task_id", answer.raw)
            self._become_unknown(flight, refusal, now)
            return Next.ENDED
        log.info("submitted", extra=context(taken))
        return taken

    def record_unwritable(self, flight: Flight, answer: Submission | ProviderError) -> None:
        """The submit brought something that the database does not take, which must not happen. The
        attempt ends all the same, with words of our own, and the log keeps what came."""
        now = self._clock.now()
        log.error("the answer to a submit cannot be stored: %r", answer, extra=context(flight))
        if isinstance(answer, ProviderError) and answer.error_class is not ErrorClass.AMBIGUOUS:
            attempts.refuse(flight, Refusal(answer.error_class.value, INTERNAL, ""), now)
        else:
            self._become_unknown(flight, Refusal("ambiguous", INTERNAL, ""), now)

    def _record_refusal(self, flight: Flight, error: ProviderError, now: datetime) -> Next:
        refusal = _refusal(error)
        log.info("not accepted: %s", error.cause, extra=context(flight))
        match error.error_class:
            case ErrorClass.AMBIGUOUS:
                self._become_unknown(flight, refusal, now)
                return Next.ENDED
            case ErrorClass.BUSY:
                attempts.give_back(flight, refusal, now, retry_at=None, counts_as_try=False)
                return Next.BUSY
            case ErrorClass.ACCOUNT:
                attempts.give_back(
                    flight, refusal, now, retry_at=None, counts_as_try=False, pause=True
                )
                return Next.ENDED
            case ErrorClass.TRANSIENT if error.not_sent:
                attempts.give_back(flight, refusal, now, retry_at=None, counts_as_try=False)
                return Next.AWAY
            case ErrorClass.TRANSIENT:
                self._try_again(flight, refusal, now)
                return Next.ENDED
        self._forget_unreadable(flight, refusal)
        attempts.refuse(flight, refusal, now)
        return Next.ENDED

    def _forget_unreadable(self, flight: Flight, refusal: Refusal) -> None:
        """Before the item ends, so that a person's retry hands its images over anew."""
        if refusal.code == UNREADABLE_MEDIA:
            addresses = task_type_of(flight.task_type).images_of(flight.params)
            names = [split_address(address).path.rpartition("/")[2] for address in addresses]
            images.forget_links(names, Uploader(self.provider.name, flight.key_fingerprint))

    def _try_again(self, flight: Flight, refusal: Refusal, now: datetime) -> None:
        tries = flights.transient_tries(flight.item_id)
        if tries >= MAX_TRANSIENT_TRIES:
            attempts.refuse(flight, refusal, now)
            return
        retry_at = now + timedelta(seconds=backoff_s(tries, 2, 300))
        attempts.give_back(flight, refusal, now, retry_at=retry_at, counts_as_try=True)

    def record_not_sent(self, flight: Flight) -> None:
        """The program stops before this attempt's POST left: its item waits again."""
        refusal = Refusal("transient", "shutdown", "")
        attempts.give_back(flight, refusal, self._clock.now(), retry_at=None, counts_as_try=False)

    def _become_unknown(self, flight: Flight, refusal: Refusal, now: datetime) -> None:
        attempts.become_unknown(
            flight, refusal, now, may_run_for_s=self.may_run_for_s(flight.task_type)
        )

    def may_run_for_s(self, task_type: str) -> float:
        """How long a task that we know nothing of may hold a slot: it may be running over there."""
        return min(self._limits.max_task_s, 4 * task_type_of(task_type).typical_s)

    def ask(self, remote_task_id: str) -> RemoteTask | ProviderError:
        """One question; free and repeatable."""
        try:
            return self.provider.query(remote_task_id)
        except ProviderError as error:
            return error
        except Exception:
            log.exception("the question broke")
            return ProviderError(ErrorClass.TRANSIENT, INTERNAL)

    def record_answer(
        self,
        flight: Flight,
        answer: RemoteTask | ProviderError,
        *,
        lost_answers: int,
        elapsed_s: float,
    ) -> Next:
        """Write down what a question brought. `lost_answers` counts "unknown task" in a row;
        `elapsed_s` is the attempt's age by a clock that nobody can set."""
        now = self._clock.now()
        if isinstance(answer, ProviderError):
            return self._record_failed_question(flight, answer, lost_answers, elapsed_s, now)
        match answer.phase:
            case "succeeded":
                self._succeed(flight, answer, now)
            case "failed":
                self._fail(flight, answer, _refusal(answer.error), now)
            case "cancelled" if flight.state is AttemptState.UNKNOWN:
                self._fail(flight, answer, Refusal("failed", "cancelled", answer.raw), now)
            case "cancelled":
                attempts.cancelled_remotely(
                    flight, _refusal(answer.error), now, cost=answer.cost, currency=answer.currency
                )
            case phase:
                if phase != flight.phase:
                    attempts.set_phase(flight, phase, now)
                return self._check_deadline(flight, elapsed_s, now)
        return Next.ENDED

    def _record_failed_question(
        self,
        flight: Flight,
        error: ProviderError,
        lost_answers: int,
        elapsed_s: float,
        now: datetime,
    ) -> Next:
        """A failed question never fails the task, unless the provider no longer knows it."""
        if lost_answers >= LOST_ANSWERS and self._is_lost(flight, error, elapsed_s):
            attempts.fail(flight, _refusal(error), now, cost=None, currency=None)
            return Next.ENDED
        return self._check_deadline(flight, elapsed_s, now)

    def _is_lost(self, flight: Flight, error: ProviderError, elapsed_s: float) -> bool:
        # Another key's tasks are unknown to this one, which says nothing about them.
        ours = flight.key_fingerprint == self.provider.key_fingerprint
        return error.error_class is ErrorClass.LOST and ours and elapsed_s >= LOST_GRACE_S

    def _check_deadline(self, flight: Flight, elapsed_s: float, now: datetime) -> Next:
        """A task that never ends becomes unknown, keeps its id and is still asked about."""
        overdue = elapsed_s > self._limits.max_task_s
        if overdue and flight.state is not AttemptState.UNKNOWN:
            attempts.become_unknown(
                flight, Refusal("ambiguous", "timeout", ""), now, may_run_for_s=0
            )
        return Next.LATE if overdue else Next.ASK

    def _succeed(self, flight: Flight, task: RemoteTask, now: datetime) -> None:
        if not task.results:
            self._fail(flight, task, Refusal("failed", "no_result", task.raw), now)
            return
        results = [
            Delivered(
                kind=kind_of(entry.type) if entry.url else "text",
                type=entry.type or ("" if entry.url else "txt"),
                url=entry.url or "",
                text=entry.text,
            )
            for entry in task.results
        ]
        expire_at = now + LINK_LIFE
        deliveries.succeed(flight, Delivery(results, task.cost, task.currency, expire_at), now)
        log.info("completed", extra=context(flight))

    def _fail(self, flight: Flight, task: RemoteTask, refusal: Refusal, now: datetime) -> None:
        self._forget_unreadable(flight, refusal)
        attempts.fail(flight, refusal, now, cost=task.cost, currency=task.currency)
        log.info("failed: %s:%s", refusal.cause, refusal.code, extra=context(flight))


def _refusal(error: ProviderError | None) -> Refusal:
    if error is None:
        return Refusal("failed", "", "")
    return Refusal(error.error_class.value, error.code, error.raw)


def context(flight: Flight) -> dict[str, object]:
    """What a log line about an attempt carries."""
    return {
        "mission": flight.mission_id,
        "item": flight.item_index,
        "attempt": flight.attempt_id,
        "remote_task": flight.remote_task_id,
    }
