"""Questions about a task: what ends it, what does not, and what is read from the answer."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest

from tests.providers.clients import Waits, client, described
from tests.providers.rawserver import Connection, RawServer, answering, http_answer
from tests.providers.test_refusal_codes import query, query_error
from webapp.providers.base import ErrorClass, ProviderError, RemoteResult

SUCCESS = {"taskId": "7", "status": "SUCCESS", "errorCode": "", "errorMessage": ""}
LINK = "https://cdn.example/out/a.png?sign=SECRET"


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("CREATE", "queued"),
        ("QUEUED", "queued"),
        ("RUNNING", "running"),
        ("SUCCESS", "succeeded"),
        ("FAILED", "failed"),
        ("CANCEL", "cancelled"),
        (" success ", "succeeded"),
        ("Failed", "failed"),
    ],
)
def test_the_six_status_words(status: str, phase: str) -> None:
    task = query({"taskId": "7", "status": status})
    assert task.phase == phase
    assert task.ended == (phase in ("succeeded", "failed", "cancelled"))
    assert (task.error is not None) == (phase in ("failed", "cancelled"))


def test_a_terminal_status_wins_over_stray_error_text() -> None:
    task = query({**SUCCESS, "errorCode": "1004", "errorMessage": "Task not found"})
    assert (task.phase, task.error) == ("succeeded", None)


@pytest.mark.parametrize("code", ["1004", "1000", "421", "401", "301"])
def test_a_live_status_wins_over_codes_that_do_not_speak_of_an_end(code: str) -> None:
    assert query({"taskId": "7", "status": "RUNNING", "errorCode": code}).phase == "running"


def test_a_code_that_speaks_of_the_end_wins_over_a_live_status() -> None:
    task = query({"taskId": "7", "status": "RUNNING", "errorCode": "1501"})
    assert task.phase == "failed"


@pytest.mark.parametrize(("code", "phase"), [(804, "running"), (813, "queued")])
def test_codes_of_the_older_interface_that_mean_wait(code: int, phase: str) -> None:
    assert query({"code": code, "msg": "APIKEY_TASK_IS_RUNNING", "data": None}).phase == phase


def test_an_unknown_status_is_asked_about_on_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    archived = http_answer({"taskId": "7", "status": "Archived"})
    with (
        caplog.at_level(logging.WARNING),
        RawServer(answering(archived)) as server,
        client(server.url) as provider,
    ):
        tasks = [provider.query("7") for _ in range(5)]
    assert {(task.phase, task.status_word) for task in tasks} == {("running", "ARCHIVED")}
    assert len([record for record in caplog.records if "ARCHIVED" in record.message]) == 1


@pytest.mark.parametrize(
    "body", [b"", b"<html>502</html>", b"[]", b"{", {}, {"taskId": "7", "status": None}]
)
def test_an_answer_that_says_nothing_is_a_failed_question(body: object) -> None:
    assert query_error(body).error_class is ErrorClass.TRANSIENT


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((s, ErrorClass.TRANSIENT) for s in (302, 400, 404, 500, 502, 503, 504)),
        (429, ErrorClass.BUSY),
        (401, ErrorClass.ACCOUNT),
    ],
)
def test_a_status_on_a_question(status: int, expected: ErrorClass) -> None:
    """Also with a FAILED in the body: a gateway's answer never ends a task."""
    body = {"taskId": "7", "status": "FAILED"}
    with (
        RawServer(answering(http_answer(body, status))) as server,
        client(server.url) as provider,
        pytest.raises(ProviderError) as caught,
    ):
        provider.query("7")
    assert described(caught.value) == (expected, f"http_{status}")


def reset(connection: Connection) -> None:
    connection.read_request()
    connection.reset()


def cut(connection: Connection) -> None:
    connection.read_request()
    connection.send(
        b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"taskId":"7","status":"FAILED"}'
    )


@pytest.mark.parametrize("handler", [reset, cut, Connection.hold])
def test_a_question_that_gets_lost_is_transient(handler: object) -> None:
    with (
        RawServer(handler) as server,  # type: ignore[arg-type]
        client(server.url, timeout_s=0.2) as provider,
        pytest.raises(ProviderError) as caught,
    ):
        provider.query("7")
    assert caught.value.error_class is ErrorClass.TRANSIENT


def test_questions_share_a_connection_and_survive_its_end() -> None:
    """The server keeps each connection for two answers, then closes it on the third question."""

    def two_answers(connection: Connection) -> None:
        for _ in range(2):
            if connection.read_request():
                connection.send(http_answer({"taskId": "7", "status": "RUNNING"}, close=False))
        connection.read_request()

    with RawServer(two_answers) as server, client(server.url) as provider:
        assert [provider.query("7").phase for _ in range(6)] == ["running"] * 6
        assert server.connections == 3


