"""Missions: create, change what a person wants, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from webapp.db import reading, writing
from webapp.models import Event, Item, Mission, Result, UsedKey
from webapp.states import ItemState, MissionState
from webapp.store.bulk import insert_rows
from webapp.store.items import abandon_all
from webapp.store.revisions import next_rev, touch_mission
from webapp.store.rows import row, rows
from webapp.store.transitions import follow_items, move_items, move_mission

_NOT_IN_FLIGHT = Mission.processing_count == 0


@dataclass(frozen=True, slots=True)
class NewMission:
    """A checked mission, ready to be stored. `items` are parameters and prompt, in order."""

    name: str
    description: str
    task_type: str
    provider: str
    owner_id: int
    config: Mapping[str, object]
    items: Sequence[tuple[Mapping[str, object], str]]
    priority: int
    scheduled_at: datetime | None
    failure_threshold: float | None
    resubmit_unknown_after: int | None
    estimate: Decimal | None
    currency: str
    idempotency_key: str | None
    request_hash: str


def create(new: NewMission, now: datetime, who: str) -> int:
    """Store a mission and all its items in one transaction; returns its id.

    Raises NotUnique when the owner has used the idempotency key.
    """
    with writing("create"):
        rev = next_rev()
        mission_id = int(
            Mission.insert(
                name=new.name,
                description=new.description,
                task_type=new.task_type,
                provider=new.provider,
                owner_id=new.owner_id,
                status=MissionState.QUEUED,
                total_count=len(new.items),
                pending_count=len(new.items),
                config_json=new.config,
                first_prompt=new.items[0][1],
                priority=new.priority,
                scheduled_at=new.scheduled_at,
                failure_threshold=new.failure_threshold,
                resubmit_unknown_after=new.resubmit_unknown_after,
                estimate=new.estimate,
                currency=new.currency,
                idempotency_key=new.idempotency_key,
                request_hash=new.request_hash,
                rev=rev,
                created_at=now,
                updated_at=now,
            ).execute()
        )
        _insert_items(mission_id, new, rev, now)
        Event.insert(
            mission_id=mission_id, at=now, before=None, after=MissionState.QUEUED, who=who
        ).execute()
    return mission_id


def _insert_items(mission_id: int, new: NewMission, rev: int, now: datetime) -> None:
    insert_rows(
        Item,
        ("item_index", "input_params", "prompt"),
        ((index, params, prompt) for index, (params, prompt) in enumerate(new.items, start=1)),
        mission=mission_id,
        status=ItemState.PENDING,
        rev=rev,
        created_at=now,
        updated_at=now,
    )


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What a key has made. Of a mission that is removed no hash is left."""

    mission_id: int
    request_hash: str
    deleted: bool


def find_by_key(owner_id: int, idempotency_key: str) -> MadeWith | None:
    """What this person has made with this key, also when it was deleted since."""
    with reading():
        found = row(
            Mission.select(Mission.id, Mission.request_hash, Mission.deleted_at).where(
                Mission.owner_id == owner_id, Mission.idempotency_key == idempotency_key
            )
        )
        if found is not None:
            return MadeWith(int(found[0]), str(found[1]), found[2] is not None)
        removed = row(
            UsedKey.select(UsedKey.mission_id).where(
                UsedKey.owner_id == owner_id, UsedKey.idempotency_key == idempotency_key
            )
        )
    return MadeWith(int(removed[0]), "", deleted=True) if removed else None


def pause(
    mission_id: int,
    now: datetime,
    who: str,
    *,
    cause: str = "",
    code: str = "",
    raw: str = "",
) -> bool:
    """Stop submitting; what is in flight finishes. False when it cannot be paused now."""
    with writing("pause"):
        return move_mission(
            mission_id,
            MissionState.PAUSED,
            now=now,
            who=who,
            note=f"{cause}:{code}" if cause else "",
            pause_cause=cause,
            pause_code=code,
            pause_raw=raw,
        )


def resume(mission_id: int, now: datetime, who: str) -> bool:
    """Go on with a paused mission, or with what a stopped one has left waiting."""
    with writing("resume"):
        moved = move_mission(
            mission_id,
            MissionState.RUNNING if _begun(mission_id) else MissionState.QUEUED,
            now=now,
            who=who,
            sources=_resumable(mission_id),
            pause_cause="",
            pause_code="",
            pause_raw="",
            judged_from=now,
        )
        if moved:
            # A paused mission whose last item ended meanwhile ends here.
            follow_items(mission_id, now)
        return moved


