"""Missions as people see them: one mission, a page of them, counts for the filters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN, Expression, fn

from webapp.db import database, reading
from webapp.models import Attempt, Item, Mission, Result, User
from webapp.states import AttemptState, ItemState, MissionState
from webapp.store.result_views import result_view
from webapp.store.rows import dicts, owner_name, row, rows
from webapp.views import (
    AccountTrouble,
    CauseView,
    Counts,
    ErrorView,
    MissionView,
    Page,
    ResultView,
)

ATTENTION = "attention"
"""A filter beside the states: missions with failed or unknown items."""

_STRIP = 4
_MOST_FOUND = 10_000  # each is a bound value, and SQLite takes 32,766

# By name: == between two fields makes an SQL expression, which is always true.
_UNSHOWN = ("config_json", "idempotency_key", "request_hash")
_COLUMNS = [field for field in Mission._meta.sorted_fields if field.name not in _UNSHOWN]


def get(mission_id: int, *, with_config: bool = False) -> MissionView | None:
    """One mission that is not deleted, without its newest results. `with_config` also reads what was
    posted, maybe megabytes."""
    with reading():
        more = [Mission.config_json] if with_config else []
        found = dicts(
            _with_owner(*more).where(Mission.id == mission_id, Mission.deleted_at.is_null())
        )
        return _view(found[0], ()) if found else None


Found = Collection[int] | None
"""The ids that a search found; None when nothing was searched for."""


def _with_owner(*more: Any) -> Any:
    """The columns of a view; the name comes by the index of `users`, one look for each mission."""
    owner = User.name.alias("owner")
    return Mission.select(*_COLUMNS, owner, *more).join(
        User, JOIN.LEFT_OUTER, on=(User.id == Mission.owner_id)
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which missions, whatever their state; None where it does not matter."""

    task_type: str | None = None
    found: Found = None
    owner_id: int | None = None


def page(number: int, size: int, state: str | None, chosen: Chosen) -> Page[MissionView]:
    """Newest first. `state` is a mission's state or ATTENTION."""
    with reading():
        fits = _fitting(chosen)
        if state:
            fits.append(_in_state(state))
        total = int(Mission.select().where(*fits).count())
        entries = dicts(
            _with_owner().where(*fits).order_by(Mission.id.desc()).paginate(number, size)
        )
        return Page(_cards(entries), total, number, size)


def since(rev: int, mission_ids: Collection[int]) -> tuple[MissionView, ...]:
    """Those of the missions that changed after `rev`."""
    with reading():
        found = dicts(
            _with_owner().where(
                Mission.id.in_(list(mission_ids)),
                Mission.rev > rev,
                Mission.deleted_at.is_null(),
            )
        )
        return _cards(found)


def state_counts(chosen: Chosen) -> dict[str, int]:
    """How many missions each filter would show: `all`, every state, ATTENTION."""
    with reading():
        fits = _fitting(chosen)
        by_state = dict(
            rows(
                Mission.select(Mission.status, fn.COUNT(Mission.id))
                .where(*fits)
                .group_by(Mission.status)
            )
        )
        attention = int(Mission.select().where(*fits, _in_state(ATTENTION)).count())
    counts = {state.value: int(by_state.get(state.value, 0)) for state in MissionState}
    return {"all": sum(counts.values()), **counts, ATTENTION: attention}


def _fitting(chosen: Chosen) -> list[Expression]:
    fits: list[Any] = [Mission.deleted_at.is_null()]
    if chosen.task_type:
        fits.append(Mission.task_type == chosen.task_type)
    if chosen.owner_id is not None:
        fits.append(Mission.owner_id == chosen.owner_id)
    if chosen.found is not None:
        fits.append(Mission.id.in_(list(chosen.found)))
    return fits


def search(q: str | None) -> Found:
    """The newest missions with these words in their name or in a prompt; None without words. To be
    asked once for several queries: for words that are nowhere it reads every prompt, and it leaves
    a mission at the first hit."""
    if not q:
        return None
    hits = Item.select(Item.id).where(Item.mission == Mission.id, Item.prompt.contains(q))
    with reading():
        found = rows(
            Mission.select(Mission.id)
            .where(Mission.name.contains(q) | fn.EXISTS(hits))
            .order_by(Mission.id.desc())
            .limit(_MOST_FOUND)
        )
    return [int(entry[0]) for entry in found]


def _in_state(state: str) -> Any:
    if state == ATTENTION:
        return (Mission.failed_count > 0) | (Mission.unknown_count > 0)
    return Mission.status == state


def rev(mission_id: int) -> int | None:
    """The mission's revision, None when it does not exist: one look at an index."""
    with reading():
        found = row(
            Mission.select(Mission.rev).where(
                Mission.id == mission_id, Mission.deleted_at.is_null()
            )
        )
    return int(found[0]) if found else None


