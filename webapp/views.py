"""What pages and JSON show: frozen data, read once from the store, never a lazy query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

from webapp.states import AttemptState, FileState, ItemState, MissionState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `number` counts from 1."""

    rows: tuple[T, ...]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        """At least 1."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Position of the first row shown, 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Position of the last row shown."""
        return self.first + len(self.rows) - 1 if self.rows else 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items are in each state."""

    pending: int = 0
    processing: int = 0
    completed: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        return (
            self.pending
            + self.processing
            + self.completed
            + self.failed
            + self.unknown
            + self.cancelled
        )

    @property
    def ended(self) -> int:
        """Items that no longer move by themselves."""
        return self.completed + self.failed + self.unknown + self.cancelled

    def of(self, state: ItemState) -> int:
        """The count of one state."""
        return int(getattr(self, state.value))


def cause_key(cause: str, code: str) -> str:
    """`class:code`, by which failed items are chosen and counted."""
    return f"{cause}:{code}"


def split_cause(key: str) -> tuple[str, str]:
    """The class and the code of a key; without a colon it is all class."""
    cause, _, code = key.partition(":")
    return cause, code


@dataclass(frozen=True, slots=True)
class ErrorView:
    """Why something failed. `cause` is a class of design.md §6 or one of ours; `code` and `raw`
    are the provider's words, data from outside. texts.py turns a cause into plain language."""

    cause: str
    code: str
    raw: str

    @property
    def key(self) -> str:
        return cause_key(self.cause, self.code)


@dataclass(frozen=True, slots=True)
class ResultView:
    """One output. The names are stable, so that a playing video is never restarted."""

    id: int
    position: int
    kind: str  #: image, video, audio, text or file
    type: str  #: the file's extension, e.g. png; txt for a text
    url: str  #: the provider's link; dies after 24 h
    text: str | None
    filename: str | None  #: served under /media/{filename} once saved
    file_state: FileState
    size: int | None  #: bytes
    width: int | None
    height: int | None
    seconds: float | None  #: of a video
    has_preview: bool  #: /media/previews/{320|640}/{result id}.webp exist
    error: ErrorView | None

    @property
    def file_url(self) -> str | None:
        """Where our copy is served, None until it is saved."""
        return f"/media/{self.filename}" if self.filename else None

    def preview_url(self, width: int) -> str | None:
        """A WebP of at most `width` (320 or 640) pixels wide; a video's is its poster."""
        return f"/media/previews/{width}/{self.id}.webp" if self.has_preview else None


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One line of the money ledger."""

    number: int
    state: AttemptState
    phase: str | None  #: queued or running at the provider
    remote_task_id: str | None
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    cost: Decimal | None
    currency: str | None
    error: ErrorView | None
    account_running: int | None  #: tasks of the account when it became unknown
    own_running: int | None  #: those among them of which the program knew


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item as a tile or a table row."""

    id: int
    mission_id: int
    index: int  #: counts from 1
    state: ItemState
    phase: str | None  #: preparing, submitting, queued or running while processing
    params: Mapping[str, object]  #: all parameters that are sent
    prompt: str
    images: tuple[str, ...]  #: reference images, as given
    results: tuple[ResultView, ...]
    error: ErrorView | None
    remote_task_id: str | None
    attempts: int
    cost: Decimal | None
    seconds: float | None  #: from sending to the end, of the last attempt
    started_at: datetime | None
    ended_at: datetime | None
    retry_at: datetime | None  #: waits until then before the next try
    created_at: datetime
    updated_at: datetime
    rev: int

    @property
    def downloading(self) -> bool:
        """Delivered, but a file is still on its way."""
        return any(result.file_state is FileState.PENDING for result in self.results)


@dataclass(frozen=True, slots=True)
class UnknownView:
    """An item of which nobody knows whether it was paid for, with the evidence."""

    attempt_id: int
    item_id: int
    mission_id: int
    mission_name: str
    owner_id: int  #: of the mission; 0 for the local user
    owner: str  #: their name
    index: int
    prompt: str
    task_type: str
    provider: str  #: "simulator" for an item of the demo
    key_fingerprint: str  #: of the key that sent it
    attempt: int  #: which try of the item, from 1
    sent_at: datetime | None
    unknown_since: datetime | None
    error: ErrorView
    remote_task_id: str | None  #: known when the task has not ended in time
    account_running: int | None  #: tasks of the account when it became unknown
    own_running: int | None  #: those among them of which the program knew
    account_asked_at: datetime | None
    submitted_again_at: datetime | None  #: by the mission's setting, if nothing is heard


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of an item's or a mission's history."""

    at: datetime
    what: str  #: the state that was entered
    before: str | None
    note: str
    who: str


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Something that a person did."""

    id: int
    at: datetime
    user_id: int  #: 0 for the local user and the program
    who: str  #: their name at that time
    action: str  #: people.Action, or a word of another version of the program
    mission_id: int | None
    item_index: int | None
    subject: str  #: whom or what it was done to
    count: int | None  #: how many items


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """An item with its whole history."""

    item: ItemView
    attempts: tuple[AttemptView, ...]
    events: tuple[EventView, ...]
    previous_index: int | None
    next_index: int | None


