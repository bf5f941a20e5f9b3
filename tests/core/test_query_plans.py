"""No step of an item's life and no page reads a whole table: what was done long ago costs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.core.making import NOW, SUBMITTER, accept, claim, fail, finish, later, new_mission
from webapp.db import database, reading
from webapp.settings import Settings
from webapp.store import (
    archive_rows,
    attempts,
    audit,
    claims,
    flights,
    item_views,
    items,
    ledger,
    mission_views,
    queue,
    results,
    unknown_views,
    unknowns,
    usage,
)
from webapp.store.audit import AuditFilter
from webapp.store.mission_views import Chosen
from webapp.store.usage import Scope

GROWING = {"api_mission_items", "attempts", "results", "events", "users"}
TYPE = "text_to_image"

Statement = tuple[str, Any]


@pytest.fixture
def said(db: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Statement]]:
    """Every statement that is sent to the database."""
    sent: list[Statement] = []
    execute = database.obj.execute_sql

    def execute_sql(sql: str, params: Any = None) -> Any:
        sent.append((sql, params))
        return execute(sql, params)

    monkeypatch.setattr(database.obj, "execute_sql", execute_sql)
    yield sent


def read_whole(statements: list[Statement]) -> set[tuple[str, str]]:
    """Growing tables that a statement reads from end to end, each with the statement."""
    found = set()
    with reading():
        connection = database.connection()
        for sql, params in statements:
            # Peewee writes 0 = 1 for "one of none".
            if "0 = 1" in sql or not sql.startswith(("SELECT", "UPDATE", "DELETE")):
                continue
            names = {alias: table for table, alias in re.findall(r'"(\w+)" AS "(\w+)"', sql)}
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}", params or ()):
                scan = re.match(r"SCAN (\w+)", step)
                table = names.get(scan[1], scan[1]) if scan else ""
                if table in GROWING:
                    found.add((table, sql))
    return found


def test_the_check_sees_a_table_that_is_read_whole(said: list[Statement]) -> None:
    with reading():
        database.execute_sql(
            'SELECT "t1"."id" FROM "attempts" AS "t1" WHERE "t1"."phase" = ?', ["x"]
        )
    assert [table for table, _ in read_whole(said)] == ["attempts"]


def test_the_life_of_an_item(said: list[Statement]) -> None:
    new_mission(3)
    good, bad, open_one = (accept(flight) for flight in claim(3).flights)
    attempts.set_phase(good, "running", NOW)
    finish(good)
    fail(bad)
    claims.busy_slots(NOW, SUBMITTER.provider)
    claims.taken_by_service(NOW, SUBMITTER.provider)
    flights.submitted_ids(SUBMITTER.provider)
    flights.load_flight(open_one.attempt_id)
    claim()
    assert read_whole(said) == set()


def test_the_life_of_a_file(said: list[Statement]) -> None:
    new_mission(1)
    finish(accept(claim(1).flights[0]))
    (result_id,) = results.files_due(later(1), 8)
    results.next_file_due(later(1))
    job = results.file_job(result_id)
    assert job is not None
    results.decoding_begins(job, NOW)
    results.find_preview(result_id)
    results.find_file("1_0001_1_0123456789abcdef.png")
    assert read_whole(said) == set()


def _ids(mission: int) -> list[int]:
    page = item_views.page(mission, TYPE, 1, 60, state=None, q=None, cause=None)
    return [item.id for item in page.rows]


def _every(mission: int) -> None:
    with reading():
        list(item_views.every(mission, TYPE))


PAGES: dict[str, Callable[[int], object]] = {
    "list": lambda _: mission_views.page(1, 20, "attention", Chosen()),
    "counts": lambda _: mission_views.state_counts(Chosen()),
    "my list": lambda _: mission_views.page(1, 20, None, Chosen(owner_id=1)),
    "my counts": lambda _: mission_views.state_counts(Chosen(owner_id=1)),
    "history": lambda mission: audit.page(1, 5, AuditFilter(mission_id=mission)),
    "audit": lambda _: audit.page(1, 50),
    "poll": lambda mission: (mission_views.rev(mission), mission_views.list_rev()),
    "since": lambda mission: mission_views.since(0, [mission]),
    "causes": mission_views.causes,
    "pace": lambda mission: mission_views.ended_since(mission, NOW),
    "items": lambda mission: item_views.page(mission, TYPE, 1, 60, state=None, q=None, cause=None),
    "failed items": lambda mission: item_views.page(
        mission, TYPE, 1, 60, state=None, q="fox", cause="content:1501"
    ),
    "changed items": lambda mission: item_views.since(mission, TYPE, 0, _ids(mission)),
    "all items": lambda mission: _every(mission),
    "one item": lambda mission: item_views.detail(mission, TYPE, 1),
    "queue": lambda _: (items.waiting_total(), queue.ended_count(NOW), queue.unknown_count()),
    "unclear": lambda mission: (
        unknown_views.page(1, 20, mission_id=None),
        unknown_views.page(1, 20, mission_id=mission),
    ),
    "submitted again": lambda _: (
        unknowns.waiting_for_setting(SUBMITTER),
        unknowns.without_evidence(SUBMITTER, NOW),
        unknowns.known_running(SUBMITTER.provider, SUBMITTER.key_fingerprint),
    ),
    "usage": lambda _: usage.read([(NOW, later(1))], Scope("runninghub", TYPE)),
    "usage as a file": lambda _: list(ledger.lines((NOW, later(1)), Scope("runninghub", TYPE))),
    "whose usage": lambda _: usage.known_providers(["runninghub", "simulator"]),
    "zip": lambda mission: archive_rows.items_after(mission, 0, 500),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page(said: list[Statement], name: str) -> None:
    mission = new_mission(3)
    first, second, _ = (accept(flight) for flight in claim(3).flights)
    finish(first)
    fail(second)
    said.clear()
    PAGES[name](mission)
    assert said
    assert read_whole(said) == set()
