"""What was made and what it cost, summed up from the ledger: against tries made by hand, at moments that
the test names."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.core.making import (
    BUSY,
    MODERATED,
    NOW,
    accept,
    claim,
    fail,
    finish,
    later,
    lose,
    new_mission,
)
from webapp.accounts.people import Action, Person, Role
from webapp.clock import FakeClock
from webapp.db import writing
from webapp.files.spreadsheet import BOM
from webapp.models import Attempt, User
from webapp.providers.runninghub import RunningHub
from webapp.providers.simulated import Simulated
from webapp.settings import Settings
from webapp.spending.periods import PeriodName
from webapp.spending.usage import MISSIONS_SHOWN, Usage, UsageRequest
from webapp.spending.usage_views import PROVIDERS, Tally, UsageView
from webapp.store import attempts, audit, deliveries, items, ledger, missions
from webapp.store.deliveries import Delivery
from webapp.store.flights import Flight

TODAY = datetime(2026, 1, 20, 12, tzinfo=UTC)
FIRST, LAST = NOW.date(), TODAY.date()
DAY = timedelta(days=1)
VIDEO = {"task_type": "text_to_video", "estimate": Decimal(2)}


def usage() -> Usage:
    return Usage(FakeClock(TODAY), RunningHub.name)


def show(first: date = FIRST, last: date = LAST, **wish: Any) -> UsageView:
    return usage().show(UsageRequest(PeriodName.DATES, first, last, **wish))


def rows(first: date = FIRST, last: date = LAST, **wish: Any) -> list[dict[str, str]]:
    """The lines of the file."""
    sent = b"".join(usage().csv(UsageRequest(PeriodName.DATES, first, last, **wish)))
    assert sent.startswith(BOM)
    return list(csv.DictReader(io.StringIO(sent.decode("utf-8-sig"))))


def flights(count: int = 1, **changes: Any) -> list[Flight]:
    """Items of a new mission, which RunningHub works on."""
    new_mission(count, **changes)
    return [accept(flight) for flight in claim().flights]


def charge_failed(flight: Flight, cost: str, now: datetime = NOW) -> None:
    attempts.fail(flight, MODERATED, now, cost=Decimal(cost), currency="CNY")


def deliver_in_dollars(flight: Flight, cost: str, now: datetime = NOW) -> None:
    delivery = Delivery([], Decimal(cost), "USD", now + DAY)
    deliveries.succeed(flight, delivery, now)


def again(flight: Flight, now: datetime) -> Flight:
    """One more try of an item that failed."""
    assert items.retry(flight.mission_id, now, "anna", indexes=[flight.item_index])
    (flight,) = claim(now=now).flights
    return accept(flight, now)


def test_the_names_are_those_of_the_providers() -> None:
    assert (RunningHub.name, Simulated.name) == PROVIDERS


def test_nothing(db: Settings) -> None:
    found = show()
    assert not found.anything
    assert (found.total.money, found.total.success_rate, found.prices) == ({}, None, ())
    assert rows() == []


def test_items_money_types_and_missions(db: Settings) -> None:
    autumn = flights(5)
    for flight in autumn[:3]:
        finish(flight, cost="0.04")
    fail(autumn[3])
    charge_failed(autumn[4], "0.01")
    films = flights(2, name="Films", **VIDEO)
    finish(films[0], cost="0.9")
    finish(films[1], cost=None)  # RunningHub did not say
    found = show()
    assert (found.total.completed, found.total.failed, found.total.ended) == (5, 2, 7)
    assert found.total.success_rate == 71.4
    assert found.total.money == {"CNY": Decimal("1.03")}
    assert (found.images, found.videos) == (5, 2)
    assert found.wasted == {"CNY": Decimal("0.01")}
    assert found.unpriced == 1
    assert [(entry.task_type, entry.tally.ended) for entry in found.types] == [
        ("text_to_video", 2),
        ("text_to_image", 5),
    ]
    assert [mission.name for mission in found.missions] == ["Films", "Autumn"]
    assert found.missions[1].tally.money == {"CNY": Decimal("0.13")}
    assert [(cause.key, cause.count) for cause in found.causes] == [("content:1501", 2)]
    # Three for 0.05 each and one for 1.00 were listed; the one without a price is left out.
    (price,) = found.prices
    assert (price.listed, price.charged) == (Decimal("1.15"), Decimal("1.02"))
    assert price.above == -11.3
    films_alone = show(task_type="text_to_video")
    assert films_alone.total.money == {"CNY": Decimal("0.9")}
    assert (films_alone.mission_count, films_alone.causes) == (1, ())


def test_an_item_counts_once_by_its_last_try_of_the_days(db: Settings) -> None:
    (flight,) = flights()
    charge_failed(flight, "0.02", later(10))
    second = again(flight, NOW + DAY)
    attempts.give_back(second, BUSY, NOW + DAY, retry_at=None, counts_as_try=False)
    on_the_first = show(last=NOW.date())
    assert (on_the_first.total.completed, on_the_first.total.failed) == (0, 1)
    # By the next day it waits again: it has not ended.
    until_the_second = show(last=(NOW + DAY).date())
    assert until_the_second.total.ended == 0
    (third,) = claim(now=NOW + 2 * DAY).flights
    finish(accept(third, NOW + 2 * DAY), NOW + 2 * DAY)
    found = show()
    assert (found.total.completed, found.total.failed, found.causes) == (1, 0, ())
    assert found.total.money == {"CNY": Decimal("0.07")}
    assert found.wasted == {"CNY": Decimal("0.02")}
    # What was said of a day that is over is never said differently.
    assert show(last=NOW.date()) == on_the_first


def test_what_was_charged_after_it_was_given_up_counts_when_that_became_known(
    db: Settings,
) -> None:
    given_up, delivered = flights(2)
    for flight in (given_up, delivered):
        lose(flight, later(60))
    third_day, fifth_day = NOW + 2 * DAY, NOW + 4 * DAY
    items.give_up(given_up.attempt_id, third_day, "anna")
    items.submit_again(delivered.attempt_id, third_day, "anna")
    before = show()
    assert (before.total.failed, before.given_up, before.total.money) == (1, 2, {})
    assert [row["state"] for row in rows()] == ["abandoned", "abandoned"]
    assert {row["cost"] for row in rows()} == {""}

    (second,) = claim(now=third_day).flights
    finish(accept(second, third_day), third_day, cost="0.05")
    finish(delivered, fifth_day, cost="0.06")
    found = show()
    assert found.total.money == {"CNY": Decimal("0.11")}
    assert found.wasted == {"CNY": Decimal("0.06")}
    assert (found.total.completed, found.total.failed, found.given_up) == (1, 1, 1)
    money = [part.money.get("CNY") for part in found.parts[:5]]
    assert money == [None, None, Decimal("0.05"), None, Decimal("0.06")]
    assert show(last=third_day.date()).total.money == {"CNY": Decimal("0.05")}
    assert [(row["day"], row["state"], row["cost"]) for row in rows()] == [
        ("2026-01-03", "abandoned", ""),
        ("2026-01-03", "succeeded", "0.05"),
        ("2026-01-05", "abandoned", "0.06"),
    ]


@pytest.mark.parametrize(
    ("completed", "failed", "rate"),
    [(0, 0, None), (3, 0, 100.0), (0, 3, 0.0), (9999, 1, 99.9), (1, 9999, 0.1), (1, 2, 33.3)],
)
def test_only_all_is_a_hundred_per_cent(completed: int, failed: int, rate: float | None) -> None:
    assert Tally(completed, failed, {}).success_rate == rate


def test_currencies_are_never_added(db: Settings) -> None:
    first, second, third, fourth = flights(4)
    finish(first, cost="0.05")
    finish(second, cost="0.05")
    deliver_in_dollars(third, "0.30")
    deliver_in_dollars(fourth, "0.40", NOW + DAY)
    found = show()
    assert found.currencies == ("CNY", "USD")
    assert found.total.money == {"CNY": Decimal("0.10"), "USD": Decimal("0.70")}
    assert found.costs("USD")[:2] == (Decimal("0.30"), Decimal("0.40"))
    # There is no list price in dollars to compare with.
    assert [price.currency for price in found.prices] == ["CNY"]
    assert [(row["currency"], row["cost"]) for row in rows()][-2:] == [
        ("USD", "0.3"),
        ("USD", "0.4"),
    ]


def test_the_demo_is_told_apart(db: Settings) -> None:
    finish(flights()[0])
    found = show(provider=Simulated.name)
    assert not found.anything
    assert (found.provider, found.others) == (Simulated.name, (RunningHub.name,))
    assert show().others == ()


def person(name: str) -> Person:
    with writing():
        made = User.insert(
            name=name, role=Role.MEMBER, password_hash="", created_at=NOW, password_at=NOW
        ).execute()
    return Person(made, name, Role.MEMBER)


@pytest.fixture(scope="module")
def ann(database: Settings) -> Person:
    return person("Ann")


def test_a_deleted_mission_keeps_its_name_its_owner_and_its_money(
    db: Settings, ann: Person
) -> None:
    (flight,) = flights(name="Autumn", owner_id=ann.id)
    mission_id = flight.mission_id
    audit.note(ann, Action.MISSION_CREATED, NOW, mission_id=mission_id, subject="Autumn")
    finish(flight)
    finish(flights(name="Not hers")[0])
    hers = show(owner_id=ann.id)
    assert [(one.name, one.deleted) for one in hers.missions] == [("Autumn", False)]

    missions.describe(mission_id, "=Winter", "", NOW)
    audit.note(ann, Action.MISSION_DELETED, NOW, mission_id=mission_id, subject="=Winter")
    missions.delete(mission_id, NOW, "Ann")
    assert show(owner_id=ann.id).missions[0].deleted
    missions.purge(mission_id, later(1))
    found = show(owner_id=ann.id)
    (mission,) = found.missions
    assert (mission.name, mission.owner, mission.deleted) == ("=Winter", "Ann", True)
    assert found.total == hers.total
    assert found.prices == hers.prices  # by what the type costs now
    assert [(one.owner, one.tally.completed) for one in show().people] == [("Ann", 1), ("local", 1)]
    assert (ann.id, "Ann") in usage().owners()
    (row,) = rows(owner_id=ann.id)
    assert (row["mission"], row["person"]) == ("'=Winter", "Ann")
    assert show(owner_id=ann.id + 1).total.ended == 0


def test_of_a_mission_that_nobody_remembers_the_number_is_left(db: Settings) -> None:
    (flight,) = flights()
    finish(flight)
    missions.delete(flight.mission_id, NOW, "local")
    missions.purge(flight.mission_id, later(1))
    (mission,) = show().missions
    assert (mission.mission_id, mission.name, mission.owner) == (flight.mission_id, "", "local")


def test_unclear_items_count_by_when_they_were_sent(db: Settings) -> None:
    first, second = flights(2)
    lose(first)
    lose(second)
    found = show()
    assert (found.unclear, found.given_up, found.total.ended) == (2, 0, 0)
    assert [row["state"] for row in rows()] == ["unknown", "unknown"]
    assert not show(first=(NOW + DAY).date()).anything
    with writing():  # as the review after a restore writes them
        Attempt.update(sent_at=None, answered_at=None).where(
            Attempt.id == first.attempt_id
        ).execute()
    assert (show().unclear, len(rows())) == (2, 2)
    # Nobody can decide about those of a deleted mission; they may be paid for all the same.
    missions.delete(first.mission_id, NOW, "anna")
    found = show()
    assert (found.unclear, found.given_up) == (0, 2)


ZONES = [ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), UTC]


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_a_day_is_the_readers(db: Settings, zone: tzinfo) -> None:
    start = datetime(2026, 1, 10, tzinfo=zone)
    for flight, now in zip(
        flights(4),
        (start - timedelta(microseconds=1), start, start + DAY / 2, start + DAY),
        strict=True,
    ):
        finish(flight, now)
    found = show(date(2026, 1, 10), date(2026, 1, 10), zone=zone)
    assert found.total.completed == 2
    days = {part.days.first.day: part.completed for part in show(zone=zone).parts}
    assert (days[9], days[10], days[11]) == (1, 2, 1)
    counted = Counter(row["day"] for row in rows(zone=zone))
    assert counted == {"2026-01-09": 1, "2026-01-10": 2, "2026-01-11": 1}


def test_days_of_summer_time_have_other_lengths(db: Settings) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hours = [datetime(2026, 3, 28, 22, 30, tzinfo=UTC) + timedelta(hours=n) for n in range(48)]
    for flight, now in zip(flights(48), hours, strict=True):
        finish(flight, now)
    parts = show(date(2026, 3, 28), date(2026, 3, 30), zone=berlin).parts
    assert [part.completed for part in parts] == [1, 23, 24]


def test_the_file_has_what_the_page_adds_up(db: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "CHUNK", 2)
    for number, flight in enumerate(flights(9)):
        moment = NOW + DAY * (number // 4)  # several at the very same one
        if number % 3:
            finish(flight, moment, cost=f"0.0{number}")
        else:
            charge_failed(flight, f"0.0{number}", moment)
    found, lines = show(), rows()
    assert len(lines) == 8  # the one that cost nothing and brought nothing is left out
    assert sum((Decimal(row["cost"]) for row in lines), Decimal(0)) == found.total.money["CNY"]
    assert [row["time_utc"] for row in lines] == sorted(row["time_utc"] for row in lines)
    assert len({row["task_id"] for row in lines}) == 8
    first = lines[0]
    assert first["task_id"].lstrip("'").isdecimal()
    assert (first["item"], first["try"], first["task_type"]) == ("2", "1", "text_to_image")
    assert (first["provider"], first["person"], first["mission"]) == (
        "runninghub",
        "local",
        "Autumn",
    )


def test_the_dearest_missions_are_shown_and_all_counted(db: Settings) -> None:
    for number in range(MISSIONS_SHOWN + 2):
        finish(flights(name=f"{number}")[0], cost=f"0.{number:02}")
    found = show()
    assert len(found.missions) == MISSIONS_SHOWN
    assert found.mission_count == MISSIONS_SHOWN + 2
    assert [mission.name for mission in found.missions][:2] == ["21", "20"]


def test_a_refusal_is_a_failure_that_cost_nothing(db: Settings) -> None:
    new_mission(1)
    (flight,) = claim().flights
    attempts.refuse(flight, MODERATED, NOW)
    found = show()
    assert (found.total.failed, found.total.money) == (1, {})
    assert rows() == []


def test_a_task_cancelled_over_there_may_cost(db: Settings) -> None:
    (flight,) = flights()
    attempts.cancelled_remotely(flight, MODERATED, NOW, cost=Decimal("0.02"), currency="CNY")
    assert show().wasted == {"CNY": Decimal("0.02")}
