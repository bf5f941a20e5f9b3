"""The remote task delivered: results, cost and the item's end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from webapp.db import writing
from webapp.models import Item, Result
from webapp.states import AttemptState, FileState, ItemState
from webapp.store.flights import Flight
from webapp.store.settling import note_extra, seconds_of, settle
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
            note_extra(
                flight, delivery.cost, delivery.currency, now, "an earlier try delivered too"
            )
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
