"""A database of the first version, with work in every state in it, is brought up to date and goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from playhouse.migrations import Runner

import webapp.migrate
from tests.conftest import MakeSettings
from tests.core import making
from tests.core.books import check_books
from tests.core.making import NOW, SUBMITTER, later
from webapp.db import close_idle, database, open_database, reading, writing
from webapp.migrate import migrate
from webapp.store import claims, missions
from webapp.store.templates import create_template, list_templates

MIGRATIONS = str(Path(webapp.migrate.__file__).parent / "migrations")


def work_in_every_state() -> int:
    """Completed, failed, unknown, under way and waiting; returns the mission."""
    mission_id = making.new_mission(5, idempotency_key="once")
    done, failed, lost, _under_way = map(making.accept, making.claim(4).flights)
    making.finish(done, later(3))
    making.fail(failed, later(4))
    making.lose(lost, later(5))
    create_template("Autumn", "", "text_to_image", {"aspectRatio": "3:4"}, NOW)
    return mission_id


def carry_over(source: Path) -> None:
    """Into the tables of the first version, as far as it had the columns."""
    database.execute_sql("ATTACH DATABASE ? AS newer", (str(source),))
    with writing():
        tables = database.execute_sql(
            "SELECT name FROM main.sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite_%' AND name != 'schema_migration'"
        ).fetchall()
        for (table,) in tables:
            found = database.execute_sql(f"PRAGMA main.table_info({table})").fetchall()
            columns = ", ".join(row[1] for row in found)
            database.execute_sql(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}"
            )
    database.execute_sql("DETACH DATABASE newer")


@pytest.fixture
def upgraded(make_settings: MakeSettings) -> int:
    """The mission, in a database that was made by the first version."""
    newest, first = make_settings(), make_settings()
    open_database(newest)
    migrate()
    mission_id = work_in_every_state()
    close_idle()
    open_database(first)
    with reading():
        Runner(database.obj, MIGRATIONS).up("0001_initial")
        carry_over(newest.sqlite_path())
    assert "0002_people" in migrate()
    return mission_id


def test_nothing_is_lost_on_the_way_from_the_first_version(upgraded: int) -> None:
    assert making.states(upgraded) == ["completed", "failed", "unknown", "processing", "pending"]
    assert [template.name for template in list_templates()] == ["Autumn"]
    with reading():
        assert database.execute_sql("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
    check_books()
    # Work goes on: what was under way is asked about, what waits is sent, once.
    followed = claims.recover(later(9), SUBMITTER, lambda task_type: 100.0)
    assert [flight.item_index for flight in followed] == [3, 4]
    (flight,) = making.claim(now=later(10)).flights
    assert flight.item_index == 5
    assert missions.cancel(upgraded, later(11), "anna") == 0
    check_books()
