"""From the ledger's sums to what a page shows: whose they are, of what, and what the list price says."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from webapp.spending.periods import Days
from webapp.spending.usage_views import (
    CauseUsage,
    MissionUsage,
    Money,
    PartUsage,
    PersonUsage,
    PriceCheck,
    Tally,
    TypeUsage,
)
from webapp.states import AttemptState
from webapp.store.usage import Books, Failure, Sum
from webapp.task_types import TASK_TYPES, task_type_of

USUAL_CURRENCY = "CNY"
"""Of a cost that came without one."""

Order = Sequence[str]
"""Of currencies: the dearest is who has most of the first one, then of the second."""

_MICRO = Decimal("0.000001")
_NOTHING = Decimal(0)
Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class _Counting:
    completed: int = 0
    failed: int = 0
    money: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def tally(self) -> Tally:
        return Tally(self.completed, self.failed, dict(self.money))


def only_of(books: Books, owner_id: int) -> Books:
    """Without the missions of others."""
    own = {key: mission for key, mission in books.missions.items() if mission.owner_id == owner_id}
    return replace(
        books,
        sums=[entry for entry in books.sums if entry.mission_id in own],
        failures=[entry for entry in books.failures if entry.mission_id in own],
        unclear={key: count for key, count in books.unclear.items() if key in own},
        missions=own,
    )


def currencies(books: Books) -> tuple[str, ...]:
    """Those that were charged in, the most frequent first."""
    found: Counter[str] = Counter()
    for entry in _charged(books.sums):
        found[currency_of(entry)] += entry.priced
    return tuple(sorted(found, key=lambda currency: (-found[currency], currency)))


def currency_of(entry: Sum) -> str:
    return entry.currency or USUAL_CURRENCY


def total(books: Books) -> Tally:
    """Of everything."""
    return _tallies(books, lambda _: None).get(None, Tally(0, 0, {}))


def ended_with(books: Books, output: str) -> int:
    """Ended items of the types that make images, or videos."""
    found = _tallies(books, lambda entry: task_type_of(entry.task_type).output)
    return found[output].ended if output in found else 0


def wasted(books: Books) -> Money:
    """What was charged for tries without a result, where there was any."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for entry in books.sums:
        if entry.state is not AttemptState.SUCCEEDED and entry.cost:
            found[currency_of(entry)] += entry.cost
    return dict(found)


def unpriced(books: Books) -> int:
    """Results of which nobody said what they cost."""
    return sum(
        entry.tries - entry.priced for entry in books.sums if entry.state is AttemptState.SUCCEEDED
    )


def unclear(books: Books) -> int:
    """Items that wait for a decision; those of deleted missions no longer do."""
    return sum(count for key, count in books.unclear.items() if not books.missions[key].deleted)


def given_up(books: Books) -> int:
    """Tries without an answer on which nobody waits any more."""
    abandoned = sum(
        entry.tries - entry.priced for entry in books.sums if entry.state is AttemptState.ABANDONED
    )
    return abandoned + sum(books.unclear.values()) - unclear(books)


def prices(books: Books, order: Order) -> tuple[PriceCheck, ...]:
    """Per currency, of all results whose cost and list price are both known."""
    listed: defaultdict[str, Decimal] = defaultdict(Decimal)
    charged: defaultdict[str, Decimal] = defaultdict(Decimal)
    for entry in _charged(books.sums):
        unit = _unit_price(books, entry)
        if entry.state is AttemptState.SUCCEEDED and unit:
            listed[currency_of(entry)] += unit * entry.priced
            charged[currency_of(entry)] += entry.cost
    return tuple(
        PriceCheck(currency, listed[currency].quantize(_MICRO), charged[currency])
        for currency in order
        if listed[currency]
    )


def _unit_price(books: Books, entry: Sum) -> Decimal | None:
    """As the mission was offered; of one that is gone, as its type is offered now."""
    mission = books.missions[entry.mission_id]
    if mission.unit_price is not None and mission.currency == currency_of(entry):
        return mission.unit_price
    known = TASK_TYPES.get(entry.task_type)
    return known.price if known and known.currency == currency_of(entry) else None


def by_part(books: Books, parts: Sequence[Days]) -> tuple[PartUsage, ...]:
    """One for each part, also where nothing happened."""
    completed: Counter[int] = Counter()
    money: list[defaultdict[str, Decimal]] = [defaultdict(Decimal) for _ in parts]
    for entry in books.sums:
        if entry.state is AttemptState.SUCCEEDED:
            completed[entry.part] += entry.tries
        if entry.priced:
            money[entry.part][currency_of(entry)] += entry.cost
    return tuple(
        PartUsage(days, completed[number], dict(money[number])) for number, days in enumerate(parts)
    )


def by_person(books: Books, order: Order) -> tuple[PersonUsage, ...]:
    """The dearest first."""
    found = _tallies(books, lambda entry: books.missions[entry.mission_id].owner_id)
    names = {mission.owner_id: mission.owner for mission in books.missions.values()}
    return tuple(
        PersonUsage(owner_id, names[owner_id], tally)
        for owner_id, tally in _dearest(found, order, len(found))
    )


def by_type(books: Books, order: Order) -> tuple[TypeUsage, ...]:
    """The dearest first."""
    found = _tallies(books, lambda entry: entry.task_type)
    return tuple(TypeUsage(name, tally) for name, tally in _dearest(found, order, len(found)))


def by_mission(books: Books, order: Order, most: int) -> tuple[tuple[MissionUsage, ...], int]:
    """The dearest first, not more than `most`; and how many there are."""
    found = _tallies(books, lambda entry: entry.mission_id)
    shown = tuple(
        MissionUsage(mission_id, of.name, of.owner_id, of.owner, of.deleted, tally)
        for mission_id, tally in _dearest(found, order, most)
        for of in [books.missions[mission_id]]
    )
    return shown, len(found)


def by_cause(books: Books) -> tuple[CauseUsage, ...]:
    """The most frequent first."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in books.failures:
        found[entry.cause, entry.code] += entry.items
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(CauseUsage(cause, code, count) for (cause, code), count in ordered)


def _tallies(books: Books, key_of: Callable[[Sum | Failure], Key]) -> dict[Key, Tally]:
    found: defaultdict[Key, _Counting] = defaultdict(_Counting)
    for entry in books.sums:
        if entry.state is AttemptState.SUCCEEDED:
            found[key_of(entry)].completed += entry.tries
        if entry.priced:
            found[key_of(entry)].money[currency_of(entry)] += entry.cost
    for failure in books.failures:
        found[key_of(failure)].failed += failure.items
    return {key: counting.tally() for key, counting in found.items()}


def _dearest(tallies: Mapping[Key, Tally], order: Order, most: int) -> list[tuple[Key, Tally]]:
    def rank(item: tuple[Key, Tally]) -> tuple[Collection[Decimal], int]:
        _, tally = item
        return [-tally.money.get(currency, _NOTHING) for currency in order], -tally.ended

    return heapq.nsmallest(most, tallies.items(), key=rank)


def _charged(sums: Iterable[Sum]) -> Iterable[Sum]:
    return (entry for entry in sums if entry.priced)
