"""The missions that lines of the ledger name, also those that are gone: of these the audit trail still
knows who made them, and what they were last called."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from peewee import JOIN, SQL, fn

from webapp.accounts.people import LOCAL, Action
from webapp.db import reading
from webapp.models import Audit, Mission, User
from webapp.store.rows import dicts, owner_name, rows


@dataclass(frozen=True, slots=True)
class LedgerMission:
    """Whose it is, and what one of its items was said to cost; `unit_price` is None when nobody knows
    any more."""

    id: int
    name: str = ""
    owner_id: int = LOCAL.id
    owner: str = LOCAL.name
    deleted: bool = True
    currency: str = ""
    unit_price: Decimal | None = None


def find_missions(mission_ids: Collection[int]) -> dict[int, LedgerMission]:
    """One for each id."""
    with reading():
        found = {mission.id: mission for mission in _present(mission_ids)}
        gone = [mission_id for mission_id in mission_ids if mission_id not in found]
        return found | _gone(gone)


def owners() -> list[tuple[int, str]]:
    """Accounts that ever made a mission, by name."""
    made = Audit.select(Audit.id).where(
        Audit.user_id == User.id, Audit.action == Action.MISSION_CREATED
    )
    own = Mission.select(Mission.id).where(Mission.owner_id == User.id)
    query = User.select(User.id, User.name).where(fn.EXISTS(own) | fn.EXISTS(made))
    with reading():
        return [(int(entry[0]), str(entry[1])) for entry in rows(query.order_by(User.name))]


def _among(mission_ids: Collection[int]) -> Any:
    """Bound as one value, for there may be more than SQLite takes one by one."""
    return SQL("(SELECT value FROM json_each(?))", [json.dumps(list(mission_ids))])


def _present(mission_ids: Collection[int]) -> Iterator[LedgerMission]:
    query = (
        Mission.select(
            Mission.id,
            Mission.name,
            Mission.owner_id,
            User.name.alias("owner"),
            Mission.deleted_at,
            Mission.estimate,
            Mission.total_count,
            Mission.currency,
        )
        .join(User, JOIN.LEFT_OUTER, on=(User.id == Mission.owner_id))
        .where(Mission.id << _among(mission_ids))
    )
    for entry in dicts(query):
        estimate, items = entry["estimate"], entry["total_count"]
        yield LedgerMission(
            id=entry["id"],
            name=entry["name"],
            owner_id=entry["owner_id"],
            owner=owner_name(entry),
            deleted=entry["deleted_at"] is not None,
            currency=entry["currency"],
            unit_price=None if estimate is None or not items else estimate / items,
        )


def _gone(mission_ids: Collection[int]) -> dict[int, LedgerMission]:
    found = {mission_id: LedgerMission(mission_id) for mission_id in mission_ids}
    if not found:
        return found
    query = (
        Audit.select(
            Audit.mission_id, Audit.action, Audit.user_id, Audit.who, Audit.subject, User.name
        )
        .join(User, JOIN.LEFT_OUTER, on=(User.id == Audit.user_id))
        .where(
            Audit.mission_id << _among(mission_ids),
            Audit.mission_id.is_null(False),  # so it finds its index
            Audit.action.in_([Action.MISSION_CREATED, Action.MISSION_DELETED]),
        )
        .order_by(Audit.id)
    )
    for mission_id, action, user_id, who, name, present_name in rows(query):
        known = replace(found[mission_id], name=name)
        if action == Action.MISSION_CREATED:
            known = replace(known, owner_id=user_id, owner=present_name or who)
        found[mission_id] = known
    return found
