"""What every provider can do, in our words, and the one way in which it may fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from webapp.clock import Clock, SystemClock

SubmitPhase = Literal["queued", "running"]
TaskPhase = Literal["queued", "running", "succeeded", "failed", "cancelled"]

RAW_LIMIT_BYTES = 2048
"""A provider's answer is kept for the person who has to understand it, no longer than this."""


class ErrorClass(StrEnum):
    """What a refusal means for us. Each class has one behaviour (design.md §6)."""

    BUSY = "busy"  #: not accepted, the account is full: wait, not an attempt spent
    TRANSIENT = "transient"  #: not accepted or not sent, a passing trouble: try again, bounded
    CONTENT = "content"  #: moderation; only another prompt or image helps
    INPUT = "input"  #: a parameter does not fit; only another value helps
    ACCOUNT = "account"  #: the key or the balance; concerns every item, so the mission pauses
    LOST = "lost"  #: the provider does not know the task (any more)
    FAILED = "failed"  #: a definite no without a better word; a new try costs again
    AMBIGUOUS = "ambiguous"  #: sent, answer never learnt: may be running and paid, never re-sent


NOT_SENT = frozenset(
    {"connection_refused", "dns_failed", "tls_failed", "connect_timeout", "not_sent"}
)
"""Codes of ours for what happened before anything was sent."""


class ProviderError(Exception):
    """The only exception of a provider.

    `code` is the provider's own code, or a short word of ours (`http_503`, `connection_refused`).
    `raw` is the provider's text without secrets, at most RAW_LIMIT_BYTES; it is data from outside.
    `retry_after_s` is set only when the provider named a time.
    """

    def __init__(
        self,
        error_class: ErrorClass,
        code: str,
        raw: str = "",
        *,
        retry_after_s: float | None = None,
        http_status: int | None = None,
        task_id: str | None = None,
    ) -> None:
        super().__init__(f"{error_class.value}:{code}")
        self.error_class = error_class
        self.code = code
        self.raw = raw
        self.retry_after_s = retry_after_s
        self.http_status = http_status
        self.task_id = task_id

    @property
    def not_sent(self) -> bool:
        """Nothing left this machine: the service cannot be reached, which is not the item's fault."""
        return self.code in NOT_SENT

    @property
    def cause(self) -> str:
        """`class:code`, the key under which equal failures are counted."""
        return f"{self.error_class.value}:{self.code}"


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted submit. The task may have ended already: the first query tells."""

    remote_task_id: str
    phase: SubmitPhase
    raw: str


@dataclass(frozen=True, slots=True)
class RemoteResult:
    """One output: a URL that dies after a day, or a text. `type` is a file extension or ""."""

    url: str | None
    type: str
    text: str | None
    node_id: str | None


@dataclass(frozen=True, slots=True)
class RemoteTask:
    """The answer to one question. `error` is set when `phase` is failed or cancelled.

    `status_word` is the provider's own word; one that we do not know has the phase "running".
    """

    remote_task_id: str
    phase: TaskPhase
    results: tuple[RemoteResult, ...]
    cost: Decimal | None
    currency: str | None
    task_seconds: float | None
    error: ProviderError | None
    status_word: str
    raw: str

    @property
    def ended(self) -> bool:
        """No further question is needed."""
        return self.phase not in ("queued", "running")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that the provider can read. `expires_in_s` counts from now."""

    url: str
    file_name: str
    expires_in_s: float


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """Who the key belongs to and what is left. `coins` is the provider's own second money."""

    api_type: str
    balance: Decimal | None
    coins: str | None
    currency: str | None
    running: int | None


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How full the account is. `limit` is None when the provider does not say."""

    limit: int | None
    running: int
    queued: int
    key_type: str


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """What an adapter is made from.

    `wait` sleeps between repeats of free calls; when it returns a true value (like
    `Event.wait` of a stop event) the last error is raised instead of another try.
    """

    base_url: str
    api_key: str = field(repr=False)
    request_timeout_s: float = 30.0
    connections: int = 50
    wait: Callable[[float], object] = time.sleep
    clock: Clock = field(default_factory=SystemClock)


class Provider(Protocol):
    """A service that makes things. Every call blocks, may be made from any thread, and raises
    nothing but ProviderError."""

    @property
    def name(self) -> str:
        """The registry's name, stored with attempts and uploads."""
        ...

    @property
    def key_fingerprint(self) -> str:
        """A short hash of the key: uploads made with one key are not seen by another."""
        ...

    @property
    def base_url(self) -> str:
        """Where it is asked. It may deliver from there, too, even from a private address."""
        ...

    def submit(
        self, path: str, payload: Mapping[str, object], *, webhook_url: str | None
    ) -> Submission:
        """Start one generation; costs money. Sent at most once, never repeated in here.

        Only AMBIGUOUS leaves it open whether the task exists; every other class means that it
        does not.
        """
        ...

    def query(self, remote_task_id: str) -> RemoteTask:
        """Ask once how a task is. LOST: it is unknown there. Any other error is a failed
        question and says nothing about the task."""
        ...

    def upload(self, path: Path, filename: str, content_type: str) -> Upload:
        """Hand over a file; free and repeatable."""
        ...

    def stop_uploads(self) -> None:
        """The program stops: uploads that are open fail at once, as TRANSIENT, and so do those that
        are begun from now on. Returns at once."""
        ...

    def account(self) -> AccountStatus:
        """Balance and kind of key."""
        ...

    def queue_status(self) -> QueueStatus:
        """The account's limit and what is in flight."""
        ...

    def price_preview(self, path: str, payload: Mapping[str, object]) -> Decimal | None:
        """What one submit of this payload would cost, None when the provider does not say."""
        ...

    def close(self) -> None:
        """Let go of connections; the provider is not used afterwards."""
        ...
