"""The tables as migrations make them, against the models that use them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from peewee import ForeignKeyField, Model

from webapp import models
from webapp.db import database, open_database, reading
from webapp.migrate import migrate, pending
from webapp.models import Table
from webapp.settings import Settings

TABLES = [
    found
    for found in vars(models).values()
    if isinstance(found, type) and issubclass(found, Table) and found is not Table
]


@pytest.fixture
def fresh(settings: Settings) -> Iterator[Settings]:
    open_database(settings)
    yield settings


def table_info(table: type[Model]) -> dict[str, tuple[str, bool]]:
    """Column → its declared type and whether it refuses NULL."""
    name = table._meta.table_name
    found = database.execute_sql(f"PRAGMA table_info({name})").fetchall()
    return {row[1]: (str(row[2]).upper(), bool(row[3])) for row in found}


def test_a_new_database_is_brought_up_to_date_once(fresh: Settings) -> None:
    assert pending()
    assert migrate()
    assert pending() == []
    assert migrate() == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.__name__))
def test_the_migrated_table_has_the_columns_of_its_model(
    fresh: Settings, table: type[Model]
) -> None:
    migrate()
    with reading():
        columns = table_info(table)
    fields = {field.column_name: field for field in table._meta.sorted_fields}
    assert set(columns) == set(fields)
    for name, field in fields.items():
        if not field.primary_key:
            assert columns[name][1] is not field.null, name


def test_foreign_keys_lead_where_the_models_say(fresh: Settings) -> None:
    migrate()
    with reading():
        for table in TABLES:
            name = table._meta.table_name
            rows = database.execute_sql(f"PRAGMA foreign_key_list({name})").fetchall()
            found = {(row[3], row[2], row[6]) for row in rows}
            wanted = {
                (field.column_name, field.rel_model._meta.table_name, "CASCADE")
                for field in table._meta.sorted_fields
                if isinstance(field, ForeignKeyField)
            }
            assert found == wanted, name


def test_the_ledger_has_no_foreign_key_that_could_take_it_away(fresh: Settings) -> None:
    migrate()
    with reading():
        for name in ("attempts", "events", "audit"):
            assert database.execute_sql(f"PRAGMA foreign_key_list({name})").fetchall() == []


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
def test_every_connection_is_safe(fresh: Settings, pragma: str, value: object) -> None:
    with reading():
        assert database.execute_sql(f"PRAGMA {pragma}").fetchone()[0] == value


def test_the_sqlite_in_use_does_not_lose_what_was_written(fresh: Settings) -> None:
    """3.51.3 is the first that cannot corrupt a WAL database (sqlite.org/wal.html#walresetbug)."""
    with reading():
        version = database.execute_sql("SELECT sqlite_version()").fetchone()[0]
    assert tuple(map(int, version.split("."))) >= (3, 51, 3)
