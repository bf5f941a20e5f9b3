"""The number that grows with every change: pages ask "anything after 1837?" by it.

All of these belong inside a `writing()` block of the caller.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from webapp.db import database
from webapp.models import Item, Mission


def next_rev() -> int:
    """One more than any mission has; safe because writers come one at a time."""
    # As text: every write asks this, and building the query takes ten times as long as its answer.
    highest = database.execute_sql("SELECT MAX(rev) FROM api_missions").fetchone()[0]
    return int(highest or 0) + 1


def touch_mission(mission_id: int, now: datetime, **counters: int | Decimal) -> int:
    """Mark a mission as changed and add to its counters; returns the new revision."""
    rev = next_rev()
    columns: dict[str, object] = {"rev": rev, "updated_at": now}
    for name, delta in counters.items():
        columns[name] = getattr(Mission, name) + delta
    Mission.update(**columns).where(Mission.id == mission_id).execute()
    return rev


def touch_item(item_id: int, now: datetime, **counters: int | Decimal) -> None:
    """Mark an item and its mission as changed and add to the mission's counters."""
    mission_id = Item.select(Item.mission).where(Item.id == item_id).scalar()
    set_item(item_id, touch_mission(mission_id, now, **counters), now)


def set_item(item_id: int, rev: int, now: datetime, **columns: object) -> None:
    """Change columns of an item other than its state, under a revision of its mission."""
    Item.update(rev=rev, updated_at=now, **columns).where(Item.id == item_id).execute()
