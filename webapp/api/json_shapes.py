"""What each answer of the JSON interface holds (design.md §7). mypy holds json_views.py to these types, and
the OpenAPI document is made from them; nothing is checked while an answer is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from webapp.api.described import OneOf, Told
from webapp.messages import msg
from webapp.states import FileState, ItemState, MissionState
from webapp.task_types import FieldKind

Moment = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"),
    Told(msg("UTC"), "2026-11-22 10:58:58"),
]
"""As clock.format_utc writes it."""

Params = Mapping[str, object]
Count = Annotated[int, Field(ge=0)]
ProviderName = Annotated[
    str, Told(msg("runninghub, or simulator for a mission of demo mode"), "runninghub")
]


class StateCounts(TypedDict):
    """Items per state."""

    pending: Count
    processing: Count
    completed: Count
    failed: Count
    unknown: Count
    cancelled: Count


Owner = Annotated[
    str, Told(msg("The name of who made it; local where there were no accounts"), "local")
]


class MissionRow(TypedDict):
    """A mission as a row of a list."""

    id: int
    name: str
    description: str
    task_type: str
    provider: ProviderName
    owner: Owner
    owner_id: int
    status: MissionState
    total_count: Count
    completed_count: Count
    failed_count: Count
    counts: Annotated[StateCounts, Told(msg("Items per state"))]
    progress: Annotated[
        float, Field(ge=0, le=100), Told(msg("Completed of all items, in per cent"))
    ]
    priority: Annotated[int, Told(msg("Higher goes first"))]
    scheduled_at: Moment | None
    failure_threshold: Annotated[
        float | None, Told(msg("The mission stops when more than this share of its items fails"))
    ]
    resubmit_unknown_after: Annotated[
        int | None, Told(msg("Minutes after which items without an answer are sent again"))
    ]
    paused_because: Annotated[
        str | None,
        Told(msg("Why the program paused or stopped it; null when a person did")),
    ]
    cost: Annotated[float | None, Told(msg("Really charged so far"))]
    estimate: Annotated[float | None, Told(msg("The list price of all items"))]
    currency: str
    files_pending: Annotated[Count, Told(msg("Results that are still being downloaded"))]
    files_failed: Annotated[Count, Told(msg("Results whose download failed"))]
    created_at: Moment
    updated_at: Moment
    started_at: Moment | None
    ended_at: Moment | None


class MissionPage(TypedDict):
    """One page of missions, newest first."""

    items: list[MissionRow]
    total: Annotated[Count, Told(msg("Missions on all pages"))]
    page: int
    page_size: int


class ResultOut(TypedDict):
    """One output: the provider's link, our copy, or a text."""

    url: Annotated[str | None, Told(msg("RunningHub’s own link; it dies after a day"))]
    file_url: Annotated[str | None, Told(msg("Our copy; it stays"))]
    type: Annotated[str, Told(msg("The file’s extension"), "png")]
    text: Annotated[str | None, Told(msg("The output when it is a text and no file"))]
    file_status: Annotated[
        FileState,
        Told(
            msg(
                "saved: file_url is there. failed: the download can be repeated, without a new "
                "generation. none: a text has no file."
            )
        ),
    ]
    file_error: str | None
    size: Annotated[int | None, Told(msg("Bytes"))]
    width: int | None
    height: int | None
    seconds: Annotated[float | None, Told(msg("Length of a film"))]


class ItemOut(TypedDict):
    """One generation with its results."""

    item_index: Annotated[int, Told(msg("Counts from 1"))]
    status: ItemState
    phase: Annotated[
        str | None,
        Told(
            msg("More about a processing item: preparing, submitting, queued or running"),
            "running",
        ),
    ]
    input_params: Annotated[Params, Told(msg("All parameters, as they are sent"))]
    result_url: Annotated[str | None, Told(msg("The first result’s link at RunningHub"))]
    results: list[ResultOut]
    error_code: Annotated[
        str | None, Told(msg("RunningHub’s code, or a word of ours where it gave none"), "1501")
    ]
    error_message: Annotated[str | None, Told(msg("What is wrong and what can be done"))]
    error_cause: Annotated[
        str | None, Told(msg("What the call “retry” takes as cause"), "content:1501")
    ]
    error_detail: Annotated[str | None, Told(msg("RunningHub’s own words"))]
    runninghub_task_id: Annotated[
        str | None,
        Told(
            msg("19 digits, as a text: many languages would round the number"),
            "2124457605647564800",
        ),
    ]
    attempts: Annotated[Count, Told(msg("How often it was sent"))]
    cost: float | None
    seconds: Annotated[float | None, Told(msg("From sending to the end, of the last try"))]
    created_at: Moment
    updated_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    retry_at: Annotated[Moment | None, Told(msg("It waits until then before the next try"))]


