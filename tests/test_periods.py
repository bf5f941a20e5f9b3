"""Stretches of days, in calendars that are not always regular."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.spending.periods import FIRST_DAY, LAST_DAY, Days, PeriodName, days_of, parse_day

TODAY = date(2026, 3, 15)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        (PeriodName.MONTH, date(2026, 3, 1), TODAY),
        (PeriodName.LAST_MONTH, date(2026, 2, 1), date(2026, 2, 28)),
        (PeriodName.WEEK, date(2026, 3, 9), TODAY),
        (PeriodName.DAYS_30, date(2026, 2, 14), TODAY),
        (PeriodName.DATES, date(2026, 3, 1), TODAY),
    ],
)
def test_days_by_name(name: PeriodName, first: date, last: date) -> None:
    assert days_of(name, TODAY, None, None) == Days(first, last)


def test_last_month_of_january() -> None:
    found = days_of(PeriodName.LAST_MONTH, date(2026, 1, 31), None, None)
    assert found == Days(date(2025, 12, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (date(2026, 1, 2), date(2026, 1, 5), Days(date(2026, 1, 2), date(2026, 1, 5))),
        (date(2026, 1, 5), date(2026, 1, 2), Days(date(2026, 1, 2), date(2026, 1, 5))),
        (date(2026, 1, 2), None, Days(date(2026, 1, 2), TODAY)),
        (date(2027, 1, 2), None, Days(date(2027, 1, 2), date(2027, 1, 2))),
        (None, date(2025, 1, 2), Days(date(2025, 1, 2), date(2025, 1, 2))),
        (None, date(2026, 3, 20), Days(date(2026, 3, 1), date(2026, 3, 20))),
    ],
)
def test_days_by_date(first: date | None, last: date | None, found: Days) -> None:
    assert days_of(PeriodName.DATES, TODAY, first, last) == found


@given(st.dates(FIRST_DAY, LAST_DAY), st.one_of(st.integers(0, 200), st.integers(0, 40_000)))
def test_parts_follow_each_other_without_a_gap_and_are_few(first: date, length: int) -> None:
    days = Days(first, min(first + length * DAY, LAST_DAY))
    parts = days.parts()
    assert (parts[0].first, parts[-1].last) == (days.first, days.last)
    assert all(before.last + DAY == after.first for before, after in pairwise(parts))
    assert len(parts) <= 100


@pytest.mark.parametrize(
    ("first", "last", "count", "second"),
    [
        (date(2026, 1, 1), date(2026, 4, 2), 92, date(2026, 1, 2)),
        (date(2026, 1, 1), date(2026, 4, 3), 4, date(2026, 2, 1)),
        (date(2024, 2, 10), date(2024, 12, 31), 11, date(2024, 3, 1)),
        (date(2020, 6, 1), date(2026, 6, 1), 7, date(2021, 1, 1)),
    ],
)
def test_long_stretches_are_cut_into_months_and_years(
    first: date, last: date, count: int, second: date
) -> None:
    parts = Days(first, last).parts()
    assert (len(parts), parts[1].first) == (count, second)


def test_a_day_is_written_in_one_way() -> None:
    assert parse_day("2026-11-22") == date(2026, 11, 22)
    assert parse_day("0001-01-01") == FIRST_DAY
    assert parse_day("9999-12-31") == LAST_DAY
    for text in ("", "20261122", "2026-W47-7", "2026-02-30", "２０２６-11-22", "1700000000"):
        with pytest.raises(ValueError):
            parse_day(text)
