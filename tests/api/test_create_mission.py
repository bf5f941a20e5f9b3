"""POST /api/api-missions"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.helpers.live import LiveApp, mission_body

PATH = "/api/api-missions"
LATER = "2099-01-01 00:00:00"


def test_a_mission_is_made_and_says_how_many_items_it_has(live_app: LiveApp) -> None:
    answer = live_app.post(PATH, json=mission_body())
    assert answer.status_code == 200
    envelope = answer.json()
    assert set(envelope) == {"code", "data"}
    assert envelope["code"] == 0
    data = envelope["data"]
    assert set(data) == {"api_mission_id", "total_count", "status"}
    assert (data["total_count"], data["status"]) == (2, "queued")
    assert isinstance(data["api_mission_id"], int)


def test_every_field_is_kept(live_app: LiveApp) -> None:
    config = {"aspectRatio": "1:1", "batch_input": [{"prompt": "狐狸 🦊"}], "repeat": 3}
    mission_id = live_app.create(
        name="秋季新品 · 白底",
        description="第一行\n第二行",
        config=config,
        priority=2,
        scheduled_at="2099-05-06T20:00:00+08:00",
        failure_threshold=0.25,
    )
    mission = live_app.mission(mission_id)
    assert mission["name"] == "秋季新品 · 白底"
    assert mission["description"] == "第一行\n第二行"
    assert mission["config"] == config
    assert mission["priority"] == 2
    assert mission["scheduled_at"] == "2099-05-06 12:00:00"
    assert mission["total_count"] == 3
    assert [item["input_params"] for item in mission["items"]] == [
        {"prompt": "狐狸 🦊", "aspectRatio": "1:1"}
    ] * 3


def test_a_string_stands_for_the_batch_field(live_app: LiveApp) -> None:
    mission_id = live_app.create(
        task_type="image_to_video",
        config={"prompt": "zoom in", "batch_input": ["https://example.com/a.png"]},
        scheduled_at=LATER,
    )
    params = live_app.mission(mission_id)["items"][0]["input_params"]
    assert params["imageUrl"] == "https://example.com/a.png"
    assert params["prompt"] == "zoom in"
    assert params["duration"] == "10"


def test_an_items_own_value_wins(live_app: LiveApp) -> None:
    rows: list[Any] = ["a fox", {"prompt": "an owl", "aspectRatio": "16:9"}]
    mission_id = live_app.create(
        config={"aspectRatio": "1:1", "batch_input": rows}, scheduled_at=LATER
    )
    items = live_app.mission(mission_id)["items"]
    assert [item["input_params"]["aspectRatio"] for item in items] == ["1:1", "16:9"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"task_type": "text_to_music"}, "task_type"),
        ({"config": []}, "config"),
        ({"config": {"batch_input": []}}, "config.batch_input"),
        ({"config": {"batch_input": ["a"], "repeat": 0}}, "config.repeat"),
        ({"config": {"batch_input": ["a"], "colour": "red"}}, "config.colour"),
        ({"config": {"batch_input": ["a"], "aspectRatio": "7:5"}}, "config.aspectRatio"),
        ({"priority": "high"}, "priority"),
        ({"scheduled_at": "tomorrow"}, "scheduled_at"),
        ({"failure_threshold": 2}, "failure_threshold"),
        ({"nmae": "typo"}, "nmae"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    live_app: LiveApp, change: dict[str, Any], field: str
) -> None:
    error = live_app.refused(422, "POST", PATH, json=mission_body(**change))
    assert [one["field"] for one in error["errors"]] == [field]
    assert error["message"] == error["errors"][0]["message"]
    assert set(error["errors"][0]) == {"field", "message"}


def test_all_bad_rows_are_named_at_once(live_app: LiveApp) -> None:
    rows: list[Any] = ["fine", "", {"prompt": "x", "size": 3}, 17]
    error = live_app.refused(422, "POST", PATH, json=mission_body(config={"batch_input": rows}))
    assert [one["field"] for one in error["errors"]] == [
        "config.batch_input[1].prompt",
        "config.batch_input[2].size",
        "config.batch_input[3]",
    ]
    assert "Row 2" in error["errors"][0]["message"]


def test_what_is_wrong_in_different_places_is_named_at_once(live_app: LiveApp) -> None:
    rows: list[Any] = ["", {"prompt": "", "size": 3, "aspectRatio": "7:7"}]
    config = {"batch_input": rows, "aspectRatio": "7:5", "repeat": 0, "colour": "red"}
    error = live_app.refused(422, "POST", PATH, json=mission_body(name="", config=config))
    assert [one["field"] for one in error["errors"]] == [
        "name",
        "config.colour",
        "config.aspectRatio",
        "config.repeat",
        "config.batch_input[0].prompt",
        "config.batch_input[1].size",
        "config.batch_input[1].prompt",
        "config.batch_input[1].aspectRatio",
    ]


@pytest.mark.parametrize(
    ("config", "field", "told"),
    [
        ({"imageUrls": ["https://e.example/a.png"]}, "config.prompt", "Prompt is missing."),
        ({"prompt": "x", "imageUrls": [" /api/images/0.png "]}, "config.imageUrls", "not here"),
        (
            {"imageUrls": "/api/images/0.png", "batch_fields": ["prompt"], "batch_input": ["a"]},
            "config.imageUrls",
            "Reference images: the image 0.png is not here",
        ),
        (
            {"prompt": "x", "batch_input": ["https://e.example/a.png", "/api/images/0.png"]},
            "config.batch_input[1].imageUrls",
            "Row 2: the image 0.png is not here",
        ),
        ({"prompt": "x", "imageUrls": ["http://"]}, "config.imageUrls", "not the address"),
    ],
)
def test_a_field_is_named_where_it_was_sent(
    live_app: LiveApp, config: dict[str, Any], field: str, told: str
) -> None:
    body = mission_body(task_type="image_to_image", config=config)
    [error] = live_app.refused(422, "POST", PATH, json=body)["errors"]
    assert error["field"] == field
    assert told in error["message"]
    assert ("Row" in error["message"]) is ("[" in field)


def test_more_than_fifty_are_counted(live_app: LiveApp) -> None:
    error = live_app.refused(422, "POST", PATH, json=mission_body(config={"batch_input": [7] * 93}))
    assert len(error["errors"]) == 51
    assert error["errors"][-1] == {"field": "config.batch_input", "message": "And 43 more."}
    gone = [f"/api/images/{n:016x}.png" for n in range(53)]
    body = mission_body(
        task_type="image_to_image", config={"prompt": "x", "batch_input": gone, "repeat": 2}
    )
    error = live_app.refused(422, "POST", PATH, json=body)
    assert len(error["errors"]) == 51
    assert error["errors"][49]["field"] == "config.batch_input[49].imageUrls"
    assert error["errors"][-1]["message"] == "And 3 more."


def test_a_missing_name_and_type_are_both_named(live_app: LiveApp) -> None:
    error = live_app.refused(422, "POST", PATH, json={"config": {"batch_input": ["a"]}})
    assert {one["field"] for one in error["errors"]} == {"name", "task_type"}


def test_ten_thousand_items_fit_in_one_call_and_one_more_does_not(live_app: LiveApp) -> None:
    prompts = [f"狐狸 number {n}, " + "in the morning mist " * 10 for n in range(10_000)]
    body = mission_body(config={"batch_input": prompts}, scheduled_at=LATER)
    data = live_app.data("POST", PATH, json=body)
    assert data["total_count"] == 10_000
    mission = live_app.mission(data["api_mission_id"])
    assert len(mission["items"]) == 10_000
    assert mission["items"][-1]["item_index"] == 10_000
    assert mission["items"][-1]["input_params"]["prompt"] == prompts[-1].strip()

    body = mission_body(config={"batch_input": [*prompts, "one more"]})
    error = live_app.refused(422, "POST", PATH, json=body)
    assert "10,001" in error["message"]


def test_the_longest_prompt_fits_and_a_longer_one_is_refused(live_app: LiveApp) -> None:
    live_app.create(config={"batch_input": ["字" * 20_000]}, scheduled_at=LATER)
    body = mission_body(config={"batch_input": ["字" * 20_001]})
    error = live_app.refused(422, "POST", PATH, json=body)
    assert "20001" in error["message"].replace(",", "")


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_must_say_that_it_is_json(live_app: LiveApp, content_type: str | None) -> None:
    raw = json.dumps(mission_body())
    headers = {"Content-Type": content_type} if content_type else {}
    live_app.refused(415, "POST", PATH, data=raw.encode(), headers=headers)


def test_a_charset_behind_the_content_type_is_fine(live_app: LiveApp) -> None:
    raw = json.dumps(mission_body(scheduled_at=LATER)).encode()
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert live_app.post(PATH, data=raw, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "line 1, column 1"),
        (b'{"name": "x",\n "task_type": }', "line 2, column 15"),
        (b'{"name": "x"', "line 1, column 13"),
        (b"[1, 2]", "JSON object"),
        (b'"text"', "JSON object"),
        (b'{"priority": NaN}', "NaN"),
        (b'{"priority": -Infinity}', "-Infinity"),
        (b'{"priority": ' + b"9" * 5000 + b"}", "number"),
        (b'{"name": "\xff"}', "byte 11"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "deep"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_the_place(
    live_app: LiveApp, raw: bytes, told: str
) -> None:
    headers = {"Content-Type": "application/json"}
    error = live_app.refused(400, "POST", PATH, data=raw, headers=headers)
    assert told in error["message"]


def test_a_body_that_breaks_is_told_of_in_one_language(live_app: LiveApp) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": "zh-CN"}
    error = live_app.refused(400, "POST", PATH, data=b'{"name" 1}', headers=headers)
    assert "第 1 行第 9 列" in error["message"]
    assert "delimiter" not in error["message"]


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (b'{"name": "a", "task_type": "text_to_image", "name": "b"}', "name"),
        (b'{"name": "a", "config": {"prompt": "a", "prompt": "a"}}', "prompt"),
    ],
)
def test_a_key_given_twice_is_refused(live_app: LiveApp, raw: bytes, key: str) -> None:
    headers = {"Content-Type": "application/json"}
    error = live_app.refused(422, "POST", PATH, data=raw, headers=headers)
    assert error["errors"] == [{"field": key, "message": f"“{key}” is given twice."}]


NESTED = "[" * 600 + "]" * 600


def posted(config: str, deep: str) -> str:
    """A body with something for DEEP that json.dumps could not write."""
    body = '{"name":"x","task_type":"text_to_image","config":CONFIG}'
    return body.replace("CONFIG", config).replace("DEEP", deep)


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ('{"batch_input":["x"],"y":DEEP}', "config.y"),
        ('{"batch_input":["x",{"prompt":"x","y":DEEP}]}', "config.batch_input[1].y"),
        ('{"batch_input":["x",DEEP]}', "config.batch_input[1]"),
        ('{"batch_input":{"a":DEEP}}', "config.batch_input"),
    ],
)
def test_what_is_nested_too_deeply_is_named(live_app: LiveApp, config: str, field: str) -> None:
    """Python reads it, and then cannot walk through it."""
    for nested in (NESTED, "[" * 51 + "]" * 51):
        raw = posted(config, nested)
        sent = {"data": raw, "headers": {"Content-Type": "application/json"}}
        for path in (PATH, "/api/api-templates"):
            error = live_app.refused(422, "POST", path, **sent)
            assert [one["field"] for one in error["errors"]] == [field]
            assert "nested too deeply" in error["message"]
            assert ("Row 2: " in error["message"]) is ("[1]" in field)


def test_fifty_levels_are_told_of_as_what_they_are(live_app: LiveApp) -> None:
    raw = posted('{"batch_input":["x"],"y":DEEP}', "[" * 50 + "]" * 50)
    headers = {"Content-Type": "application/json"}
    error = live_app.refused(422, "POST", PATH, data=raw, headers=headers)
    assert "not a parameter" in error["message"]


def test_a_name_that_cannot_be_said_is_refused_however_deep_it_leads(live_app: LiveApp) -> None:
    raw = posted('{"batch_input":[{"prompt":"x","\\ud800":DEEP}]}', NESTED)
    headers = {"Content-Type": "application/json"}
    live_app.refused(422, "POST", PATH, data=raw, headers=headers)


@pytest.mark.parametrize("text", ["half a pair \ud800", "a nul \x00 inside"])
def test_text_that_cannot_be_stored_or_sent_is_refused(live_app: LiveApp, text: str) -> None:
    for change in (
        {"name": text},
        {"description": text},
        {"config": {"batch_input": [text]}},
        {"config": {"batch_input": ["a"], text: "b"}},
    ):
        raw = json.dumps(mission_body(**change)).encode()
        live_app.refused(422, "POST", PATH, data=raw, headers={"Content-Type": "application/json"})


def test_the_same_key_makes_one_mission(live_app: LiveApp) -> None:
    headers = {"Idempotency-Key": "order-4711"}
    body = mission_body(name="Only once")
    first = live_app.data("POST", PATH, json=body, headers=headers)
    again = live_app.data("POST", PATH, json=body, headers=headers)
    assert again["api_mission_id"] == first["api_mission_id"]
    assert again["total_count"] == first["total_count"]
    assert live_app.data("GET", PATH + "?q=Only once")["total"] == 1


def test_the_same_key_with_another_body_is_a_conflict(live_app: LiveApp) -> None:
    headers = {"Idempotency-Key": "order-4712"}
    live_app.data("POST", PATH, json=mission_body(name="First"), headers=headers)
    live_app.refused(409, "POST", PATH, json=mission_body(name="Other"), headers=headers)


def test_a_repeated_call_does_not_pay_again_for_what_was_deleted(live_app: LiveApp) -> None:
    headers = {"Idempotency-Key": "order-4714"}
    body = mission_body(name="Deleted since", scheduled_at=LATER)
    first = live_app.data("POST", PATH, json=body, headers=headers)
    live_app.data("DELETE", f"{PATH}/{first['api_mission_id']}")
    for again in (body, mission_body(name="Deleted since, and changed")):
        error = live_app.refused(409, "POST", PATH, json=again, headers=headers)
        assert "was deleted" in error["message"]
    assert live_app.data("GET", PATH + "?q=Deleted since")["total"] == 0
    live_app.data("POST", PATH, json=body, headers={"Idempotency-Key": "order-4715"})


@pytest.mark.parametrize("key", ["", "x" * 201, "clé"])
def test_a_key_that_cannot_be_kept_is_refused(live_app: LiveApp, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    error = live_app.refused(422, "POST", PATH, json=mission_body(), headers=headers)
    assert error["errors"][0]["field"] == "Idempotency-Key"


def test_a_refused_call_does_not_use_up_its_key(live_app: LiveApp) -> None:
    headers = {"Idempotency-Key": "order-4713"}
    live_app.refused(422, "POST", PATH, json=mission_body(name=""), headers=headers)
    live_app.data("POST", PATH, json=mission_body(), headers=headers)


def test_two_calls_at_the_same_moment_with_one_key_make_one_mission(live_app: LiveApp) -> None:
    from concurrent.futures import ThreadPoolExecutor

    import requests

    def send(_: int) -> Any:
        return requests.post(
            live_app.url + PATH,
            json=mission_body(name="Double click"),
            headers={"Idempotency-Key": "double"},
            timeout=30,
        ).json()["data"]["api_mission_id"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(8)))) == 1