class MissionHead(MissionRow):
    """A mission with what was posted, before its items."""

    config: Annotated[Params, Told(msg("As it was posted"))]


class ItemsFoot(TypedDict):
    """What comes after the items of a mission."""

    items_total: Annotated[Count, Told(msg("Items that fit the filter, on all pages"))]
    page: int
    page_size: int


class MissionDetail(MissionHead, ItemsFoot):
    """A mission with its config and all its items, or one page of them."""

    items: list[ItemOut]


class MissionMade(TypedDict):
    """The answer to a new mission."""

    api_mission_id: int
    total_count: Count
    status: MissionState


class PlannedItem(TypedDict):
    """One item of a mission that does not exist yet."""

    item_index: Annotated[int, Told(msg("Counts from 1"))]
    input_params: Annotated[Params, Told(msg("All parameters, as they are sent"))]


class MissionPlan(TypedDict):
    """What a call would make and cost."""

    total_count: Count
    repeat: Annotated[Count, Told(msg("Items of each entry"))]
    duplicates: Annotated[Count, Told(msg("Entries that are the same as an earlier one"))]
    unit_price: Annotated[float | None, Told(msg("The list price of one item, a guide"))]
    estimate: Annotated[float | None, Told(msg("The list price of all items"))]
    currency: str
    seconds: Annotated[float | None, Told(msg("How many seconds all of it should take"))]
    items: Annotated[list[PlannedItem], Told(msg("The first 20"))]


class CancelledCount(TypedDict):
    """How many items no longer wait."""

    cancelled_count: Count


class RetryCount(TypedDict):
    """How many items wait again."""

    retry_count: Count


class RefetchCount(TypedDict):
    """How many files are downloaded again."""

    refetch_count: Count


class UnknownOut(TypedDict):
    """An item that was sent and never answered, with what is known about it."""

    api_mission_id: int
    mission_name: str
    item_index: Annotated[int, Told(msg("Counts from 1"))]
    prompt: str
    task_type: str
    provider: ProviderName
    attempt: Annotated[Count, Told(msg("Which try of the item, from 1"))]
    sent_at: Moment | None
    unknown_since: Moment | None
    error_code: Annotated[
        str | None, Told(msg("RunningHub’s code, or a word of ours where it gave none"), "1501")
    ]
    error_message: Annotated[str | None, Told(msg("What is wrong and what can be done"))]
    error_detail: Annotated[str | None, Told(msg("RunningHub’s own words"))]
    runninghub_task_id: Annotated[
        str | None,
        Told(
            msg("19 digits, as a text: many languages would round the number"),
            "2124457605647564800",
        ),
    ]
    account_running: Annotated[
        int | None, Told(msg("Tasks that the account had under way when it became unknown"))
    ]
    own_running: Annotated[int | None, Told(msg("Those among them of which this program knew"))]
    account_asked_at: Moment | None
    submitted_again_at: Annotated[
        Moment | None, Told(msg("When the mission’s setting submits it again, if nothing is heard"))
    ]
    records_url: Annotated[str | None, Told(msg("Where RunningHub lists the calls of the account"))]


class UnknownPage(TypedDict):
    """One page of unknown items, newest first."""

    items: list[UnknownOut]
    total: Annotated[Count, Told(msg("Unknown items on all pages"))]
    page: int
    page_size: int


class ResumedCount(TypedDict):
    """How many missions go on."""

    resumed_count: Count


class Deleted(TypedDict):
    """The id of what is gone."""

    id: int


class TemplateOut(TypedDict):
    """A task type with saved parameters."""

    id: int
    name: str
    description: str
    task_type: str
    owner: Owner
    owner_id: int
    config: Params
    created_at: Moment
    updated_at: Moment


