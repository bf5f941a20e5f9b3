"""What was made and what it cost: for people who pay, and for programs. Everybody may look, as at
missions themselves. Every method blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from webapp.clock import Clock
from webapp.spending import usage_sums
from webapp.spending.periods import Days, PeriodName, days_of
from webapp.spending.usage_csv import lines
from webapp.spending.usage_views import PROVIDERS, UsageView
from webapp.store import ledger_missions
from webapp.store import usage as store
from webapp.store.usage import Scope

MISSIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class UsageRequest:
    """Which tries. A day is a day of `zone`. `owner_id` is who made the mission, 0 for the local user;
    without a `provider` it is the one in use."""

    name: PeriodName = PeriodName.MONTH
    first: date | None = None
    last: date | None = None
    owner_id: int | None = None
    task_type: str | None = None
    provider: str | None = None
    zone: tzinfo = UTC


class Usage:
    """`provider` is the one in use."""

    def __init__(self, clock: Clock, provider: str) -> None:
        self._clock = clock
        self._provider = provider

    def show(self, wish: UsageRequest) -> UsageView:
        """All the numbers of some days."""
        today = self._today(wish)
        days = days_of(wish.name, today, wish.first, wish.last)
        parts = days.parts()
        scope = self._scope(wish)
        books = store.read([part.borders(wish.zone) for part in parts], scope)
        if wish.owner_id is not None:
            books = usage_sums.only_of(books, wish.owner_id)
        order = usage_sums.currencies(books)
        missions, mission_count = usage_sums.by_mission(books, order, MISSIONS_SHOWN)
        return UsageView(
            name=wish.name,
            days=days,
            today=today,
            provider=scope.provider,
            others=self._others(scope.provider),
            currencies=order,
            total=usage_sums.total(books),
            images=usage_sums.ended_with(books, "image"),
            videos=usage_sums.ended_with(books, "video"),
            wasted=usage_sums.wasted(books),
            unpriced=usage_sums.unpriced(books),
            prices=usage_sums.prices(books, order),
            unclear=usage_sums.unclear(books),
            given_up=usage_sums.given_up(books),
            parts=usage_sums.by_part(books, parts),
            people=usage_sums.by_person(books, order),
            types=usage_sums.by_type(books, order),
            missions=missions,
            mission_count=mission_count,
            causes=usage_sums.by_cause(books),
        )

    def csv(self, wish: UsageRequest) -> Iterator[bytes]:
        """Every try of these days that was paid for, or may have been, as a file for a spreadsheet: read
        while it is sent."""
        days = self.days(wish)
        return lines(days.borders(wish.zone), self._scope(wish), wish.owner_id, wish.zone)

    def days(self, wish: UsageRequest) -> Days:
        """Which days are asked for."""
        return days_of(wish.name, self._today(wish), wish.first, wish.last)

    def owners(self) -> list[tuple[int, str]]:
        """Accounts that ever made a mission, by name."""
        return ledger_missions.owners()

    def _today(self, wish: UsageRequest) -> date:
        now: datetime = self._clock.now()
        return now.astimezone(wish.zone).date()

    def _scope(self, wish: UsageRequest) -> Scope:
        return Scope(wish.provider or self._provider, wish.task_type)

    def _others(self, shown: str) -> tuple[str, ...]:
        return store.known_providers([name for name in PROVIDERS if name != shown])
