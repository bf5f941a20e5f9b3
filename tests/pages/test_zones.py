"""The time zone of a visitor: the browser's, else the machine's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from webapp.pages.formatting import full_moment, moment
from webapp.pages.visitor import find_zone

SUMMER = datetime(2026, 7, 1, 10, tzinfo=UTC)
WINTER = datetime(2026, 12, 1, 10, tzinfo=UTC)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that has summer time."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system does not let a program choose its zone")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("name", ["", "Nowhere/Atlantis", "/etc/passwd", "x" * 100])
@pytest.mark.usefixtures("berlin")
def test_the_machines_own_zone_knows_summer_and_winter(name: str) -> None:
    zone = find_zone(name)
    assert moment(SUMMER, zone) == "2026-07-01 12:00"
    assert moment(WINTER, zone) == "2026-12-01 11:00"
    # As in the form: a time without a zone, on its way to UTC.
    assert datetime(2026, 7, 1, 12, tzinfo=zone).astimezone(UTC) == SUMMER
    assert datetime(2026, 12, 1, 11, tzinfo=zone).astimezone(UTC) == WINTER


@pytest.mark.usefixtures("berlin")
def test_the_hour_that_comes_twice_goes_there_and_back() -> None:
    zone = find_zone("")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for instant in (first, first + timedelta(hours=1)):
        there = instant.astimezone(zone)
        assert (there.hour, there.minute) == (2, 30)
        assert there.astimezone(UTC) == instant


@pytest.mark.usefixtures("berlin")
def test_a_tooltip_names_the_machines_zone() -> None:
    assert full_moment(SUMMER, find_zone(""), "en").startswith("2026-07-01 12:00:00 ")


def test_a_named_zone_is_used() -> None:
    assert moment(SUMMER, find_zone("Asia/Shanghai")) == "2026-07-01 18:00"