def list_rev() -> int:
    """The highest revision of all missions."""
    with reading():
        return int(Mission.select(fn.MAX(Mission.rev)).scalar() or 0)


def any_live() -> bool:
    """Whether any mission can still change by itself."""
    with reading():
        return bool(
            Mission.select()
            .where(
                Mission.deleted_at.is_null(),
                Mission.status.in_([MissionState.QUEUED, MissionState.RUNNING])
                | (Mission.processing_count > 0)
                | (Mission.files_pending > 0),
            )
            .exists()
        )


# Every page and every poll asks; Peewee would take three times as long to write it out as SQLite to answer.
_TROUBLE = """SELECT id, name, pause_cause, pause_code, pause_raw, COUNT(*) OVER ()
    FROM api_missions
    WHERE status = 'paused' AND pause_cause = 'account' AND provider = ? AND deleted_at IS NULL
    ORDER BY id DESC LIMIT 1"""


def account_trouble(provider: str) -> AccountTrouble | None:
    """Whether missions of this provider are paused because of money or the key. One row by an index."""
    with reading():
        found = database.execute_sql(_TROUBLE, [provider]).fetchone()
    if found is None:
        return None
    mission_id, name, cause, code, raw, missions = found
    return AccountTrouble(mission_id, name, ErrorView(cause, code, raw), missions)


def causes(mission_id: int) -> tuple[CauseView, ...]:
    """Failed items by cause, the most frequent first."""
    with reading():
        found = rows(
            Item.select(
                Item.error_class, Item.error_code, fn.MIN(Item.error_message), fn.COUNT(Item.id)
            )
            .where(Item.mission == mission_id, Item.status == ItemState.FAILED)
            .group_by(Item.error_class, Item.error_code)
            .order_by(fn.COUNT(Item.id).desc(), Item.error_class, Item.error_code)
        )
    return tuple(CauseView(*entry) for entry in found)


def ended_since(mission_id: int, moment: datetime) -> list[datetime]:
    """When items of the mission completed after `moment`, for its pace."""
    with reading():
        found = rows(
            Attempt.select(Attempt.ended_at).where(
                Attempt.mission_id == mission_id,
                Attempt.ended_at > moment,
                Attempt.state == AttemptState.SUCCEEDED,
            )
        )
    return [entry[0] for entry in found]


def _cards(found: Sequence[dict[str, Any]]) -> tuple[MissionView, ...]:
    strips = _strips([entry["id"] for entry in found])
    return tuple(_view(entry, strips[entry["id"]]) for entry in found)


def _strips(mission_ids: Collection[int]) -> Mapping[int, tuple[ResultView, ...]]:
    """The newest results with previews of each mission: a few rows of an index for each."""
    newer = Result.alias()
    newest = (
        newer.select(newer.id)
        .where(newer.mission_id == Mission.id, newer.has_preview == True)  # noqa: E712
        .order_by(newer.id.desc())
        .limit(_STRIP)
    )
    query = (
        Result.select()
        .join(Mission, on=Result.id.in_(newest))
        .where(Mission.id.in_(list(mission_ids)))
        .order_by(Result.id.desc())
    )
    strips: dict[int, list[ResultView]] = defaultdict(list)
    for entry in dicts(query):
        strips[entry["mission_id"]].append(result_view(entry))
    return {mission_id: tuple(strips[mission_id]) for mission_id in mission_ids}


_PAUSABLE = (MissionState.PAUSED, MissionState.FAILED)


def _view(entry: dict[str, Any], newest: tuple[ResultView, ...]) -> MissionView:
    counts = Counts(**{state.value: entry[f"{state.value}_count"] for state in ItemState})
    pause = ErrorView(entry["pause_cause"], entry["pause_code"], entry["pause_raw"])
    state = MissionState(entry["status"])
    return MissionView(
        id=entry["id"],
        name=entry["name"],
        description=entry["description"],
        task_type=entry["task_type"],
        provider=entry["provider"],
        state=state,
        counts=counts,
        config=entry.get("config_json") or {},
        priority=entry["priority"],
        scheduled_at=entry["scheduled_at"],
        failure_threshold=entry["failure_threshold"],
        resubmit_unknown_after=entry["resubmit_unknown_after"],
        pause=pause if pause.cause and state in _PAUSABLE else None,
        created_at=entry["created_at"],
        updated_at=entry["updated_at"],
        started_at=entry["started_at"],
        ended_at=entry["ended_at"],
        cost=entry["cost"],
        estimate=entry["estimate"],
        currency=entry["currency"],
        first_prompt=entry["first_prompt"],
        newest=newest,
        files_pending=entry["files_pending"],
        files_failed=entry["files_failed"],
        rev=entry["rev"],
        owner_id=entry["owner_id"],
        owner=owner_name(entry),
    )