@dataclass(frozen=True, slots=True)
class CauseView:
    """Failed items that share a cause."""

    cause: str
    code: str
    raw: str  #: one example of the provider's words
    count: int

    @property
    def key(self) -> str:
        return cause_key(self.cause, self.code)


@dataclass(frozen=True, slots=True)
class MissionView:
    """A mission as a card, and the head of its page."""

    id: int
    name: str
    description: str
    task_type: str
    provider: str  #: who makes it; "simulator" for a mission of the demo
    state: MissionState
    counts: Counts
    config: Mapping[str, object]  #: as it was posted, batch_input included only on request
    priority: int
    scheduled_at: datetime | None
    failure_threshold: float | None  #: share of failures at which it stops, None for the default
    resubmit_unknown_after: int | None  #: minutes; None when only a person submits again
    pause: ErrorView | None  #: why the program paused or stopped it; None when a person did
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cost: Decimal  #: really charged so far
    estimate: Decimal | None  #: list price of all items
    currency: str
    first_prompt: str
    newest: tuple[ResultView, ...]  #: up to 4 with previews, newest first
    files_pending: int  #: results still being downloaded
    files_failed: int
    rev: int
    owner_id: int  #: 0 for the local user
    owner: str  #: their name

    @property
    def progress(self) -> float:
        """Completed of all items, per cent with one decimal."""
        return (
            round(100 * self.counts.completed / self.counts.total, 1) if self.counts.total else 0.0
        )

    @property
    def display_state(self) -> str:
        """The state's word for people: `partial` for a finished mission with failures or unknowns."""
        if self.state is MissionState.COMPLETED and (self.counts.failed or self.counts.unknown):
            return "partial"
        return self.state.value

    @property
    def live(self) -> bool:
        """Whether anything can still change by itself, so that the page goes on asking."""
        return (
            self.state in (MissionState.QUEUED, MissionState.RUNNING)
            or self.counts.processing > 0
            or self.files_pending > 0
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a mission moves. None where too little is known to say."""

    eta_s: float | None
    per_minute: float | None
    typical_s: float | None  #: what one item of this type has lately taken
    histogram: tuple[int, ...] = ()  #: completions per minute, oldest first, at most 60


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One item of a mission that does not exist yet."""

    index: int
    params: Mapping[str, object]
    prompt: str
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MissionPreview:
    """What a create form would make: the exact items, and the list price."""

    total: int
    inputs: int  #: entries before repeating
    repeat: int
    rows: tuple[PreviewRow, ...]  #: the first 20
    unit_price: Decimal | None
    price: Decimal | None
    currency: str
    seconds: float | None  #: how long all of it should take, None when unknown
    duplicates: int  #: entries that are the same as an earlier one
    digest: str  #: of the type and all items: another one when any of them is another


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A task type with saved parameters."""

    id: int
    name: str
    description: str
    task_type: str
    config: Mapping[str, object]
    created_at: datetime
    updated_at: datetime
    owner_id: int  #: 0 for the local user
    owner: str  #: their name


@dataclass(frozen=True, slots=True)
class ImageView:
    """An uploaded reference image."""

    filename: str  #: served under /api/images/{filename}
    original_name: str
    size: int
    width: int
    height: int
    type: str


@dataclass(frozen=True, slots=True)
class AccountTrouble:
    """Money or the key stopped missions: the newest of them, why, and how many there are."""

    mission_id: int
    name: str
    error: ErrorView
    missions: int

    @property
    def mark(self) -> str:
        """Another one for other trouble: by it a page knows whether it shows the present one."""
        return f"{self.mission_id}-{self.missions}-{self.error.code}"


@dataclass(frozen=True, slots=True)
class QueueView:
    """The whole program's work right now."""

    slots: int
    busy: int
    waiting: int
    limit: int  #: slots, lowered to what the account takes
    per_minute: float  #: items ended in the last 5 minutes, per minute
    unknown: int
    oldest_waiting_at: datetime | None
    manager: bool  #: whether this process submits
