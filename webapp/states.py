"""The states of missions, items, attempts and result files, and the only ways between them."""

from __future__ import annotations

from enum import StrEnum


class ItemState(StrEnum):
    """One generation of a mission."""

    PENDING = "pending"  #: waits for a slot
    PROCESSING = "processing"  #: an attempt is in flight
    COMPLETED = "completed"  #: the provider delivered; files may still be on their way
    FAILED = "failed"  #: ended without a result
    UNKNOWN = "unknown"  #: sent, never answered; maybe paid; news or a person moves it on
    CANCELLED = "cancelled"  #: a person stopped it before it was sent


class MissionState(StrEnum):
    """A batch. What a person wants (run, pause, cancel) and how it ended."""

    QUEUED = "queued"  #: nothing submitted yet
    RUNNING = "running"
    PAUSED = "paused"  #: by a person, or because of money or the key
    COMPLETED = "completed"  #: all items ended, at least one with a result
    CANCELLED = "cancelled"
    FAILED = "failed"  #: all items ended, none with a result; or stopped by the breaker


class AttemptState(StrEnum):
    """One submission: a line of the money ledger."""

    PREPARING = "preparing"  #: reference images are on their way up; nothing was sent
    SUBMITTING = "submitting"  #: the POST may have left
    SUBMITTED = "submitted"  #: the provider gave an id
    SUCCEEDED = "succeeded"
    FAILED = "failed"  #: the remote task ended without a result
    REFUSED = "refused"  #: the provider said no; nothing was paid
    RETURNED = "returned"  #: not accepted for a passing reason; the item waits again
    UNKNOWN = "unknown"  #: sent, never answered; may be paid for
    ABANDONED = "abandoned"  #: was unknown; a person decided to go on without it


class FileState(StrEnum):
    """The file of one result."""

    PENDING = "pending"  #: waits to be downloaded
    SAVED = "saved"
    FAILED = "failed"  #: given up for now; can be tried again while the link lives
    NONE = "none"  #: a text, or nothing to download


LIVE_ATTEMPTS = (
    AttemptState.PREPARING,
    AttemptState.SUBMITTING,
    AttemptState.SUBMITTED,
    AttemptState.UNKNOWN,
)
"""At most one of these per item: the database's own guard against a second payment."""

ITEM_TRANSITIONS: dict[ItemState, frozenset[ItemState]] = {
    # To unknown: the database was restored, and a person said that it may have been paid since.
    ItemState.PENDING: frozenset({ItemState.PROCESSING, ItemState.UNKNOWN, ItemState.CANCELLED}),
    ItemState.PROCESSING: frozenset(
        {
            ItemState.PENDING,
            ItemState.COMPLETED,
            ItemState.FAILED,
            ItemState.UNKNOWN,
            ItemState.CANCELLED,
        }
    ),
    ItemState.UNKNOWN: frozenset({ItemState.PROCESSING, ItemState.PENDING, ItemState.FAILED}),
    ItemState.FAILED: frozenset({ItemState.PENDING}),
    ItemState.CANCELLED: frozenset({ItemState.PENDING}),
    ItemState.COMPLETED: frozenset(),
}

MISSION_TRANSITIONS: dict[MissionState, frozenset[MissionState]] = {
    MissionState.QUEUED: frozenset(
        {MissionState.RUNNING, MissionState.PAUSED, MissionState.CANCELLED}
    ),
    MissionState.RUNNING: frozenset(
        {
            MissionState.PAUSED,
            MissionState.COMPLETED,
            MissionState.CANCELLED,
            MissionState.FAILED,
        }
    ),
    # Back to queued: it was paused before anything of it was sent.
    MissionState.PAUSED: frozenset(
        {
            MissionState.QUEUED,
            MissionState.RUNNING,
            MissionState.COMPLETED,
            MissionState.CANCELLED,
            MissionState.FAILED,
        }
    ),
    MissionState.COMPLETED: frozenset({MissionState.RUNNING}),
    MissionState.CANCELLED: frozenset({MissionState.RUNNING}),
    # What the breaker stopped may be cancelled, or go on.
    MissionState.FAILED: frozenset({MissionState.RUNNING, MissionState.CANCELLED}),
}

ENDED_ITEMS = frozenset(
    {ItemState.COMPLETED, ItemState.FAILED, ItemState.UNKNOWN, ItemState.CANCELLED}
)
ENDED_MISSIONS = frozenset({MissionState.COMPLETED, MissionState.CANCELLED, MissionState.FAILED})


def item_sources(target: ItemState) -> tuple[ItemState, ...]:
    """The states from which an item may go to `target`."""
    return tuple(state for state, targets in ITEM_TRANSITIONS.items() if target in targets)


def mission_sources(target: MissionState) -> tuple[MissionState, ...]:
    """The states from which a mission may go to `target`."""
    return tuple(state for state, targets in MISSION_TRANSITIONS.items() if target in targets)
