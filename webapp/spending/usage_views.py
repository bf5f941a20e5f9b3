"""What was made in some days and what it cost, as the page and JSON show it: frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from webapp.spending.periods import Days, PeriodName
from webapp.views import cause_key

PROVIDERS = ("runninghub", "simulator")
"""Whom the ledger may have tries of; the demo's are the last one's."""

Money = Mapping[str, Decimal]
"""Amounts by currency. Amounts in different currencies are never added."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Items by how they ended, and what was charged. An item counts once, by the last of its tries that
    ended in these days."""

    completed: int
    failed: int
    money: Money

    @property
    def ended(self) -> int:
        return self.completed + self.failed

    @property
    def success_rate(self) -> float | None:
        """In per cent with one decimal; None when nothing ended. 100 only when nothing failed, 0 only
        when nothing was completed."""
        if not self.completed or not self.failed:
            return (100.0 if self.completed else 0.0) if self.ended else None
        return min(max(round(100 * self.completed / self.ended, 1), 0.1), 99.9)


@dataclass(frozen=True, slots=True)
class PersonUsage:
    """Of the missions of one person."""

    owner_id: int  #: 0 for the local user
    owner: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class TypeUsage:
    """Of one task type."""

    task_type: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class MissionUsage:
    """Of one mission, which may be gone: the ledger outlives it."""

    mission_id: int
    name: str  #: empty when nobody remembers it
    owner_id: int
    owner: str
    deleted: bool
    tally: Tally


@dataclass(frozen=True, slots=True)
class CauseUsage:
    """Failed items that share a cause."""

    cause: str
    code: str
    count: int

    @property
    def key(self) -> str:
        return cause_key(self.cause, self.code)


@dataclass(frozen=True, slots=True)
class PartUsage:
    """A bar of the chart: a day, or a month, or a year."""

    days: Days
    completed: int
    money: Money


@dataclass(frozen=True, slots=True)
class PriceCheck:
    """The list price of results beside what was charged for the same results."""

    currency: str
    listed: Decimal
    charged: Decimal

    @property
    def above(self) -> float:
        """How many per cent more than listed was charged; negative when it was less."""
        return round(float(100 * (self.charged / self.listed - 1)), 1)


@dataclass(frozen=True, slots=True)
class UsageView:
    """Everything about some days."""

    name: PeriodName
    days: Days
    today: date
    provider: str  #: whose tries these are; "simulator": demo money, which nobody pays
    others: tuple[str, ...]  #: other providers that the ledger knows
    currencies: tuple[str, ...]  #: that were charged in, the most frequent first
    total: Tally
    images: int  #: of the ended items
    videos: int
    wasted: Money  #: charged for tries that brought no result
    unpriced: int  #: results of which the provider did not say what they cost
    prices: tuple[PriceCheck, ...]
    unclear: int  #: items sent in these days that wait for a decision; may be paid for
    given_up: int  #: tries given up without an answer; may be paid for too
    parts: tuple[PartUsage, ...]
    people: tuple[PersonUsage, ...]
    types: tuple[TypeUsage, ...]
    missions: tuple[MissionUsage, ...]  #: those that cost most, the dearest first
    mission_count: int  #: all that anything ended in
    causes: tuple[CauseUsage, ...]

    def costs(self, currency: str) -> tuple[Decimal, ...]:
        """Of each part, in one currency."""
        return tuple(part.money.get(currency, Decimal(0)) for part in self.parts)

    @property
    def anything(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.total.ended or self.total.money or self.unclear or self.given_up)
