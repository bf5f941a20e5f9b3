"""How quick the pages are with 100,000 items stored while all 50 slots are busy."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import apsw

from benchmarks import missions, provider
from benchmarks.client import Client
from benchmarks.figures import Figure
from benchmarks.options import Options
from benchmarks.processes import CannotRun, Process, server, simulator
from benchmarks.stored import Stored
from benchmarks.usage import watched

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

    def figure(self, health_ms: float) -> Figure:
        taken_ms = median(self.taken_ms)
        p95 = quantiles(self.taken_ms, n=20)[-1]
        beside = f"ms, p95 {p95:.0f}, {taken_ms / health_ms:.1f} × /health"
        return Figure(self.name, taken_ms, beside, self.at_most_ms)


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
            health, gallery, *others = _looks(live, count)
            bare_ms: list[float] = []
            with watched(app.pid) as peak:
                for _ in range(rounds):
                    for look in (health, gallery, *others):
                        _take(client, look)
                    bare_ms.append(_bare_ms(data / "missions.db"))
                of_pages_mb = peak.mb
                whole = _Look(
                    f"JSON mission with all {count} items", "/api/api-missions/3", 200, None
                )
                for _ in range(5):
                    _take(client, whole)
    health_ms = median(health.taken_ms)
    return [
        Figure("items stored", 10 * count),
        *(look.figure(health_ms) for look in (health, gallery, *others, whole)),
        Figure("bare SQL of the gallery: its items and their results", median(bare_ms), "ms"),
        Figure("  gallery ÷ bare SQL", median(gallery.taken_ms) / median(bare_ms), "×"),
        Figure("server memory, the most seen with the pages", of_pages_mb, "MB", at_most=200),
        Figure("  and with the JSON of all items", peak.mb, "MB", at_most=200),
        Figure("start of the server on this database", start_s, "s"),
    ]


def _bare_ms(database: Path) -> float:
    """One page of a mission's items with their results, as plain rows in this process."""
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        begun = time.perf_counter()
        items = connection.execute(_ITEMS).fetchall()
        marks = ", ".join("?" for _ in items)
        connection.execute(_RESULTS.format(marks), [item[0] for item in items]).fetchall()
        return (time.perf_counter() - begun) * 1000
    finally:
        connection.close()


_ITEMS = "SELECT * FROM api_mission_items WHERE api_mission_id = 3 ORDER BY item_index LIMIT 60"
_RESULTS = "SELECT * FROM results WHERE item_id IN ({}) ORDER BY item_id, position"


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
    """The first two are what the others are compared with, and what is compared with bare SQL."""
    # A stored mission has its own number as its revision, see stored.py.
    return [
        _Look("/health, which the others are compared with", "/health", 200, None),
        _Look("mission, gallery", "/missions/3"),
        _Look("list of missions", "/missions"),
        _Look("list, completed ones", "/missions?state=completed"),
        _Look("list, a word in any prompt", "/missions?q=nowhere"),
        _Look("mission, gallery of 120", "/missions/3?size=120"),
        _Look("mission, table", "/missions/3?view=table"),
        _Look("mission, failed ones", "/missions/3?state=failed"),
        _Look("mission, ones of a cause", "/missions/3?cause=content:1501"),
        _Look("mission, a word in a prompt", f"/missions/3?q=number+{count - 1}"),
        _Look("mission, the last page", f"/missions/3?page={-(-count // 60)}"),
        _Look("mission that runs", f"/missions/{live}"),
        _Look("item", f"/missions/3/items/{count // 2}"),
        _Look("page for a new mission", "/missions/new"),
        # All that is stored was made within these days; a usual month has less of it.
        _Look("usage of 30 days", "/usage?period=30_days", at_most_ms=100.0),
        _Look("JSON list", "/api/api-missions"),
        _Look("JSON mission, a page of its items", "/api/api-missions/3?page=2"),
        _Look("JSON queue", "/api/queue"),
        _Look("poll of a mission that runs", f"/missions/{live}/live?rev=1"),
        _Look("quiet poll of a mission (204)", "/missions/3/live?rev=3", 204, 5.0),
    ]