# -- what is read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"url": LINK, "nodeId": "2", "outputType": "png", "text": None},
            RemoteResult(LINK, "png", None, "2"),
        ),
        ({"outputUrl": LINK, "outputType": "PNG"}, RemoteResult(LINK, "png", None, None)),
        ({"fileUrl": LINK, "fileType": ".png"}, RemoteResult(LINK, "png", None, None)),
        ({"url": LINK, "outputType": "../../x"}, RemoteResult(LINK, "png", None, None)),
        ({"url": LINK, "outputType": "image/png"}, RemoteResult(LINK, "png", None, None)),
        ({"url": "https://cdn.example/a"}, RemoteResult("https://cdn.example/a", "", None, None)),
        ({"url": "http://[bad"}, RemoteResult("http://[bad", "", None, None)),
        ({"text": "a poem", "url": None}, RemoteResult(None, "txt", "a poem", None)),
        ({"content": "a poem"}, RemoteResult(None, "txt", "a poem", None)),
        ({"output": "a poem", "nodeId": 9}, RemoteResult(None, "txt", "a poem", "9")),
        (LINK, RemoteResult(LINK, "png", None, None)),
        ("a poem", RemoteResult(None, "txt", "a poem", None)),
    ],
)
def test_the_shapes_of_a_result(entry: object, expected: RemoteResult) -> None:
    assert query({**SUCCESS, "results": [entry]}).results == (expected,)
    assert query({**SUCCESS, "results": entry}).results == (expected,)


def test_all_results_in_their_order_without_the_empty_ones() -> None:
    entries = [{"url": LINK}, {"url": ""}, {"text": "b"}, None, 7, {"url": LINK + "2"}]
    found = query({**SUCCESS, "results": entries}).results
    assert [result.url or result.text for result in found] == [LINK, "b", LINK + "2"]


@pytest.mark.parametrize("results", [None, [], {}, "", "missing"])
def test_success_without_results_is_a_success(results: object) -> None:
    body = SUCCESS if results == "missing" else {**SUCCESS, "results": results}
    task = query(body)
    assert (task.phase, task.results) == ("succeeded", ())


def test_results_of_a_task_that_still_runs_are_not_taken() -> None:
    assert query({"taskId": "7", "status": "RUNNING", "results": [{"url": LINK}]}).results == ()


@pytest.mark.parametrize(
    ("usage", "cost", "seconds"),
    [
        ({"thirdPartyConsumeMoney": "0.05", "taskCostTime": "0"}, Decimal("0.05"), None),
        ({"consumeMoney": "0.2", "thirdPartyConsumeMoney": "0.05"}, Decimal("0.2"), None),
        ({"consumeMoney": "0", "thirdPartyConsumeMoney": "0.05"}, Decimal("0.05"), None),
        ({"consumeMoney": "0", "taskCostTime": "83"}, Decimal(0), 83.0),
        ({"consumeMoney": 0.1, "taskCostTime": 1.5}, Decimal("0.1"), 1.5),
        ({"consumeMoney": None, "taskCostTime": None}, None, None),
        ({"consumeMoney": "NaN", "taskCostTime": "-3"}, None, None),
        ({"consumeMoney": "1e99"}, None, None),
        ({"consumeMoney": "free"}, None, None),
        (None, None, None),
        ([], None, None),
    ],
)
def test_cost_and_time(usage: object, cost: Decimal | None, seconds: float | None) -> None:
    task = query({**SUCCESS, "usage": usage})
    assert (task.cost, task.task_seconds) == (cost, seconds)
    assert task.currency == (None if cost is None else "CNY")


def test_the_kept_text_has_no_signed_queries_but_the_result_has() -> None:
    task = query({**SUCCESS, "results": [{"url": LINK}]})
    assert "SECRET" not in task.raw
    assert task.results[0].url == LINK


# -- the free calls --------------------------------------------------------------------------------


def test_account_and_queue_speak_in_strings() -> None:
    account = {"remainCoins": "177814", "currentTaskCounts": "3", "remainMoney": "12.34"}
    wait = Waits()
    with (
        RawServer(
            answering(
                http_answer(b"", 502),
                http_answer(
                    {"code": 0, "data": {**account, "currency": None, "apiType": "SHARED"}}
                ),
                http_answer(
                    {
                        "code": 0,
                        "data": {"concurrentLimit": 30, "runningCount": "1", "queuedCount": "2"},
                    }
                ),
            )
        ) as server,
        client(server.url, wait=wait) as provider,
    ):
        status = provider.account()
        queue = provider.queue_status()
    assert (status.balance, status.coins, status.running) == (Decimal("12.34"), "177814", 3)
    assert (status.currency, status.api_type) == ("CNY", "SHARED")
    assert (queue.limit, queue.running, queue.queued, queue.key_type) == (30, 1, 2, "")
    assert len(wait.pauses) == 1
    assert b'{"apikey": "rh-CANARY' in server.requests[0]


@pytest.mark.parametrize(
    ("body", "price"),
    [
        ({"errorCode": "", "estimatedPrice": 0.05, "currency": "CNY"}, Decimal("0.05")),
        ({"estimatedPrice": "1.0", "isFreeThisCall": False}, Decimal("1.0")),
        ({"estimatedPrice": 1, "isFreeThisCall": True}, Decimal(0)),
        ({"estimatedPrice": None}, None),
    ],
)
def test_a_price_preview(body: object, price: Decimal | None) -> None:
    with RawServer(answering(http_answer(body))) as server, client(server.url) as provider:
        assert provider.price_preview("a/b", {"prompt": "x"}) == price
    assert server.requests[0].startswith(b"POST /openapi/v2/price-preview/a/b ")
