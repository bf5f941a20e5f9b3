"""Attempts in flight, and the questions about attempts that change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from webapp.db import reading
from webapp.models import Attempt, Item
from webapp.states import LIVE_ATTEMPTS, AttemptState
from webapp.store.live import is_live
from webapp.store.rows import rows


@dataclass(frozen=True, slots=True)
class Flight:
    """An attempt in flight, with what its next step needs."""

    state: AttemptState
    attempt_id: int
    item_id: int
    mission_id: int
    item_index: int
    task_type: str
    params: Mapping[str, object]
    remote_task_id: str | None
    claimed_at: datetime
    sent_at: datetime | None
    phase: str | None  #: the last one that was written down
    key_fingerprint: str  #: of the key with which it was submitted


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an attempt ended without a result, in the provider's words and our class."""

    cause: str
    code: str
    raw: str


def given_up(attempt_id: int) -> Flight | None:
    """An attempt that was abandoned before anybody knew its task; None when it was not, or when its
    mission is gone."""
    with reading():
        found = next(iter(flights_of([attempt_id])), None)
    lost = found and found.state is AttemptState.ABANDONED and found.remote_task_id is None
    return found if lost else None


def load_flight(attempt_id: int) -> Flight | None:
    """The attempt as it stands, None when it has ended."""
    with reading():
        found = next(iter(flights_of([attempt_id])), None)
    return found if found and found.state in LIVE_ATTEMPTS else None


def submitted_ids(provider: str) -> list[int]:
    """Attempts that this provider is working on."""
    with reading():
        submitted = Attempt.state == AttemptState.SUBMITTED
        ours = Attempt.provider == provider
        found = rows(Attempt.select(Attempt.id).where(is_live(), submitted, ours))
    return [int(entry[0]) for entry in found]


def flights_of(attempt_ids: Iterable[int]) -> list[Flight]:
    """Attempts with what their next step needs, oldest first. Inside a connection."""
    found = rows(
        Attempt.select(
            Attempt.state,
            Attempt.id,
            Attempt.item_id,
            Attempt.mission_id,
            Attempt.item_index,
            Attempt.task_type,
            Item.input_params,
            Attempt.runninghub_task_id,
            Attempt.created_at,
            Attempt.sent_at,
            Attempt.phase,
            Attempt.key_fingerprint,
        )
        .join(Item, on=(Item.id == Attempt.item_id))
        .where(Attempt.id.in_(list(attempt_ids)))
        .order_by(Attempt.id)
    )
    return [Flight(AttemptState(entry[0]), *entry[1:]) for entry in found]


def transient_tries(item_id: int) -> int:
    """How often an item has been tried again by the program since a person last asked for it."""
    with reading():
        return int(Item.select(Item.transient_tries).where(Item.id == item_id).scalar() or 0)


def recent_durations(task_type: str, limit: int) -> list[float]:
    """Seconds that the newest successful attempts of a type took, newest first."""
    with reading():
        found = rows(
            Attempt.select(Attempt.sent_at, Attempt.ended_at)
            .where(
                Attempt.task_type == task_type,
                Attempt.state == AttemptState.SUCCEEDED,
                Attempt.sent_at.is_null(False),
            )
            .order_by(Attempt.ended_at.desc())
            .limit(limit)
        )
    return [(ended - sent).total_seconds() for sent, ended in found]
