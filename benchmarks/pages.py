"""How quick the pages are with 100,000 items stored while all 50 slots are busy."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median, quantiles

from benchmarks import missions, provider
from benchmarks.client import Client
from benchmarks.figures import Figure
from benchmarks.options import Options
from benchmarks.processes import CannotRun, Process, server, simulator
from benchmarks.stored import Stored
from benchmarks.usage import rss_mb, watched

TITLE = "pages: much stored, 50 slots busy with tasks of 8 s"

_PAGE_MS = 50.0
_BUSY_WITHIN_S = 60


@dataclass(slots=True)
class _Look:
    """One address, asked for again and again."""

    name: str
    path: str
    status: int = 200
    at_most_ms: float | None = _PAGE_MS
    taken_ms: list[float] = field(default_factory=list)

    def figure(self) -> Figure:
        p95 = quantiles(self.taken_ms, n=20)[-1]
        return Figure(self.name, median(self.taken_ms), f"ms, p95 {p95:.0f}", self.at_most_ms)


def run(options: Options) -> list[Figure]:
    """Every address once a round, so that all of them meet the same work in the background."""
    count, rounds = (1000, 10) if options.quick else (10_000, 60)
    data = options.folder / "app"
    with Stored(data) as stored:
        for _ in range(10):
            stored.add_mission(count)
    with simulator(options.folder) as remote:
        provider.set_duration(remote, 8.0)
        begun = time.perf_counter()
        with server(data, remote.url) as app, Client(app.url) as client:
            start_s = time.perf_counter() - begun
            live = _busy(app, client)
            looks = _looks(live, count)
            with watched(app.pid) as peak:
                for _ in range(rounds):
                    for look in looks:
                        _take(client, look)
            whole = _Look(f"JSON mission with all {count} items", "/api/api-missions/3", 200, None)
            for _ in range(5):
                _take(client, whole)
            figures = [look.figure() for look in looks]
            return [
                Figure("items stored", 10 * count),
                *figures,
                Figure("server memory, the most seen meanwhile", peak.mb, "MB", at_most=200),
                whole.figure(),
                Figure("server memory after that", rss_mb(app.pid), "MB"),
                Figure("start of the server on this database", start_s, "s"),
            ]


def _take(client: Client, look: _Look) -> None:
    look.taken_ms.append(client.call("GET", look.path, expect=look.status).seconds * 1000)


def _busy(app: Process, client: Client) -> int:
    """Fill all slots; returns the mission that does."""
    mission_id = missions.create(app, 5000)
    deadline = time.monotonic() + _BUSY_WITHIN_S
    while client.data("GET", "/api/queue")["busy"] < provider.SLOTS:
        if time.monotonic() > deadline:
            raise CannotRun("the slots were never all busy")
        time.sleep(0.2)
    return mission_id


def _looks(live: int, count: int) -> list[_Look]:
    # A stored mission has its own number as its revision, see stored.py.
    return [
        _Look("list of missions", "/missions"),
        _Look("list, completed ones", "/missions?state=completed"),
        _Look("list, a word in any prompt", "/missions?q=nowhere"),
        _Look("mission, gallery", "/missions/3"),
        _Look("mission, gallery of 120", "/missions/3?size=120"),
        _Look("mission, table", "/missions/3?view=table"),
        _Look("mission, failed ones", "/missions/3?state=failed"),
        _Look("mission, ones of a cause", "/missions/3?cause=content:1501"),
        _Look("mission, a word in a prompt", f"/missions/3?q=number+{count - 1}"),
        _Look("mission, the last page", f"/missions/3?page={-(-count // 60)}"),
        _Look("mission that runs", f"/missions/{live}"),
        _Look("item", f"/missions/3/items/{count // 2}"),
        _Look("page for a new mission", "/missions/new"),
        _Look("JSON list", "/api/api-missions"),
        _Look("JSON mission, a page of its items", "/api/api-missions/3?page=2"),
        _Look("JSON queue", "/api/queue"),
        _Look("poll of a mission that runs", f"/missions/{live}/live?rev=1"),
        _Look("quiet poll of a mission (204)", "/missions/3/live?rev=3", 204, 5.0),
    ]
