"""What a person decides about items: retry, cancel, resolve what is unknown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from peewee import fn

from webapp.db import reading, writing
from webapp.models import Attempt, Item, Mission
from webapp.states import AttemptState, ItemState, MissionState
from webapp.store.rows import row, rows
from webapp.store.transitions import move_items, reopen_mission, wake_mission
from webapp.views import cause_key, split_cause

BY_SETTING = "submitted again by the mission's setting"
"""The note of such events; by it the program knows that it has done so for an item."""

_RETRY_COLUMNS: dict[str, Any] = {
    "next_at": None,
    "transient_tries": 0,
    "error_class": "",
    "error_code": "",
    "error_message": "",
    "ended_at": None,
    "seconds": None,
    "runninghub_task_id": None,
}


def retry(
    mission_id: int,
    now: datetime,
    who: str,
    *,
    causes: Collection[str] | None = None,
    indexes: Collection[int] | None = None,
) -> int:
    """Put failed items back in the queue: all, those of some causes, or those named.

    Cancelled items come along only when they are named. Returns how many; wakes the mission.
    """
    conditions: list[Any] = []
    sources = [ItemState.FAILED]
    if causes is not None:
        conditions.append(_failed_for(causes))
    if indexes is not None:
        conditions.append(Item.item_index.in_(sorted(set(indexes))))
        sources.append(ItemState.CANCELLED)
    with writing("retry"):
        ids = move_items(
            mission_id,
            ItemState.PENDING,
            *conditions,
            now=now,
            who=who,
            sources=sources,
            note="retry",
            **_RETRY_COLUMNS,
        )
        if ids:
            wake_mission(mission_id, now, who)
    return len(ids)


def _failed_for(causes: Collection[str]) -> Any:
    """The condition that an item failed for one of these (`class:code`)."""
    # One comparison, however many they are: SQLite takes no thousand conditions in each other.
    keys = {cause_key(*split_cause(cause)) for cause in causes}
    return (Item.error_class + ":" + Item.error_code).in_(sorted(keys))


def cancel(mission_id: int, indexes: Collection[int], now: datetime, who: str) -> int:
    """Cancel those of the items that still wait; returns how many."""
    with writing("cancel_item"):
        return len(
            move_items(
                mission_id,
                ItemState.CANCELLED,
                Item.item_index.in_(sorted(set(indexes))),
                now=now,
                who=who,
                sources=[ItemState.PENDING],
                ended_at=now,
                next_at=None,
            )
        )


def unknown_attempt(mission_id: int, index: int) -> tuple[int, int] | None:
    """The id of the item's unknown attempt and which try it is, None when it has none."""
    with reading():
        found = row(
            Attempt.select(Attempt.id, Attempt.number)
            .join(Item, on=(Item.id == Attempt.item_id))
            .where(
                Item.mission == mission_id,
                Item.item_index == index,
                Item.status == ItemState.UNKNOWN,
                Attempt.state == AttemptState.UNKNOWN,
            )
        )
    return (int(found[0]), int(found[1])) if found else None


def attach(attempt_id: int, remote_task_id: str, now: datetime, who: str) -> bool:
    """Give an unknown attempt its remote task; it is in flight again. False when somebody was first.

    Raises NotUnique when another attempt has this id.
    """
    with writing("attach"):
        changed = (
            Attempt.update(
                state=AttemptState.SUBMITTED, runninghub_task_id=remote_task_id, slot_until=None
            )
            .where(Attempt.id == attempt_id, Attempt.state == AttemptState.UNKNOWN)
            .execute()
        )
        if not changed:
            return False
        item_id, mission_id = _item_of(attempt_id)
        move_items(
            mission_id,
            ItemState.PROCESSING,
            Item.id == item_id,
            now=now,
            who=who,
            sources=[ItemState.UNKNOWN],
            attempt_id=attempt_id,
            note=f"task {remote_task_id} attached",
            runninghub_task_id=remote_task_id,
            error_class="",
            error_code="",
            error_message="",
            ended_at=None,
        )
        reopen_mission(mission_id, now, who)
        return True


def give_up(attempt_id: int, now: datetime, who: str) -> bool:
    """Mark an unknown item as failed. False when somebody was first."""
    return _abandon(attempt_id, ItemState.FAILED, now, who, note="marked as failed")


def submit_again(attempt_id: int, now: datetime, who: str, *, by_setting: bool = False) -> bool:
    """Put an unknown item back in the queue; a person accepted that it may be paid for twice: now,
    or `by_setting` when the mission was made. False when somebody was first."""
    return _abandon(
        attempt_id,
        ItemState.PENDING,
        now,
        who,
        note=BY_SETTING if by_setting else "submitted again, may be paid twice",
        **_RETRY_COLUMNS,
    )


def abandon_all(mission_id: int, now: datetime, note: str) -> None:
    """Stop waiting for word of a mission's unknown attempts; their items fail. Inside `writing()`."""
    unknown = (Attempt.mission_id == mission_id) & (Attempt.state == AttemptState.UNKNOWN)
    for (attempt_id,) in rows(Attempt.select(Attempt.id).where(unknown)):
        _abandon(attempt_id, ItemState.FAILED, now, "program", note)


def _abandon(
    attempt_id: int, target: ItemState, now: datetime, who: str, note: str, **columns: Any
) -> bool:
    with writing("abandon"):
        changed = (
            Attempt.update(state=AttemptState.ABANDONED, ended_at=now, slot_until=None)
            .where(Attempt.id == attempt_id, Attempt.state == AttemptState.UNKNOWN)
            .execute()
        )
        if not changed:
            return False
        item_id, mission_id = _item_of(attempt_id)
        move_items(
            mission_id,
            target,
            Item.id == item_id,
            now=now,
            who=who,
            sources=[ItemState.UNKNOWN],
            attempt_id=attempt_id,
            note=note,
            **columns,
        )
        if target is ItemState.PENDING:
            wake_mission(mission_id, now, who)
        return True


def _item_of(attempt_id: int) -> tuple[int, int]:
    item_id, mission_id = row(
        Attempt.select(Attempt.item_id, Attempt.mission_id).where(Attempt.id == attempt_id)
    ) or (0, 0)
    return int(item_id), int(mission_id)


def waiting_total() -> tuple[int, datetime | None]:
    """How many items wait in missions that run, and when the oldest such mission was made."""
    with reading():
        waiting, oldest = row(_running_missions()) or (0, None)
    return int(waiting or 0), Mission.created_at.python_value(oldest)


def _running_missions() -> Any:
    return Mission.select(fn.SUM(Mission.pending_count), fn.MIN(Mission.created_at)).where(
        Mission.status.in_([MissionState.QUEUED, MissionState.RUNNING]),
        Mission.pending_count > 0,
        Mission.deleted_at.is_null(),
    )