class TemplateList(TypedDict):
    """All templates that fit."""

    items: list[TemplateOut]
    total: Count


class ImageOut(TypedDict):
    """An uploaded reference image."""

    filename: str
    url: Annotated[str, Told(msg("Goes into imageUrls or imageUrl of a mission"))]
    original_name: str
    size: Annotated[int, Told(msg("Bytes"))]
    width: int
    height: int
    type: Annotated[str, OneOf(("jpg", "png", "webp"))]


class FieldOut(TypedDict):
    """One parameter of a task type."""

    name: str
    kind: FieldKind
    label: Annotated[str, Told(msg("In the language of the call"))]
    required: bool
    choices: list[str]
    default: str | bool | int | float | None
    max_length: NotRequired[Annotated[int, Told(msg("Characters of a text"))]]
    max_items: NotRequired[Annotated[int, Told(msg("Images in a list"))]]
    max_mb: NotRequired[Annotated[int, Told(msg("Megabytes of one image"))]]
    min: NotRequired[Annotated[float, Told(msg("The lowest number"))]]
    max: NotRequired[Annotated[float, Told(msg("The highest number"))]]
    step: NotRequired[Annotated[float, Told(msg("A number is a multiple of this"))]]


class TaskTypeOut(TypedDict):
    """One entry of the catalogue."""

    name: str
    label: Annotated[str, Told(msg("In the language of the call"))]
    output: Annotated[str, OneOf(("image", "video"))]
    batch_field: Annotated[str, Told(msg("What a plain text in batch_input stands for"))]
    price: Annotated[float, Told(msg("The list price of one item, a guide"))]
    currency: str
    fields: list[FieldOut]


class TaskTypeList(TypedDict):
    """The catalogue."""

    items: list[TaskTypeOut]


class QueueOut(TypedDict):
    """How busy the whole program is."""

    slots: Annotated[Count, Told(msg("How many items may be under way at a time"))]
    busy: Count
    waiting: Count
    limit: Annotated[Count, Told(msg("Slots, lowered to what the account takes"))]
    per_minute: Annotated[
        float, Field(ge=0), Told(msg("Items that ended, per minute, in the last five minutes"))
    ]
    unknown: Annotated[Count, Told(msg("Items that were sent and never answered"))]
    oldest_waiting_at: Moment | None
    manager: Annotated[bool, Told(msg("Whether this process submits"))]


class HealthOut(TypedDict):
    """For a monitor."""

    status: Literal["ok", "error"]
    database: Literal["ok", "error"]
    trouble: Annotated[
        Literal["gone", "damaged", "full", "locked", "other"] | None,
        Told(msg("Why nothing can be written just now; gone and damaged stay until a restart")),
    ]
    manager: Annotated[
        Literal["running", "elsewhere", "stopped", "unknown"],
        Told(msg("elsewhere: another process has the database’s work")),
    ]
    restored: Annotated[
        bool, Told(msg("From a backup: nothing is submitted until a person has looked"))
    ]
    attention: Annotated[
        list[Literal["restored", "unknown", "disk_low", "service_away"]],
        Told(msg("What a person should look at, while everything works")),
    ]
    waiting: Annotated[Count, Told(msg("Items that wait in running missions"))]
    unknown: Annotated[Count, Told(msg("Items that were sent and never answered"))]
    free_bytes: Annotated[Count | None, Told(msg("Room on the disk"))]
    simulated: Annotated[bool, Told(msg("Demo mode: nothing is called, nothing is billed"))]
    version: str


class FieldProblem(TypedDict):
    """One thing wrong with one field."""

    field: Annotated[str, Told(msg("Where it is"), "config.batch_input[1].prompt")]
    message: Annotated[str, Told(msg("In the language of the call"))]


class Problem(TypedDict):
    """The answer to a call that did not work."""

    code: Annotated[int, Told(msg("The HTTP status once more"))]
    message: Annotated[str, Told(msg("What is wrong and what can be done"))]
    errors: Annotated[list[FieldProblem], Told(msg("Empty where no field is to blame"))]
    request_id: NotRequired[
        Annotated[str, Told(msg("Of an error of ours: where the log says more"))]
    ]
