"""The number that grows with every change: pages ask "anything after 1837?" by it.

All of these belong inside a `writing()` block of the caller. Every write goes through here, with the
other writers waiting; so the statements are written as text, which takes a tenth of the time that
Peewee needs to build them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from webapp.db import database
from webapp.models import Item, Mission, Table


def next_rev() -> int:
    """One more than any mission has; safe because writers come one at a time."""
    highest = database.execute_sql("SELECT MAX(rev) FROM api_missions").fetchone()[0]
    return int(highest or 0) + 1


def touch_mission(mission_id: int, now: datetime, **counters: int | Decimal) -> int:
    """Mark a mission as changed and add to its counters; returns the new revision."""
    rev = next_rev()
    _change(Mission, mission_id, {"rev": rev, "updated_at": now}, counters)
    return rev


def touch_item(item_id: int, now: datetime, **counters: int | Decimal) -> None:
    """Mark an item and its mission as changed and add to the mission's counters."""
    mission_id = Item.select(Item.mission).where(Item.id == item_id).scalar()
    set_item(item_id, touch_mission(mission_id, now, **counters), now)


def set_item(item_id: int, rev: int, now: datetime, **columns: object) -> None:
    """Change columns of an item other than its state, under a revision of its mission."""
    _change(Item, item_id, {"rev": rev, "updated_at": now, **columns})


def _change(
    table: type[Table],
    row_id: int,
    columns: Mapping[str, object],
    added: Mapping[str, int | Decimal] = MappingProxyType({}),
) -> None:
    """Set columns of one row, and add to others."""
    fields = table._meta.fields
    parts = [f'"{fields[name].column_name}" = ?' for name in columns]
    parts += [f'"{fields[name].column_name}" = "{fields[name].column_name}" + ?' for name in added]
    values = [fields[name].db_value(value) for name, value in (*columns.items(), *added.items())]
    statement = f'UPDATE "{table._meta.table_name}" SET {", ".join(parts)} WHERE id = ?'
    database.execute_sql(statement, [*values, row_id])
