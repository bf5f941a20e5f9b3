"""/usage and /api/usage over HTTP: what missions really cost, by days, types and missions, and as a file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.api.test_documentation import answer_example, shape
from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.pages.browsing import htmx, post, text_of
from webapp.db import writing
from webapp.models import Attempt
from webapp.pages.formatting import money

LONG_AGO = "from=2001-02-03&to=2001-02-04"


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> Iterator[LiveApp]:
    """Three pictures were made and one was refused; two films were made, and their mission deleted."""
    found = start_app(poll_interval=0.2)
    assert "Nothing was made in these days" in text_of(found.get("/usage").text)
    assert "/usage.csv" not in found.get("/usage").text
    pictures = found.create(
        name="=Pictures",
        config={"batch_input": ["a fox", "an owl", "a hen", "a bull [fail:1501]"]},
    )
    films = found.create(
        name="Films", task_type="text_to_video", config={"batch_input": ["a sea", "a hill"]}
    )
    for mission_id in (pictures, films):
        found.ended(mission_id)
    post(found, f"/missions/{films}/delete")
    yield found


def page(app: LiveApp, query: str = "", **headers: str) -> str:
    answer = app.get(f"/usage?{query}", headers=headers)
    assert answer.status_code == 200
    return answer.text


def rows(app: LiveApp, query: str = "") -> list[dict[str, str]]:
    answer = app.get(f"/usage.csv?{query}")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def figure(text: str, name: str) -> str:
    """The words of one of the tiles."""
    found = re.search(rf"<dt>{name}</dt>(.*?)</div>", text, re.DOTALL)
    assert found
    return text_of(found[1])


def test_page_json_and_file_say_the_same(app: LiveApp) -> None:
    numbers, text, lines = app.data("GET", "/api/usage"), page(app), rows(app)
    example = answer_example("GET", "/api/usage") | {"wasted": []}  # nothing was, here
    assert shape(example) == shape(numbers | {"parts": numbers["parts"][-1:]})
    assert (numbers["completed_count"], numbers["failed_count"]) == (5, 1)
    assert numbers["success_rate"] == 83.3
    assert (numbers["images"], numbers["videos"]) == (4, 2)
    (money,) = numbers["money"]
    assert money["currency"] == "CNY"
    assert len(lines) == 5
    assert sum(float(row["cost"]) for row in lines) == pytest.approx(money["amount"])
    assert figure(text, "Charged") == f"¥{money['amount']:.2f}"
    assert figure(text, "Items ended") == "6 4 images · 2 videos"
    assert figure(text, "Success rate") == "83.3% 1 failed"
    (price,) = numbers["prices"]
    assert (price["listed"], price["charged"]) == (2.15, money["amount"])
    assert figure(text, "Unclear") == "0"
    (cause,) = numbers["causes"]
    assert (cause["cause"], cause["count"], cause["retry"]) == ("content:1501", 1, False)
    assert f"{cause['title']} 1501" in text_of(text)
    films, pictures = numbers["missions"]
    assert (films["name"], films["deleted"]) == ("Films", True)
    assert (pictures["name"], pictures["deleted"]) == ("=Pictures", False)
    assert f'<a href="/missions/{films["api_mission_id"]}/history">Films</a>' in text
    assert f'<a href="/missions/{pictures["api_mission_id"]}">=Pictures</a>' in text
    assert {row["mission"] for row in lines} == {"'=Pictures", "Films"}
    assert numbers["parts"][-1]["completed_count"] == 5
    assert [entry["task_type"] for entry in numbers["task_types"]] == [
        "text_to_video",
        "text_to_image",
    ]


def test_filters_are_in_the_address(app: LiveApp) -> None:
    films = "type=text_to_video&period=7_days"
    assert figure(page(app, films), "Items ended") == "2 0 images · 2 videos"
    assert {row["task_type"] for row in rows(app, films)} == {"text_to_video"}
    assert app.data("GET", "/api/usage?task_type=text_to_video")["videos"] == 2
    # The link to the file, and the form, keep what was chosen.
    text = page(app, films)
    assert 'href="/usage.csv?period=7_days&amp;type=text_to_video"' in text
    assert '<option value="7_days" selected>' in text
    assert '<option value="text_to_video" selected>' in text
    assert page(app, films, **htmx()).count("<h1") == 1

    text = page(app, LONG_AGO)
    assert "Nothing was made in these days" in text_of(text)
    assert '<option value="dates" selected>' in text
    assert 'value="2001-02-03"' in text
    assert 'value="2001-02-04"' in text
    assert rows(app, LONG_AGO) == []
    answer = app.get(f"/usage.csv?{LONG_AGO}")
    assert 'filename="usage-2001-02-03-2001-02-04.csv"' in answer.headers["content-disposition"]
    assert app.data("GET", f"/api/usage?{LONG_AGO}")["first_day"] == "2001-02-03"
    assert "Nothing fits these filters." in text_of(page(app, "type=image_to_video"))
    # Other names are chosen by name: then the dates of the form do not count.
    assert figure(page(app, f"period=month&{LONG_AGO}"), "Items ended").startswith("6 ")
    assert app.call("HEAD", "/usage.csv").content == b""


@pytest.mark.parametrize(
    "query",
    [
        "period=century&type=poem&provider=nobody&person=-1",
        "from=yesterday&to=2026-13-01",
        f"person={'9' * 30}&from=",
        "from=%00&type=%F0%9F%A6%8A",
    ],
)
def test_what_a_page_does_not_know_counts_as_not_given(app: LiveApp, query: str) -> None:
    assert figure(page(app, query), "Items ended").startswith("6 ")
    assert len(rows(app, query)) == 5


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("period=century", "period"),
        ("from=22.11.2026", "from"),
        ("to=1700000000", "to"),
        ("from=2026-11-01&from=2026-11-02", "from"),
        ("owner_id=me", "owner_id"),
        ("task_type=poem", "task_type"),
        ("provider=nobody", "provider"),
    ],
)
def test_a_program_is_told_what_does_not_fit(app: LiveApp, query: str, field: str) -> None:
    envelope = app.refused(422, "GET", f"/api/usage?{query}")
    assert [error["field"] for error in envelope["errors"]] == [field]


def test_a_day_is_the_readers(app: LiveApp) -> None:
    """Where it is 14 hours later, what was made just before midnight was made tomorrow."""
    moment = datetime(2002, 5, 31, 23, tzinfo=UTC)
    with writing():
        one = Attempt.select().where(Attempt.task_type == "text_to_image").first()
        kept = one.ended_at
        Attempt.update(ended_at=moment).where(Attempt.id == one.id).execute()
    try:
        may, june = "from=2002-05-31&to=2002-05-31", "from=2002-06-01&to=2002-06-01"
        here, there = "tz=UTC", "tz=Pacific/Kiritimati"
        for cookie, full, empty in ((here, may, june), (there, june, may)):
            assert figure(page(app, full, Cookie=cookie), "Items ended").startswith("1 ")
            assert "Nothing was made" in text_of(page(app, empty, Cookie=cookie))
        assert app.data("GET", f"/api/usage?{may}")["completed_count"] == 1
        file = app.get(f"/usage.csv?{june}", headers={"Cookie": there}).text
        assert "2002-06-01,2002-05-31 23:00:00" in file
    finally:
        with writing():
            Attempt.update(ended_at=kept).where(Attempt.id == one.id).execute()


def test_the_chart_says_in_words_what_it_shows(app: LiveApp) -> None:
    text = page(app, "period=30_days")
    chart = text[text.index('<svg class="money"') :]
    assert chart.count("<rect") == 30
    assert " style=" not in text
    assert re.search(r'<svg class="money" role="img" aria-label="¥[\d.]+ from \d{4}-', text)
    table = text[text.index("As a table") :]
    today = datetime.now(UTC).date()
    days = {today - timedelta(days=1), today, today + timedelta(days=1)}  # of the machine
    assert any(f'href="/usage?from={day}&amp;to={day}"' in table for day in days)
    assert '<svg class="money"' not in page(app, f"from={_day_of(text)}&to={_day_of(text)}")
    long = app.data("GET", "/api/usage?from=2024-01-01&to=2026-11-30")["parts"]
    assert (len(long), long[1]["first_day"]) == (35, "2024-02-01")


def _day_of(text: str) -> date:
    found = re.search(r'href="/usage\?from=(\d{4}-\d\d-\d\d)&amp;', text)
    assert found
    return date.fromisoformat(found[1])


def test_the_demo_is_a_choice_of_its_own(app: LiveApp) -> None:
    assert "Real money or the demo’s" not in page(app)
    with writing():
        one = Attempt.select().where(Attempt.task_type == "text_to_image").first()
        Attempt.update(provider="simulator").where(Attempt.id == one.id).execute()
    try:
        assert figure(page(app), "Items ended").startswith("5 ")
        assert 'href="/usage?provider=simulator"' in page(app)
        text = page(app, "provider=simulator")
        assert "Nobody pays these amounts." in text_of(text)
        assert figure(text, "Items ended").startswith("1 ")
        assert '<input type="hidden" name="provider" value="simulator">' in text
        numbers: Any = app.data("GET", "/api/usage?provider=simulator")
        assert (numbers["provider"], numbers["completed_count"]) == ("simulator", 1)
        assert len(rows(app, "provider=simulator")) == 1
    finally:
        with writing():
            Attempt.update(provider="runninghub").where(Attempt.id == one.id).execute()


def test_without_accounts_there_is_no_person_to_choose(app: LiveApp) -> None:
    text = page(app)
    assert 'id="person"' not in text
    assert 'id="people-title"' not in text
    assert json.dumps(app.data("GET", "/api/usage")["people"]).count('"local"') == 1


@pytest.mark.parametrize(
    ("amount", "currency", "en", "zh"),
    [
        ("0.0125", "CNY", "¥0.0125", "¥0.0125"),
        ("0.0125", "USD", "$0.0125", "US$0.0125"),
        ("1234.5", "USD", "$1,234.50", "US$1,234.50"),
        ("2", "points", "points2.00", "points2.00"),
    ],
)
def test_small_amounts_keep_their_digits(amount: str, currency: str, en: str, zh: str) -> None:
    assert money(Decimal(amount), currency, "en") == en
    assert money(Decimal(amount), currency, "zh") == zh


def test_in_chinese(app: LiveApp) -> None:
    text = text_of(page(app, **{"Accept-Language": "zh-CN"}))
    for words in ("用量", "本月", "下载 CSV", "每日花费", "失败原因", "图片 4 · 视频 2"):
        assert words in text
