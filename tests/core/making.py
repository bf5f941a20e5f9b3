"""Missions, claims and answers made by hand, at moments that the test names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from webapp.db import reading, writing
from webapp.models import Attempt, Item, Mission
from webapp.states import AttemptState, ItemState, MissionState
from webapp.store import attempts, claims, deliveries, missions
from webapp.store.claims import Claims, Submitter
from webapp.store.deliveries import Delivered, Delivery
from webapp.store.flights import Flight, Refusal
from webapp.store.missions import NewMission
from webapp.store.transitions import move_items

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SUBMITTER = Submitter("runninghub", "key-1", "boot-1")
BOOT_2 = replace(SUBMITTER, boot_id="boot-2")
BOOT_3 = replace(SUBMITTER, boot_id="boot-3")
BUSY = Refusal("busy", "421", "full")
MODERATED = Refusal("content", "1501", "no")
LOST_ANSWER = Refusal("ambiguous", "read_timeout", "")
_ids = count(2013508786110730240)


def later(seconds: float) -> datetime:
    """So many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def new_mission(items: int = 3, *, now: datetime = NOW, **changes: Any) -> int:
    """A queued mission, stored as the use case stores it."""
    given: dict[str, Any] = {
        "name": "Autumn",
        "description": "",
        "task_type": "text_to_image",
        "provider": SUBMITTER.provider,
        "owner_id": 0,
        "config": {"batch_input": ["a fox"] * items},
        "items": [({"prompt": f"fox {n}", "aspectRatio": "3:4"}, f"fox {n}") for n in range(items)],
        "priority": 0,
        "scheduled_at": None,
        "failure_threshold": None,
        "resubmit_unknown_after": None,
        "estimate": Decimal("0.05") * items,
        "currency": "CNY",
        "idempotency_key": None,
        "request_hash": "",
    }
    return missions.create(NewMission(**(given | changes)), now, "anna")


def claim(
    limit: int = 100,
    slots: int = 100,
    *,
    now: datetime = NOW,
    prepares: frozenset[str] = frozenset(),
) -> Claims:
    """What the dispatcher does when it has slots."""
    return claims.claim(limit, slots, now, SUBMITTER, prepares)


def accept(flight: Flight, now: datetime = NOW) -> Flight:
    """RunningHub gave an id."""
    return attempts.accepted(flight, new_task_id(), "queued", "{}", now)


def new_task_id() -> str:
    return str(next(_ids))


def finish(
    flight: Flight, now: datetime = NOW, *, cost: str | None = "0.05", files: int = 1
) -> int:
    """RunningHub delivered."""
    results = [
        Delivered("image", "png", f"https://cos.example/{n}.png", None) for n in range(files)
    ]
    money = None if cost is None else Decimal(cost)
    link_life = timedelta(hours=24)
    return deliveries.succeed(flight, Delivery(results, money, "CNY", now + link_life), now)


def fail(flight: Flight, now: datetime = NOW, why: Refusal = MODERATED) -> None:
    """RunningHub says FAILED."""
    attempts.fail(flight, why, now, cost=None, currency=None)


def lose(flight: Flight, now: datetime = NOW, *, may_run_for_s: float = 100) -> None:
    """The submit left and no answer came."""
    attempts.become_unknown(flight, LOST_ANSWER, now, may_run_for_s=may_run_for_s)


def one_in_flight(**changes: Any) -> Flight:
    """A mission of one item, which RunningHub works on."""
    new_mission(1, **changes)
    (flight,) = claim().flights
    return accept(flight)


def mission(mission_id: int) -> Mission:
    with reading():
        found: Mission = Mission.get_by_id(mission_id)
        return found


def item(flight: Flight) -> Item:
    with reading():
        found: Item = Item.get_by_id(flight.item_id)
        return found


def attempt(flight: Flight) -> Attempt:
    with reading():
        found: Attempt = Attempt.get_by_id(flight.attempt_id)
        return found


def status(mission_id: int) -> MissionState:
    return MissionState(mission(mission_id).status)


def states(mission_id: int) -> list[str]:
    """The items' states in their order."""
    with reading():
        query = Item.select().where(Item.mission == mission_id).order_by(Item.item_index)
        return [str(entry.status) for entry in query]


def attempt_states(item_id: int) -> list[str]:
    """The states of an item's attempts, the first one first."""
    with reading():
        query = Attempt.select().where(Attempt.item_id == item_id).order_by(Attempt.number)
        return [str(entry.state) for entry in query]


def to_state(flight: Flight, state: ItemState) -> None:
    """Bring an item that is being submitted into a state, the way in which it gets there."""
    ways: dict[ItemState, Callable[[], object]] = {
        ItemState.PENDING: lambda: attempts.give_back(
            flight, BUSY, NOW, retry_at=None, counts_as_try=False
        ),
        ItemState.PROCESSING: lambda: None,
        ItemState.COMPLETED: lambda: finish(accept(flight)),
        ItemState.FAILED: lambda: attempts.refuse(flight, MODERATED, NOW),
        ItemState.UNKNOWN: lambda: lose(flight),
        ItemState.CANCELLED: lambda: attempts.cancelled_remotely(flight, MODERATED, NOW),
    }
    ways[state]()


def move(flight: Flight, target: ItemState) -> bool:
    """Through the one door, from wherever the item is."""
    with writing():
        return bool(move_items(flight.mission_id, target, Item.id == flight.item_id, now=NOW))


def live(state: AttemptState) -> int:
    with reading():
        return int(Attempt.select().where(Attempt.state == state).count())


def prompt_of(mission_id: int, index: int) -> str:
    with reading():
        return str(Item.get(Item.mission == mission_id, Item.item_index == index).prompt)


def live_attempt(mission_id: int, index: int) -> int | None:
    """The item's try that has not ended."""
    with reading():
        found = Attempt.get_or_none(
            Attempt.mission_id == mission_id,
            Attempt.item_index == index,
            Attempt.ended_at.is_null(),
        )
    return int(found.id) if found else None


def attached(remote_task_id: str) -> int | None:
    """The try that has this task."""
    with reading():
        found = Attempt.get_or_none(Attempt.runninghub_task_id == remote_task_id)
    return int(found.id) if found else None


def ended_tries(mission_id: int, index: int) -> int:
    """Tries that RunningHub took and ended: a person may ask for one more after each."""
    with reading():
        ended = Attempt.state.in_([AttemptState.FAILED])
        mine = (Attempt.mission_id == mission_id) & (Attempt.item_index == index)
        return int(Attempt.select().where(mine, ended).count())
