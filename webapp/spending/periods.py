"""Stretches of whole days as the reader's calendar has them, and the moments at which they begin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2099, 12, 31)
"""No other days can be asked for: years of four digits, and far from what a calendar cannot hold."""

_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOST_DAYS = 92
_MOST_MONTHS = 60
_DAY = timedelta(days=1)


class PeriodName(StrEnum):
    """What can be asked for by name."""

    MONTH = "month"
    LAST_MONTH = "last_month"
    WEEK = "7_days"
    DAYS_30 = "30_days"
    DATES = "dates"
    """From one day to another, both named."""


@dataclass(frozen=True, slots=True)
class Days:
    """From the first day to the last, both with all their hours."""

    first: date
    last: date

    def borders(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """When it begins and when it is over, in UTC. A day in `zone` may have 23 or 25 hours."""
        return _midnight(self.first, zone), _midnight(self.last + _DAY, zone)

    def parts(self) -> tuple[Days, ...]:
        """What a chart has a bar for: days, of more than three months whole months, of more than five
        years whole years; the first and the last part may be cut."""
        for length, most in ((_one_day, _MOST_DAYS), (_one_month, _MOST_MONTHS)):
            found = tuple(self._cut(length))
            if len(found) <= most:
                return found
        return tuple(self._cut(_one_year))

    def _cut(self, length: Callable[[date], date]) -> Iterator[Days]:
        first = self.first
        while first <= self.last:
            last = min(length(first), self.last)
            yield Days(first, last)
            first = last + _DAY


def parse_day(text: str) -> date:
    """`2026-11-22`. Raises ValueError. What is outside of FIRST_DAY and LAST_DAY becomes one of these:
    nothing was made there."""
    if not _ISO_DAY.fullmatch(text):
        raise ValueError(text)
    return min(max(date.fromisoformat(text), FIRST_DAY), LAST_DAY)


def days_of(name: PeriodName, today: date, first: date | None, last: date | None) -> Days:
    """The days of a period. `first` and `last` count for DATES only; what is missing of them is the
    first of this month, and today. In the wrong order they are turned round."""
    first_of_month = today.replace(day=1)
    match name:
        case PeriodName.MONTH:
            return Days(first_of_month, today)
        case PeriodName.LAST_MONTH:
            end = first_of_month - _DAY
            return Days(end.replace(day=1), end)
        case PeriodName.WEEK:
            return Days(today - 6 * _DAY, today)
        case PeriodName.DAYS_30:
            return Days(today - 29 * _DAY, today)
        case PeriodName.DATES:
            last = last or max(today, first or today)
            first = first or min(first_of_month, last)
            return Days(min(first, last), max(first, last))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _one_day(first: date) -> date:
    return first


def _one_month(first: date) -> date:
    return (first.replace(day=28) + 4 * _DAY).replace(day=1) - _DAY


def _one_year(first: date) -> date:
    return first.replace(month=12, day=31)
