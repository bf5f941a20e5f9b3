"""Unknown items of all missions, with what is known about each, for the person who decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN, fn

from webapp.db import reading
from webapp.models import Attempt, Event, Item, Mission, User
from webapp.states import AttemptState, ItemState
from webapp.store import facts
from webapp.store.items import BY_SETTING
from webapp.store.live import is_live
from webapp.store.rows import dicts, owner_name
from webapp.views import ErrorView, Page, UnknownView


def page(number: int, size: int, *, mission_id: int | None) -> Page[UnknownView]:
    """Newest first; of one mission, or of all that are not deleted."""
    chosen: list[Any] = [
        is_live(),
        Attempt.state == AttemptState.UNKNOWN,
        Item.status == ItemState.UNKNOWN,
        Mission.deleted_at.is_null(),
    ]
    if mission_id is not None:
        chosen.append(Attempt.mission_id == mission_id)
    with reading():
        total = int(_joined(Attempt.select(fn.COUNT(Attempt.id))).where(*chosen).scalar())
        query = (
            _joined(Attempt.select(*_columns()))
            .where(*chosen)
            .order_by(Attempt.id.desc())
            .paginate(number, size)
        )
        return Page(tuple(_view(entry) for entry in dicts(query)), total, number, size)


def _joined(query: Any) -> Any:
    return (
        query.join(Item, on=(Item.id == Attempt.item_id))
        .join(Mission, on=(Mission.id == Attempt.mission_id))
        .join(User, JOIN.LEFT_OUTER, on=(User.id == Mission.owner_id))
    )


def _columns() -> list[Any]:
    again = Event.select(Event.id).where(Event.item_id == Attempt.item_id, Event.note == BY_SETTING)
    restored = Attempt.id <= facts.reviewed_attempts()
    return [
        Attempt.id,
        Attempt.item_id,
        Attempt.mission_id,
        Attempt.item_index,
        Attempt.task_type,
        Attempt.provider,
        Attempt.key_fingerprint,
        Attempt.number,
        Attempt.sent_at,
        Attempt.answered_at,
        Attempt.slot_until,
        Attempt.error_class,
        Attempt.error_code,
        Attempt.error_raw,
        Attempt.runninghub_task_id,
        Attempt.account_running,
        Attempt.own_running,
        Attempt.account_asked_at,
        Item.prompt,
        Mission.name.alias("mission_name"),
        Mission.owner_id,
        User.name.alias("owner"),
        Mission.resubmit_unknown_after,
        (fn.EXISTS(again) | restored).alias("for_a_person"),
    ]


def _view(entry: dict[str, Any]) -> UnknownView:
    return UnknownView(
        attempt_id=entry["id"],
        item_id=entry["item_id"],
        mission_id=entry["mission_id"],
        mission_name=entry["mission_name"],
        owner_id=entry["owner_id"],
        owner=owner_name(entry),
        index=entry["item_index"],
        prompt=entry["prompt"],
        task_type=entry["task_type"],
        provider=entry["provider"],
        key_fingerprint=entry["key_fingerprint"],
        attempt=entry["number"],
        sent_at=entry["sent_at"],
        unknown_since=entry["answered_at"],
        error=ErrorView(entry["error_class"], entry["error_code"], entry["error_raw"]),
        remote_task_id=entry["runninghub_task_id"],
        account_running=entry["account_running"],
        own_running=entry["own_running"],
        account_asked_at=entry["account_asked_at"],
        submitted_again_at=_again_at(entry),
    )


def _again_at(entry: dict[str, Any]) -> datetime | None:
    """When the mission's setting submits it again, if nothing is heard until then."""
    minutes, since = entry["resubmit_unknown_after"], entry["answered_at"]
    if minutes is None or since is None or entry["runninghub_task_id"] or entry["for_a_person"]:
        return None
    due: datetime = since + timedelta(minutes=minutes)
    return max(due, entry["slot_until"] or due)
