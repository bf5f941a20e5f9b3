"""A provider whose calls are counted and timed, and which is otherwise the one it wraps."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from webapp.providers.base import (
    AccountStatus,
    Provider,
    ProviderError,
    QueueStatus,
    RemoteTask,
    Submission,
    Upload,
)
from webapp.server.metrics import ACCEPTED, Metrics


class Measured:
    """Raises what the other raises."""

    def __init__(self, provider: Provider, metrics: Metrics) -> None:
        self._provider = provider
        self._metrics = metrics

    @property
    def name(self) -> str:
        return self._provider.name

    @property
    def key_fingerprint(self) -> str:
        return self._provider.key_fingerprint

    @property
    def base_url(self) -> str:
        return self._provider.base_url

    def submit(
        self, path: str, payload: Mapping[str, object], *, webhook_url: str | None
    ) -> Submission:
        begun, outcome = time.perf_counter(), "internal"
        try:
            taken = self._provider.submit(path, payload, webhook_url=webhook_url)
            outcome = ACCEPTED
        except ProviderError as error:
            outcome = error.error_class.value
            raise
        finally:
            self._metrics.submitted(outcome, time.perf_counter() - begun)
        return taken

    def query(self, remote_task_id: str) -> RemoteTask:
        begun, outcome = time.perf_counter(), "internal"
        try:
            task = self._provider.query(remote_task_id)
            outcome = "answered"
        except ProviderError as error:
            outcome = error.error_class.value
            raise
        finally:
            self._metrics.asked(outcome, time.perf_counter() - begun)
        return task

    def upload(self, path: Path, filename: str, content_type: str) -> Upload:
        begun = time.perf_counter()
        try:
            return self._provider.upload(path, filename, content_type)
        finally:
            self._metrics.uploaded(time.perf_counter() - begun)

    def stop_uploads(self) -> None:
        self._provider.stop_uploads()

    def account(self) -> AccountStatus:
        return self._provider.account()

    def queue_status(self) -> QueueStatus:
        return self._provider.queue_status()

    def price_preview(self, path: str, payload: Mapping[str, object]) -> Decimal | None:
        return self._provider.price_preview(path, payload)

    def close(self) -> None:
        self._provider.close()