def resume_after_trouble(provider: str, now: datetime, who: str) -> list[int]:
    """Go on with every mission of this provider that money or the key had paused; their ids."""
    with writing():
        found = rows(
            Mission.select(Mission.id)
            .where(
                Mission.status == MissionState.PAUSED,
                Mission.pause_cause == "account",
                Mission.provider == provider,
                Mission.deleted_at.is_null(),
            )
            .order_by(Mission.id)
        )
        return [int(entry[0]) for entry in found if resume(int(entry[0]), now, who)]


def _begun(mission_id: int) -> bool:
    """Or nothing waits any more: then it does not wait for its turn or its hour either."""
    waits = Mission.started_at.is_null() & (Mission.pending_count > 0)
    return not Mission.select().where(Mission.id == mission_id, waits).exists()


def _resumable(mission_id: int) -> list[MissionState]:
    stopped = [MissionState.FAILED] if _waiting(mission_id) else []
    return [MissionState.PAUSED, *stopped]


def _cancellable(mission_id: int) -> list[MissionState]:
    """Also one that the breaker stopped: what it has left waiting will then never be sent."""
    stopped = [MissionState.FAILED] if _waiting(mission_id) else []
    return [MissionState.QUEUED, MissionState.RUNNING, MissionState.PAUSED, *stopped]


def _waiting(mission_id: int) -> int:
    return int(Mission.select(Mission.pending_count).where(Mission.id == mission_id).scalar())


def cancel(mission_id: int, now: datetime, who: str) -> int | None:
    """Cancel what waits; what is in flight is paid for and finishes.

    Returns how many items were cancelled, None when the mission had already ended.
    """
    with writing("cancel"):
        moved = move_mission(
            mission_id,
            MissionState.CANCELLED,
            now=now,
            who=who,
            sources=_cancellable(mission_id),
        )
        if not moved:
            return None
        return len(
            move_items(
                mission_id,
                ItemState.CANCELLED,
                now=now,
                who=who,
                sources=[ItemState.PENDING],
                ended_at=now,
                next_at=None,
            )
        )


def describe(mission_id: int, name: str, description: str, now: datetime) -> None:
    """Give a mission a name and a description."""
    with writing():
        Mission.update(name=name, description=description).where(Mission.id == mission_id).execute()
        touch_mission(mission_id, now)


def delete(mission_id: int, now: datetime, who: str) -> None:
    """Hide a mission at once and cancel what waits. `purge` removes it when nothing is in flight."""
    with writing("delete"):
        stoppable = _cancellable(mission_id)
        if move_mission(
            mission_id,
            MissionState.CANCELLED,
            now=now,
            who=who,
            sources=stoppable,
            note="deleted",
        ):
            move_items(
                mission_id,
                ItemState.CANCELLED,
                now=now,
                who=who,
                sources=[ItemState.PENDING],
                note="deleted",
                ended_at=now,
            )
        Mission.update(deleted_at=now, rev=next_rev()).where(
            Mission.id == mission_id, Mission.deleted_at.is_null()
        ).execute()


def purgeable(before: datetime) -> list[int]:
    """Missions deleted before then with nothing in flight."""
    with reading():
        found = rows(Mission.select(Mission.id).where(Mission.deleted_at < before, _NOT_IN_FLIGHT))
    return [int(entry[0]) for entry in found]


def purge(mission_id: int, now: datetime) -> list[str]:
    """Remove a deleted mission with its items and results; attempts, events and its key stay. What is unknown
    until then is given up: nobody can decide about it any more.

    Returns the names of its result files, which were removed from the disk before; none when the
    mission is not deleted, or something of it is in flight.
    """
    removable = (Mission.id == mission_id) & Mission.deleted_at.is_null(False) & _NOT_IN_FLIGHT
    with writing("purge"):
        if not Mission.select().where(removable).exists():
            return []
        abandon_all(mission_id, now, "mission deleted")
        names = _files_of(mission_id)
        _remember_key(mission_id, now)
        Mission.delete().where(removable).execute()
    return names


def _remember_key(mission_id: int, now: datetime) -> None:
    """So that a call with it, however late, does not make and pay for the same once more."""
    owner_id, key = row(
        Mission.select(Mission.owner_id, Mission.idempotency_key).where(Mission.id == mission_id)
    ) or (0, None)
    if key is not None:
        UsedKey.insert(
            owner_id=owner_id, idempotency_key=key, mission_id=mission_id, at=now
        ).execute()


def files_of(mission_id: int) -> list[str]:
    """The names of all its result files on disk."""
    with reading():
        return _files_of(mission_id)


def _files_of(mission_id: int) -> list[str]:
    named = (Result.mission_id == mission_id) & Result.filename.is_null(False)
    return [str(entry[0]) for entry in rows(Result.select(Result.filename).where(named))]
