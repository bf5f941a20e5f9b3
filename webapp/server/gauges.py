"""How things stand, read from the database and the manager at the moment when somebody asks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from webapp.clock import Clock
from webapp.db import STORAGE_ERRORS
from webapp.missions import Missions
from webapp.server.metrics import NAMESPACE
from webapp.store.facts import is_held
from webapp.store.queue import item_counts

log = logging.getLogger(__name__)


class Gauges(Collector):
    """A handful of short queries for each scrape; `storage_retries` tells how often a write had to be
    repeated. Without a database it says so, and no more."""

    def __init__(
        self, missions: Missions, clock: Clock, storage_retries: Callable[[], int]
    ) -> None:
        self._missions = missions
        self._clock = clock
        self._storage_retries = storage_retries

    def describe(self) -> Iterable[Metric]:
        """Nothing: what it has is known when it is asked."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Blocks for the queries."""
        yield _counter("storage_retries", "Writes that were repeated.", self._storage_retries())
        try:
            found = list(self._from_database())
        except STORAGE_ERRORS as error:
            log.warning("metrics: the database does not answer: %s", error)
            yield _gauge("database_up", "Whether the database answers.", 0)
            return
        yield _gauge("database_up", "Whether the database answers.", 1)
        yield from found

    def _from_database(self) -> Iterator[Metric]:
        queue = self._missions.queue()
        age_s = 0.0
        if queue.oldest_waiting_at is not None:
            age_s = (self._clock.now() - queue.oldest_waiting_at).total_seconds()
        items = GaugeMetricFamily(
            f"{NAMESPACE}_items", "Items by state, of all missions.", labels=["state"]
        )
        for state, count in item_counts().items():
            items.add_metric([state], count)
        yield items
        yield _gauge("slots_busy", "Slots in use.", queue.busy)
        yield _gauge("slots_limit", "Slots that may be used now.", queue.limit)
        yield _gauge("slots_set", "Slots as set.", queue.slots)
        yield _gauge("queue_waiting", "Items that wait in running missions.", queue.waiting)
        yield _gauge(
            "queue_oldest_seconds", "Age of the oldest mission with waiting items.", max(0.0, age_s)
        )
        yield _gauge("unknown", "Items that wait for a person.", queue.unknown)
        yield _gauge("manager_running", "Whether this process submits.", queue.manager)
        yield _gauge("held", "Restored, and nobody has looked yet.", is_held())


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{NAMESPACE}_{name}", text, value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"{NAMESPACE}_{name}", text, value)
