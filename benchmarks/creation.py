"""How long one call takes that makes a mission of 10,000 items."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import perf_counter

import apsw

from benchmarks import missions
from benchmarks.client import Client
from benchmarks.figures import Figure
from benchmarks.options import Options
from benchmarks.processes import server, simulator

TITLE = "creation: a whole mission in one JSON call"


def run(options: Options) -> list[Figure]:
    """Our call, and the bare insertion of the very same rows into the same tables and indexes."""
    count, rounds = (1000, 2) if options.quick else (10_000, 5)
    data = options.folder / "app"
    with (
        simulator(options.folder) as remote,
        server(data, remote.url) as app,
        Client(app.url) as client,
    ):
        ours_s = [_create_s(client, count) for _ in range(rounds)]
    bare_s = [_bare_s(data / "missions.db", options.folder / f"bare-{n}.db") for n in range(rounds)]
    return [
        Figure(f"{count} items, median of {rounds}", median(ours_s), "s", at_most=2),
        Figure("  the slowest", max(ours_s), "s"),
        Figure("bare executemany of the same rows", median(bare_s), "s"),
        Figure("our time ÷ bare", median(ours_s) / median(bare_s), "×"),
    ]


def _create_s(client: Client, count: int) -> float:
    # Far in the future, so that nothing runs while the next one is measured.
    body = missions.body(count, scheduled_at="2099-01-01 00:00:00")
    return client.call("POST", "/api/api-missions", body).seconds


def _bare_s(source: Path, target: Path) -> float:
    """Copy the items of one mission from `source` into an empty database, with our settings."""
    with apsw.Connection(str(source)) as old:
        columns = [name for _, name, *_ in old.execute("PRAGMA table_info(api_mission_items)")]
        schema = [sql for (sql,) in old.execute(_SCHEMA)]
        rows = list(old.execute("SELECT * FROM api_mission_items WHERE api_mission_id = 1"))
    old.close()
    new = apsw.Connection(str(target))
    new.execute("PRAGMA journal_mode=wal; PRAGMA synchronous=full")
    for sql in schema:
        new.execute(sql)
    marks = ", ".join("?" for _ in columns)
    started = perf_counter()
    with new:
        new.executemany(f"INSERT INTO api_mission_items VALUES ({marks})", rows)
    seconds = perf_counter() - started
    new.close()
    return seconds


_SCHEMA = """SELECT sql FROM sqlite_master
    WHERE tbl_name = 'api_mission_items' AND sql IS NOT NULL ORDER BY type DESC"""
