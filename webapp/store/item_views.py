"""Items as people see them: pages, one with its history, those that changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from peewee import fn

from webapp.db import reading
from webapp.models import Attempt, Event, Item
from webapp.states import AttemptState, ItemState
from webapp.store.live import is_live
from webapp.store.result_views import results_of
from webapp.store.rows import dicts, rows
from webapp.task_types import task_type_of
from webapp.views import (
    AttemptView,
    ErrorView,
    EventView,
    ItemDetail,
    ItemView,
    Page,
    ResultView,
    split_cause,
)

PART = 500
"""Items that are read at a time where all are wanted."""


def page(
    mission_id: int,
    task_type: str,
    number: int,
    size: int,
    *,
    state: str | None,
    q: str | None,
    cause: str | None,
) -> Page[ItemView]:
    """In the order of their index. `cause` is `class:code`; `q` is looked for in prompts."""
    with reading():
        chosen = [Item.mission == mission_id, *_matching(state, q, cause)]
        total = int(Item.select().where(*chosen).count())
        query = Item.select().where(*chosen).order_by(Item.item_index).paginate(number, size)
        found = tuple(_views(task_type, query))
    return Page(found, total, number, size)


def indexes(
    mission_id: int, *, state: str | None, q: str | None, cause: str | None
) -> tuple[int, ...]:
    """The numbers of all items that `page` would show on its pages, in order."""
    with reading():
        chosen = [Item.mission == mission_id, *_matching(state, q, cause)]
        found = rows(Item.select(Item.item_index).where(*chosen).order_by(Item.item_index))
    return tuple(int(entry[0]) for entry in found)


def every(
    mission_id: int,
    task_type: str,
    *,
    state: str | None = None,
    q: str | None = None,
    cause: str | None = None,
) -> Iterator[tuple[ItemView, ...]]:
    """All items of a mission that fit, in parts, for ten thousand at once are much memory. Inside a
    connection; inside a snapshot they are of one moment."""
    chosen = [Item.mission == mission_id, *_matching(state, q, cause)]
    last = 0
    while True:
        rest = Item.select().where(*chosen, Item.item_index > last)
        part = tuple(_views(task_type, rest.order_by(Item.item_index).limit(PART)))
        if part:
            yield part
        if len(part) < PART:
            return
        last = part[-1].index


def since(
    mission_id: int, task_type: str, rev: int, item_ids: Collection[int]
) -> tuple[ItemView, ...]:
    """Those of the items that changed after `rev`."""
    with reading():
        query = (
            Item.select()
            .where(Item.mission == mission_id, Item.rev > rev, Item.id.in_(list(item_ids)))
            .order_by(Item.item_index)
        )
        return tuple(_views(task_type, query))


def find(mission_id: int, task_type: str, index: int) -> ItemView | None:
    """One item by its number."""
    with reading():
        query = Item.select().where(Item.mission == mission_id, Item.item_index == index)
        return next(iter(_views(task_type, query)), None)


def detail(mission_id: int, task_type: str, index: int) -> ItemDetail | None:
    """One item with its attempts, its events and its neighbours."""
    with reading():
        query = Item.select().where(Item.mission == mission_id, Item.item_index == index)
        item = next(iter(_views(task_type, query)), None)
        if item is None:
            return None
        before = (Item.mission == mission_id) & (Item.item_index < index)
        after = (Item.mission == mission_id) & (Item.item_index > index)
        return ItemDetail(
            item=item,
            attempts=_attempts(item.id),
            events=_events(item.id),
            previous_index=Item.select(fn.MAX(Item.item_index)).where(before).scalar(),
            next_index=Item.select(fn.MIN(Item.item_index)).where(after).scalar(),
        )


def _matching(state: str | None, q: str | None, cause: str | None) -> list[Any]:
    chosen: list[Any] = []
    if state:
        chosen.append(Item.status == state)
    if q:
        chosen.append(Item.prompt.contains(q))
    if cause:
        error_class, code = split_cause(cause)
        chosen += [
            Item.status == ItemState.FAILED,
            Item.error_class == error_class,
            Item.error_code == code,
        ]
    return chosen


def _views(task_type: str, query: Any) -> Iterable[ItemView]:
    entries = dicts(query)
    ids = [entry["id"] for entry in entries]
    results = results_of(ids)
    phases = _phases(ids)
    return [_view(task_type, entry, results, phases) for entry in entries]


def _phases(item_ids: Collection[int]) -> Mapping[int, str]:
    """The finer word of those in flight (design.md §4)."""
    return _phase_words(
        Attempt.select(Attempt.item_id, Attempt.state, Attempt.phase).where(
            is_live(), Attempt.item_id.in_(list(item_ids))
        )
    )


def _phase_words(query: Any) -> Mapping[int, str]:
    return {
        item_id: (phase or "queued") if state == AttemptState.SUBMITTED else state
        for item_id, state, phase in rows(query)
        if state != AttemptState.UNKNOWN
    }


def _view(
    task_type: str,
    entry: Mapping[str, Any],
    results: Mapping[int, tuple[ResultView, ...]],
    phases: Mapping[int, str],
) -> ItemView:
    params = entry["input_params"]
    error = ErrorView(entry["error_class"], entry["error_code"], entry["error_message"])
    return ItemView(
        id=entry["id"],
        mission_id=entry["mission"],
        index=entry["item_index"],
        state=ItemState(entry["status"]),
        phase=phases.get(entry["id"]),
        params=params,
        prompt=entry["prompt"],
        images=task_type_of(task_type).images_of(params),
        results=results[entry["id"]],
        error=error if error.cause else None,
        remote_task_id=entry["runninghub_task_id"],
        attempts=entry["attempt_count"],
        cost=entry["cost"],
        seconds=entry["seconds"],
        started_at=entry["started_at"],
        ended_at=entry["ended_at"],
        retry_at=entry["next_at"],
        created_at=entry["created_at"],
        updated_at=entry["updated_at"],
        rev=entry["rev"],
    )


def _attempts(item_id: int) -> tuple[AttemptView, ...]:
    query = Attempt.select().where(Attempt.item_id == item_id).order_by(Attempt.number)
    return tuple(
        AttemptView(
            number=entry["number"],
            state=AttemptState(entry["state"]),
            phase=entry["phase"],
            remote_task_id=entry["runninghub_task_id"],
            created_at=entry["created_at"],
            sent_at=entry["sent_at"],
            ended_at=entry["ended_at"],
            cost=entry["cost"],
            currency=entry["currency"],
            error=ErrorView(entry["error_class"], entry["error_code"], entry["error_raw"])
            if entry["error_class"] or entry["error_code"]
            else None,
            account_running=entry["account_running"],
            own_running=entry["own_running"],
        )
        for entry in dicts(query)
    )


def _events(item_id: int) -> tuple[EventView, ...]:
    found = rows(
        Event.select(Event.at, Event.after, Event.before, Event.note, Event.who)
        .where(Event.item_id == item_id)
        .order_by(Event.id)
    )
    return tuple(EventView(*entry) for entry in found)
