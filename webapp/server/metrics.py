"""Counters of what happens, each a few microseconds where it happens; Prometheus reads them.

One registry for each app: tests make many apps in a process. Labels take few values and never an id. What
the database knows is read when somebody asks (gauges.py).
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

NAMESPACE = "missions"
_CALL_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_TASK_S = (5, 10, 20, 40, 60, 120, 300, 600, 1200, 3600)
_REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

ACCEPTED = "accepted"


class Metrics:
    """Thread-safe."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._submits = self._counter(
            "submits", "Submits by outcome: accepted, or the class of the refusal.", "outcome"
        )
        self._questions = self._counter(
            "questions", "Questions about tasks: answered, or the class of the error.", "outcome"
        )
        self._calls = self._histogram(
            "provider_call_seconds", "How long the service took to answer.", _CALL_S, "call"
        )
        self._tasks = self._histogram(
            "task_seconds", "From a submit until its result was seen.", _TASK_S, "type"
        )
        self._downloads = self._counter(
            "downloads", "Result files: saved, or why one did not come.", "outcome"
        )
        self._downloaded = self._counter("downloaded_bytes", "Bytes of saved result files.")
        self._requests = self._counter(
            "http_requests", "HTTP requests by route.", "method", "route", "status"
        )
        self._request_s = self._histogram(
            "http_request_seconds", "Until the answer was sent.", _REQUEST_S, "method", "route"
        )

    def submitted(self, outcome: str, seconds: float) -> None:
        """A submit was answered, or was not."""
        self._submits.labels(outcome).inc()
        self._calls.labels("submit").observe(seconds)

    def asked(self, outcome: str, seconds: float) -> None:
        """A question about a task was answered, or was not."""
        self._questions.labels(outcome).inc()
        self._calls.labels("query").observe(seconds)

    def uploaded(self, seconds: float) -> None:
        """An image was handed over."""
        self._calls.labels("upload").observe(seconds)

    def task_ended(self, task_type: str, seconds: float) -> None:
        """A task was seen to have succeeded after so long."""
        self._tasks.labels(task_type).observe(seconds)

    def downloaded(self, outcome: str, size: int = 0) -> None:
        """A result file was saved, or did not come."""
        self._downloads.labels(outcome).inc()
        self._downloaded.inc(size)

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """An HTTP request was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_s.labels(method, route).observe(seconds)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace=NAMESPACE, registry=self.registry)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(
            name, text, labels, namespace=NAMESPACE, registry=self.registry, buckets=buckets
        )
