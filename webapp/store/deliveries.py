"""The remote task delivered: results, cost and the item's end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from webapp.db import writing
from webapp.models import Attempt, Event, Item, Result
from webapp.states import AttemptState, FileState, ItemState
from webapp.store.flights import Flight
from webapp.store.revisions import set_item, touch_mission
from webapp.store.settling import seconds_of, settle
from webapp.store.transitions import move_items, reopen_mission


@dataclass(frozen=True, slots=True)
class Delivered:
    """One output as the provider named it."""

    kind: str
    type: str
    url: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a finished remote task brought."""

    results: Sequence[Delivered]
    cost: Decimal | None
    currency: str | None
    links_expire_at: datetime


def succeed(flight: Flight, delivery: Delivery, now: datetime) -> int:
    """The remote task delivered: results, cost and the item's end in one transaction.

    Returns how many files there are to download; 0 also when the attempt had ended already.
    """
    with writing("succeed"):
        changed = settle(
            flight,
            AttemptState.SUCCEEDED,
            ended_at=now,
            cost=delivery.cost,
            currency=delivery.currency,
            slot_until=None,
        )
        if not changed:
            _note_extra(flight, delivery, now)
            return 0
        _back_to_processing(flight, now)
        files = _insert_results(flight, delivery, now)
        move_items(
            flight.mission_id,
            ItemState.COMPLETED,
            Item.id == flight.item_id,
            now=now,
            attempt_id=flight.attempt_id,
            counters={"cost": delivery.cost or Decimal(0), "files_pending": files},
            result_url=next((entry.url for entry in delivery.results if entry.url), None),
            cost=delivery.cost,
            seconds=seconds_of(flight, now),
            ended_at=now,
            error_class="",
            error_code="",
            error_message="",
        )
        return files


def _note_extra(flight: Flight, delivery: Delivery, now: datetime) -> None:
    """A try that a person had given up has delivered all the same: what it cost belongs in the
    ledger and in the mission's sum, and the history says so."""
    given_up = (Attempt.id == flight.attempt_id) & (Attempt.state == AttemptState.ABANDONED)
    noted = (
        Attempt.update(cost=delivery.cost, currency=delivery.currency, answered_at=now)
        .where(given_up, Attempt.cost.is_null())
        .execute()
    )
    state = Item.select(Item.status).where(Item.id == flight.item_id).scalar()
    if noted and delivery.cost is not None and state is not None:  # else its mission is gone
        rev = touch_mission(flight.mission_id, now, cost=delivery.cost)
        set_item(flight.item_id, rev, now)
        Event.insert(
            mission_id=flight.mission_id,
            item_id=flight.item_id,
            attempt_id=flight.attempt_id,
            at=now,
            before=state,
            after=state,
            note="an earlier try delivered too",
        ).execute()


def _back_to_processing(flight: Flight, now: datetime) -> None:
    """A late success of an unknown attempt goes through `processing`, as every success does."""
    moved = move_items(
        flight.mission_id,
        ItemState.PROCESSING,
        Item.id == flight.item_id,
        now=now,
        sources=[ItemState.UNKNOWN],
        attempt_id=flight.attempt_id,
        note="answered late",
    )
    if moved:
        reopen_mission(flight.mission_id, now)


def _insert_results(flight: Flight, delivery: Delivery, now: datetime) -> int:
    files = 0
    for position, entry in enumerate(delivery.results, start=1):
        files += bool(entry.url)
        Result.insert(
            mission_id=flight.mission_id,
            item=flight.item_id,
            attempt_id=flight.attempt_id,
            position=position,
            kind=entry.kind,
            type=entry.type,
            url=entry.url,
            text=entry.text,
            file_state=FileState.PENDING if entry.url else FileState.NONE,
            expires_at=delivery.links_expire_at,
            created_at=now,
            updated_at=now,
        ).execute()
    return files
