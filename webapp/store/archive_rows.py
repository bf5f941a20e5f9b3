"""What the zip of a mission is made from, a page at a time: no connection is held in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from webapp.db import reading
from webapp.models import Item, Mission, Result
from webapp.store.rows import row, rows


@dataclass(frozen=True, slots=True)
class ArchivedMission:
    """The head of a manifest."""

    id: int
    name: str
    description: str
    task_type: str
    state: str
    currency: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ArchivedResult:
    """One output: a file of ours, or a text."""

    type: str
    text: str | None
    filename: str | None
    file_state: str


@dataclass(frozen=True, slots=True)
class ArchivedItem:
    """One line of a manifest."""

    results: tuple[ArchivedResult, ...]
    id: int
    index: int
    prompt: str
    params: Mapping[str, object]
    state: str
    remote_task_id: str | None
    cost: Decimal | None
    seconds: float | None
    error_class: str
    error_code: str
    error_message: str


def find_mission(mission_id: int) -> ArchivedMission | None:
    """A mission that is not deleted."""
    with reading():
        found = row(
            Mission.select(
                Mission.id,
                Mission.name,
                Mission.description,
                Mission.task_type,
                Mission.status,
                Mission.currency,
                Mission.created_at,
            ).where(Mission.id == mission_id, Mission.deleted_at.is_null())
        )
    return ArchivedMission(*found) if found else None


def items_after(
    mission_id: int, index: int, limit: int, only: Collection[int] | None = None
) -> list[ArchivedItem]:
    """Up to `limit` items with a higher number, in order, with their results. `only` names the
    numbers that count; hand in few at a time, for each is a bound value."""
    chosen = [Item.mission == mission_id, Item.item_index > index]
    if only is not None:
        chosen.append(Item.item_index.in_(sorted(only)))
    with reading():
        found = rows(
            Item.select(
                Item.id,
                Item.item_index,
                Item.prompt,
                Item.input_params,
                Item.status,
                Item.runninghub_task_id,
                Item.cost,
                Item.seconds,
                Item.error_class,
                Item.error_code,
                Item.error_message,
            )
            .where(*chosen)
            .order_by(Item.item_index)
            .limit(limit)
        )
        results = _results_of([entry[0] for entry in found])
    return [ArchivedItem(tuple(results[entry[0]]), *entry) for entry in found]


def _results_of(item_ids: list[int]) -> Mapping[int, list[ArchivedResult]]:
    found: dict[int, list[ArchivedResult]] = defaultdict(list)
    query = (
        Result.select(Result.item, Result.type, Result.text, Result.filename, Result.file_state)
        .where(Result.item.in_(item_ids))
        .order_by(Result.item, Result.id)
    )
    for item_id, *entry in rows(query):
        found[item_id].append(ArchivedResult(*entry))
    return found
