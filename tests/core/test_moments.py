"""Moments as text: of one width in the database and in JSON, whatever the year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from webapp.clock import format_utc
from webapp.fields import UtcField

MOMENTS = (
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(132, 11, 4, 12, 55, 3, tzinfo=UTC),
    datetime(2026, 11, 22, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=8))),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    field = UtcField()
    text = field.db_value(moment)
    assert len(text) == len("2026-11-22 01:02:03.000004")
    assert field.python_value(text) == moment
    assert len(format_utc(moment)) == len("2026-11-22 01:02:03")


def test_text_sorts_as_moments_do() -> None:
    texts = [UtcField().db_value(moment) for moment in MOMENTS]
    assert texts == sorted(texts)
    assert format_utc(MOMENTS[1]) == "0132-11-04 12:55:03"
    assert format_utc(MOMENTS[2]) == "2026-11-21 17:02:03"
