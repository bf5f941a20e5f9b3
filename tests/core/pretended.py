"""RunningHub as a table: what it has accepted, and what it will say next. For machines that go through
thousands of steps without a network."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.core import making
from webapp.providers.base import (
    AccountStatus,
    ErrorClass,
    ProviderError,
    QueueStatus,
    RemoteResult,
    RemoteTask,
    Submission,
    TaskPhase,
    Upload,
)

ACCEPTED = ("accepted", "accepted and silent")
"""Ways to answer a submit that cost money."""

REFUSALS: dict[str, tuple[ErrorClass, str]] = {
    "accepted and silent": (ErrorClass.AMBIGUOUS, "read_timeout"),
    "silent": (ErrorClass.AMBIGUOUS, "read_timeout"),
    "busy": (ErrorClass.BUSY, "421"),
    "account": (ErrorClass.ACCOUNT, "605"),
    "away": (ErrorClass.TRANSIENT, "connection_refused"),
    "refused": (ErrorClass.CONTENT, "1501"),
}


class Pretended:
    """A Provider. `says` is how it answers the next submit; `ends` how each task has ended."""

    name = making.SUBMITTER.provider
    key_fingerprint = making.SUBMITTER.key_fingerprint
    base_url = "http://pretended"

    def __init__(self) -> None:
        self.says = "accepted"
        self.down = False
        self.ledger: list[dict[str, Any]] = []
        self.phases: dict[str, TaskPhase] = {}

    def submit(
        self, path: str, payload: Mapping[str, object], *, webhook_url: str | None
    ) -> Submission:
        """Money is spent in the moment in which the ledger grows."""
        if self.says in ACCEPTED:
            task_id = making.new_task_id()
            self.ledger.append({"task_id": task_id, "body": dict(payload)})
            self.phases[task_id] = "running"
        if self.says in REFUSALS:
            raise ProviderError(*REFUSALS[self.says])
        return Submission(task_id, "running", "{}")

    def query(self, remote_task_id: str) -> RemoteTask:
        if self.down:
            raise ProviderError(ErrorClass.TRANSIENT, "http_502")
        if remote_task_id not in self.phases:
            raise ProviderError(ErrorClass.LOST, "1004")
        phase = self.phases[remote_task_id]
        succeeded = phase == "succeeded"
        return RemoteTask(
            remote_task_id=remote_task_id,
            phase=phase,
            results=(RemoteResult(None, "txt", "a text", None),) if succeeded else (),
            cost=Decimal("0.05") if succeeded else None,
            currency="CNY",
            task_seconds=1,
            error=ProviderError(ErrorClass.FAILED, f"code-{remote_task_id}")
            if phase == "failed"
            else None,
            status_word=phase,
            raw="{}",
        )

    def upload(self, path: Path, filename: str, content_type: str) -> Upload:
        raise AssertionError("nothing of ours goes up in here")

    def stop_uploads(self) -> None:
        return

    def account(self) -> AccountStatus:
        return AccountStatus("enterprise-shared", Decimal(1), None, "CNY", 0)

    def queue_status(self) -> QueueStatus:
        return QueueStatus(50, 0, 0, "enterprise-shared")

    def price_preview(self, path: str, payload: Mapping[str, object]) -> Decimal | None:
        return None

    def close(self) -> None:
        return
