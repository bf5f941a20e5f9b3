"""The control calls and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from webapp.simulator import __main__ as command

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller


def control(caller: Caller, name: str, body: object) -> int:
    """POST to /_sim/ and return the HTTP status."""
    return caller.http.post(f"{caller.sim.url}/_sim/{name}", json=body).status_code


def test_the_ledger_lists_what_was_accepted_without_the_key(caller: Caller) -> None:
    task_id = caller.submit("a cat", extra="x")["taskId"]
    caller.submit("[refuse:1011]")

    ledger = caller.http.get(f"{caller.sim.url}/_sim/ledger")

    assert ledger.json() == caller.sim.ledger
    (entry,) = ledger.json()
    assert entry["task_id"] == task_id
    assert entry["endpoint"] == "rhart-image-v1/text-to-image"
    assert entry["body"] == {"prompt": "a cat", "aspectRatio": "1:1", "extra": "x"}
    assert (entry["key_last4"], entry["price"]) == ("lice", "0.05")
    assert entry["status"] in ("QUEUED", "RUNNING")
    assert caller.key not in ledger.text
    assert entry["questions"] == 0
    caller.query(task_id)
    assert caller.sim.ledger[0]["questions"] == 1


def test_stats_count_what_happened(caller: Caller, red_png: bytes) -> None:
    caller.upload(red_png)
    caller.result("a cat")
    caller.submit("[refuse:1011]")
    caller.submit()

    stats = caller.http.get(f"{caller.sim.url}/_sim/stats").json()

    assert stats == caller.sim.stats
    assert stats["accepted"] == 2
    assert stats["refused"] == {"1011": 1}
    assert (stats["submits"], stats["queries"]) == (3, 1)
    assert (stats["uploads"], stats["downloads"]) == (1, 1)
    assert (stats["in_flight"], stats["max_in_flight"]) == (1, 1)
    assert stats["max_open_submits"] == 1
    assert stats["balance"] == "999.90"


def test_the_times_of_requests_show_hot_loops(caller: Caller) -> None:
    caller.submit()
    caller.sim.advance(7)
    caller.submit()

    first, second = caller.sim.request_times("submit")

    assert second - first == pytest.approx(7)


def test_rules_are_added_one_or_many_at_a_time_and_shown(caller: Caller) -> None:
    rule = {"on": "submit", "fault": "refuse", "code": "1011", "times": 1}
    assert control(caller, "scenario", rule) == 200
    assert control(caller, "scenario", [{**rule, "code": "1520"}]) == 200

    codes = [caller.submit()["errorCode"] for _ in range(3)]

    assert codes == ["1011", "1520", ""]
    shown = caller.http.get(f"{caller.sim.url}/_sim/scenario").json()
    assert [(one["code"], one["struck"]) for one in shown] == [("1011", 1), ("1520", 1)]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("scenario", {"on": "submit", "fault": "earthquake"}),
        ("scenario", {"on": "moon", "fault": "http"}),
        ("scenario", {"on": "query", "fault": "result_url"}),
        ("scenario", ["nonsense"]),
        ("config", {"port": 1}),
        ("config", {"keys": {"a": "golden"}}),
        ("config", [1]),
        ("config", {"concurrency": "many"}),
        ("config", {"speed": 0}),
        ("config", {"balance": "much"}),
        ("config", {"durations": {"a": 1}}),
        ("config", {"image_format": "webp"}),
        ("config", {"expired_status": 200}),
        ("config", "\udfff\ud800"),
        ("scenario", {"on": "submit", "fault": "delay", "seconds": "soon"}),
        ("scenario", {"on": "submit", "fault": "http", "status": 99}),
        ("scenario", {"on": "submit", "fault": "http", "headers": {"a": "b\r\nc: d"}}),
        ("scenario", {"on": "submit", "fault": "merge", "fields": 5}),
        ("scenario", {"on": "upload", "fault": "refuse", "code": "x"}),
        ("advance", {"seconds": -1}),
        ("advance", {"seconds": 1e300}),
        ("advance", [60]),
    ],
)
def test_nonsense_is_answered_with_400(caller: Caller, name: str, body: object) -> None:
    assert control(caller, name, body) == 400


def test_settings_change_while_it_runs(caller: Caller) -> None:
    changes = {"concurrency": 0, "balance": "5", "keys": {"key-of-bob": "consumer"}}
    assert control(caller, "config", changes) == 200

    assert caller.submit()["errorCode"] == "421"
    caller.key = "key-of-bob"
    assert caller.submit()["errorCode"] == "1014"


def test_time_can_be_advanced_and_tasks_finished(caller: Caller) -> None:
    one = caller.submit()["taskId"]
    assert control(caller, "advance", {"seconds": 41}) == 200
    two = caller.submit("[never]")["taskId"]
    assert control(caller, "advance", {"finish": True}) == 200

    assert [caller.query(task_id)["status"] for task_id in (one, two)] == ["SUCCESS"] * 2


def test_a_reset_forgets_everything_but_the_settings(caller: Caller) -> None:
    caller.sim.configure(concurrency=1)
    caller.sim.scenario("query", "reset")
    task_id = caller.submit()["taskId"]

    assert control(caller, "reset", {}) == 200

    assert caller.sim.ledger == []
    assert caller.query(task_id)["errorCode"] == "1004"
    assert caller.submit()["taskId"] > task_id
    assert caller.submit()["errorCode"] == "421"


def test_the_first_page_says_what_it_is(caller: Caller) -> None:
    assert "simulator of RunningHub" in caller.http.get(caller.sim.url).text


def test_the_command_line_becomes_a_config() -> None:
    line = "--port 9000 --speed 20 --key k --concurrency 3 --balance 7.5 --link-hours 1"

    config = command.parse(line.split())

    assert (config.host, config.port, config.speed) == ("127.0.0.1", 9000, 20.0)
    assert (config.key, config.concurrency, str(config.balance)) == ("k", 3, "7.5")
    assert config.link_hours == 1.0
