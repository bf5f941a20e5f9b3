"""Ten thousand rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from webapp.db import database
from webapp.models import Table


def insert_rows(
    table: type[Table], names: Sequence[str], rows: Iterable[Sequence[object]], **same: object
) -> None:
    """Insert rows that give the fields `names` and agree in the fields `same`; the other fields get
    their defaults. Inside `writing()`.

    Peewee's own insert_many writes out one long statement, which takes ten times as long as
    SQLite needs for the rows; and meanwhile nobody else can write.
    """
    defaults: dict[str, object] = table._meta.get_default_dict()  # type: ignore[no-untyped-call]
    constant = defaults | same
    for name in names:
        constant.pop(name, None)
    fields = [table._meta.fields[name] for name in (*names, *constant)]
    converters = [field.db_value for field in fields[: len(names)]]
    tail = [table._meta.fields[name].db_value(value) for name, value in constant.items()]
    columns = ", ".join(f'"{field.column_name}"' for field in fields)
    marks = ", ".join("?" for _ in fields)
    statement = f'INSERT INTO "{table._meta.table_name}" ({columns}) VALUES ({marks})'
    database.cursor().executemany(statement, _values(rows, converters, tail))


def _values(
    rows: Iterable[Sequence[object]], converters: Sequence[Any], tail: list[object]
) -> Iterator[list[object]]:
    for row in rows:
        yield [convert(value) for convert, value in zip(converters, row, strict=True)] + tail
