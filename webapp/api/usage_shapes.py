"""What the answer of GET /api/usage holds; json_shapes.py has the others."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from webapp.api.described import Told
from webapp.api.json_shapes import Count, Owner, ProviderName
from webapp.messages import msg

Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$"), Told(msg("A day, UTC"), "2026-11-22")]


class Amount(TypedDict):
    """Money; amounts in different currencies are never added."""

    currency: str
    amount: float


class TallyOut(TypedDict):
    """Items by how they ended, and what was charged."""

    completed_count: Count
    failed_count: Count
    success_rate: Annotated[
        float | None, Told(msg("Completed of the ended items, in per cent; null for none"))
    ]
    money: Annotated[list[Amount], Told(msg("Really charged, failed tries too"))]


class PersonUsageOut(TallyOut):
    """Of one person’s missions."""

    owner_id: int
    owner: Owner


class TypeUsageOut(TallyOut):
    """Of one task type."""

    task_type: str


class MissionUsageOut(TallyOut):
    """Of one mission."""

    api_mission_id: int
    name: str
    owner_id: int
    owner: Owner
    deleted: bool


class CauseOut(TypedDict):
    """Items that failed for the same reason."""

    cause: Annotated[str, Told(msg("What the call “retry” takes as cause"), "content:1501")]
    title: Annotated[str, Told(msg("In the language of the call"))]
    count: Count
    retry: Annotated[bool, Told(msg("Whether the same request may work another time"))]


class PartOut(TypedDict):
    """A day; of more than three months a month, of more than five years a year."""

    first_day: Day
    last_day: Day
    completed_count: Count
    money: list[Amount]


class PriceOut(TypedDict):
    """Of results whose cost and list price are both known."""

    currency: str
    listed: Annotated[float, Told(msg("What the list price said"))]
    charged: Annotated[float, Told(msg("Really charged for the same results"))]


class UsageOut(TallyOut):
    """What was made in some days, and what it cost."""

    first_day: Day
    last_day: Day
    provider: ProviderName
    images: Annotated[Count, Told(msg("Ended items of types that make images"))]
    videos: Annotated[Count, Told(msg("Ended items of types that make videos"))]
    wasted: Annotated[list[Amount], Told(msg("Charged for tries that brought no result"))]
    unpriced: Annotated[Count, Told(msg("Results without a word on what they cost"))]
    prices: list[PriceOut]
    unclear: Annotated[
        Count, Told(msg("Items sent in these days that wait for a decision; may be paid for"))
    ]
    given_up: Annotated[Count, Told(msg("Tries given up without an answer; may be paid for too"))]
    parts: Annotated[list[PartOut], Told(msg("The days one by one, also empty ones"))]
    people: Annotated[list[PersonUsageOut], Told(msg("Who spent most comes first"))]
    task_types: list[TypeUsageOut]
    missions: Annotated[list[MissionUsageOut], Told(msg("The 20 that cost most"))]
    mission_count: Annotated[Count, Told(msg("Missions in which anything ended"))]
    causes: Annotated[list[CauseOut], Told(msg("The most frequent first"))]
