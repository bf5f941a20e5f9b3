"""The only door between states: a compare-and-set update, its counters and its event rows, all in
the caller's transaction. 0 rows changed means that somebody else was first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from peewee import Expression

from webapp.models import Event, Item, Mission
from webapp.states import (
    ENDED_ITEMS,
    ENDED_MISSIONS,
    ItemState,
    MissionState,
    item_sources,
    mission_sources,
)
from webapp.store.bulk import insert_rows
from webapp.store.revisions import next_rev, touch_mission
from webapp.store.rows import rows


def move_items(
    mission_id: int,
    target: ItemState,
    *conditions: Expression,
    now: datetime,
    sources: Collection[ItemState] | None = None,
    note: str = "",
    who: str = "program",
    attempt_id: int | None = None,
    counters: Mapping[str, int | Decimal] = MappingProxyType({}),
    **columns: object,
) -> list[int]:
    """Move every item of the mission that fits and may go to `target`; returns their ids.

    `sources` narrows the states from which they may come; `columns` are set on the items, and
    `counters` (such as cost) are added to the mission's along with those of the states. Ends the mission with its last item.
    Must run inside `writing()`.
    """
    allowed = sorted(set(item_sources(target)) & set(sources or ItemState))
    fits = [Item.mission == mission_id, Item.status.in_(allowed), *conditions]
    found = rows(Item.select(Item.id, Item.status).where(*fits))
    if not found:
        return []
    before = Counter(row[1] for row in found)
    deltas = Counter({f"{target}_count": before.total()})
    for state, count in before.items():
        deltas[f"{state}_count"] -= count
    rev = touch_mission(mission_id, now, **deltas, **counters)
    # Nobody can move them in between: writers come one at a time (`writing()`), and the condition
    # stands in the update all the same.
    Item.update(status=target, rev=rev, updated_at=now, **columns).where(*fits).execute()
    _write_events(mission_id, found, target, now, note, who, attempt_id)
    if target in ENDED_ITEMS:
        follow_items(mission_id, now)
    return [row[0] for row in found]


def _write_events(
    mission_id: int,
    found: list[tuple[Any, ...]],
    target: ItemState,
    now: datetime,
    note: str,
    who: str,
    attempt_id: int | None,
) -> None:
    insert_rows(
        Event,
        ("item_id", "before"),
        found,
        mission_id=mission_id,
        attempt_id=attempt_id,
        at=now,
        after=target,
        note=note,
        who=who,
    )


def move_mission(
    mission_id: int,
    target: MissionState,
    *,
    now: datetime,
    sources: Collection[MissionState] | None = None,
    note: str = "",
    who: str = "program",
    **columns: object,
) -> bool:
    """Move a mission; False when it is in none of the states that lead there. Inside `writing()`."""
    allowed = set(mission_sources(target))
    if sources is not None:
        allowed &= set(sources)
    before = Mission.select(Mission.status).where(Mission.id == mission_id).scalar()
    ended_at = now if target in ENDED_MISSIONS else None
    changed = (
        Mission.update(status=target, rev=next_rev(), updated_at=now, ended_at=ended_at, **columns)
        .where(Mission.id == mission_id, Mission.status.in_(sorted(allowed)))
        .execute()
    )
    if not changed:
        return False
    Event.insert(
        mission_id=mission_id, at=now, before=before, after=target, note=note, who=who
    ).execute()
    return True


def follow_items(mission_id: int, now: datetime) -> None:
    """End a mission whose items have all ended."""
    (found,) = rows(
        Mission.select(
            Mission.status,
            Mission.pending_count + Mission.processing_count,
            Mission.completed_count,
            Mission.cancelled_count,
            Mission.total_count,
        ).where(Mission.id == mission_id)
    )
    status, open_items, completed, cancelled, total = found
    if not open_items and status not in ENDED_MISSIONS:
        # Why it was paused is no longer news.
        end = _end_of(completed, cancelled, total)
        move_mission(mission_id, end, now=now, pause_cause="", pause_code="", pause_raw="")


def wake_mission(mission_id: int, now: datetime, who: str = "program") -> None:
    """Set an ended mission running again. One that runs or is paused stays as it is; so does one that
    the breaker stopped, for what else waits in it was not asked for: Resume goes on with all."""
    stopped = Mission.select(Mission.pause_cause).where(Mission.id == mission_id).scalar()
    ended = [MissionState.COMPLETED, MissionState.CANCELLED]
    sources = ended if stopped else [*ended, MissionState.FAILED]
    move_mission(
        mission_id, MissionState.RUNNING, now=now, who=who, sources=sources, judged_from=now
    )


def reopen_mission(mission_id: int, now: datetime, who: str = "program") -> None:
    """An item of an ended mission is in flight again, so the mission may end otherwise than it did.

    Nothing new is spent by this: one that still has waiting items stays stopped, and so does a
    cancelled one.
    """
    waiting = Mission.select(Mission.pending_count).where(Mission.id == mission_id).scalar()
    if not waiting:
        ended = [MissionState.COMPLETED, MissionState.FAILED]
        move_mission(mission_id, MissionState.RUNNING, now=now, who=who, sources=ended)


def _end_of(completed: int, cancelled: int, total: int) -> MissionState:
    if completed:
        return MissionState.COMPLETED
    return MissionState.CANCELLED if cancelled == total else MissionState.FAILED
