"""A database with work that was done long ago, written quickly and without the program."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Self

import apsw

from benchmarks.provider import TASK_TYPE
from webapp.db import open_database
from webapp.migrate import migrate
from webapp.settings import load_settings
from webapp.states import AttemptState, FileState, ItemState, MissionState

_DAYS_AGO = 30
_COST = 50_000  # millionths of a yuan
_REFUSALS = (("content", "1501"), ("failed", "1015"), ("input", "1007"))
_PROMPT = "An old lighthouse on a cliff above a calm sea, evening light, film grain, number {}"

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class _Item:
    """One generation of a stored mission."""

    id: int
    mission_id: int
    index: int
    state: ItemState
    refusal: tuple[str, str]
    at: str

    @property
    def prompt(self) -> str:
        return _PROMPT.format(self.index)


class Stored:
    """An open database; use it as a context manager, before the server starts."""

    def __init__(self, folder: Path) -> None:
        database = open_database(load_settings(_env_file=None, data_dir=folder))
        migrate()
        database.close()
        self._connection = apsw.Connection(str(folder / "missions.db"))
        self._connection.execute("PRAGMA synchronous=off; PRAGMA foreign_keys=on")
        self._missions = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def add_mission(
        self,
        count: int,
        *,
        all_good: bool = False,
        name_file: Callable[[int, int], str] | None = None,
    ) -> int:
        """One mission of `count` items with attempts, results and history; returns its id.

        Some items failed and some were cancelled, unless `all_good`. `name_file` names the file of
        an item by mission and index.
        """
        self._missions += 1
        items = list(_items(self._missions, count, all_good))
        with self._connection:
            self._insert("api_missions", _MISSION, [_mission(self._missions, items)])
            self._insert("api_mission_items", _ITEM, map(_item, items))
            sent = [item for item in items if item.state is not ItemState.CANCELLED]
            self._insert("attempts", _ATTEMPT, map(_attempt, sent))
            done = [item for item in sent if item.state is ItemState.COMPLETED]
            name = name_file or file_name
            self._insert("results", _RESULT, (_result(item, name) for item in done))
            self._insert("events", _EVENT, (row for item in items for row in _events(item)))
        return self._missions

    def _insert(self, table: str, names: Sequence[str], rows: Iterable[Row]) -> None:
        """Columns that are not named and may not be NULL are zero or empty."""
        given = set(names)
        columns, values = list(names), ["?"] * len(names)
        info = self._connection.execute(f"PRAGMA table_info({table})")
        for _, column, kind, not_null, _default, is_key in info:
            if not_null and not is_key and column not in given:
                columns.append(column)
                values.append("''" if "CHAR" in kind or kind == "TEXT" else "0")
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(values)})"
        self._connection.executemany(sql, rows)


def file_name(mission_id: int, index: int) -> str:
    """A name like those that the program gives."""
    return f"{mission_id}_{index:04d}_1_{mission_id * 100_000 + index:016x}.png"


def _items(mission_id: int, count: int, all_good: bool) -> Iterator[_Item]:
    start = datetime.now(UTC) - timedelta(days=_DAYS_AGO - mission_id)
    for index in range(1, count + 1):
        yield _Item(
            id=mission_id * 100_000 + index,
            mission_id=mission_id,
            index=index,
            state=ItemState.COMPLETED if all_good else _state(index),
            refusal=_REFUSALS[index % len(_REFUSALS)],
            at=_text(start + timedelta(seconds=index)),
        )


def _state(index: int) -> ItemState:
    if index % 50 == 0:
        return ItemState.FAILED
    return ItemState.CANCELLED if index % 97 == 0 else ItemState.COMPLETED


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


_MISSION = (
    *("id", "name", "task_type", "status", "total_count", "completed_count", "failed_count"),
    *("cancelled_count", "config_json", "first_prompt", "cost", "currency", "rev"),
    *("created_at", "updated_at", "started_at", "ended_at"),
)


def _mission(mission_id: int, items: list[_Item]) -> Row:
    states = [item.state for item in items]
    done = states.count(ItemState.COMPLETED)
    first, last = items[0], items[-1]
    config = {"batch_input": [item.prompt for item in items], "aspectRatio": "3:4"}
    return (
        *(mission_id, f"Lighthouses {mission_id}", TASK_TYPE, MissionState.COMPLETED, len(items)),
        *(done, states.count(ItemState.FAILED), states.count(ItemState.CANCELLED)),
        *(json.dumps(config), first.prompt, done * _COST, "CNY", mission_id),
        *(first.at, last.at, first.at, last.at),
    )


_ITEM = (
    *("id", "api_mission_id", "item_index", "input_params", "prompt", "status", "result_url"),
    *("error_class", "error_code", "runninghub_task_id", "attempt_count", "cost", "seconds"),
    *("rev", "created_at", "updated_at", "started_at", "ended_at"),
)


def _item(item: _Item) -> Row:
    failed = item.state is ItemState.FAILED
    sent = item.state is not ItemState.CANCELLED
    params = json.dumps({"prompt": item.prompt, "aspectRatio": "3:4"})
    return (
        *(item.id, item.mission_id, item.index, params, item.prompt, item.state),
        f"https://example.com/{item.id}.png" if item.state is ItemState.COMPLETED else None,
        *(item.refusal if failed else ("", "")),
        *(_task_id(item) if sent else None, int(sent), _COST, 24.5),
        *(item.mission_id, item.at, item.at, item.at, item.at),
    )


_ATTEMPT = (
    *("id", "mission_id", "item_id", "item_index", "number", "task_type", "provider", "state"),
    *("runninghub_task_id", "created_at", "sent_at", "answered_at", "ended_at", "answer_raw"),
    *("cost", "currency", "boot_id"),
)


def _attempt(item: _Item) -> Row:
    good = item.state is ItemState.COMPLETED
    state = AttemptState.SUCCEEDED if good else AttemptState.FAILED
    answer = json.dumps({"taskId": _task_id(item), "status": "RUNNING", "errorCode": ""})
    return (
        *(item.id, item.mission_id, item.id, item.index, 1, TASK_TYPE, "runninghub", state),
        *(_task_id(item), item.at, item.at, item.at, item.at, answer, _COST, "CNY", "benchmark"),
    )


_RESULT = (
    *("id", "mission_id", "item_id", "attempt_id", "position", "kind", "type", "url"),
    *("filename", "file_state", "content_type", "size", "width", "height", "has_preview"),
    *("created_at", "updated_at"),
)


def _result(item: _Item, name: Callable[[int, int], str]) -> Row:
    return (
        *(item.id, item.mission_id, item.id, item.id, 1, "image", "png"),
        *(f"https://example.com/{item.id}.png", name(item.mission_id, item.index)),
        *(FileState.SAVED, "image/png", 1_200_000, 864, 1152, 1, item.at, item.at),
    )


_EVENT = ("mission_id", "item_id", "at", "before", "after", "who")


def _events(item: _Item) -> Iterator[Row]:
    steps = [ItemState.PENDING, item.state]
    if item.state is not ItemState.CANCELLED:
        steps.insert(1, ItemState.PROCESSING)
    for before, after in pairwise(steps):
        yield item.mission_id, item.id, item.at, before, after, "program"


def _task_id(item: _Item) -> str:
    return str(1_990_000_000_000_000_000 + item.id)
