"""Every code of RunningHub, sent over the wire, and what it means when, and for what, it comes."""

from __future__ import annotations

import pytest

from tests.providers.clients import Waits, client, described, submit_error
from tests.providers.rawserver import RawServer, answering, http_answer
from webapp.providers.base import ErrorClass, ProviderError, RemoteTask
from webapp.providers.refusals import CODES

EXPECTED = {
    ErrorClass.BUSY: "421 415 814 1003 1011 1520 429",
    ErrorClass.TRANSIENT: "500 808 1005 1010 1012 1504",
    ErrorClass.CONTENT: "1501 1505",
    ErrorClass.INPUT: "301 380 412 433 803 809 810 901 1001 1007 1008 1009 1013 1101 40310",
    ErrorClass.ACCOUNT: "-1 401 403 801 802 806 811 1002 1014 414 416 605 812 435 436",
    ErrorClass.LOST: "1004 423 807",
    ErrorClass.FAILED: "1000 1006 1015 805",
}
TABLE = [(code, found) for found, codes in EXPECTED.items() for code in codes.split()]


def refusal(code: object, message: str = "words") -> dict[str, object]:
    words = {"errorCode": code, "errorMessage": message, "failedReason": {}}
    return {"taskId": "", "status": "", **words, "results": None, "usage": None}


def query(body: object) -> RemoteTask:
    with RawServer(answering(http_answer(body))) as server, client(server.url) as provider:
        return provider.query("2013508786110730241")


def query_error(body: object) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        query(body)
    return caught.value


def refused(body: object) -> ProviderError:
    with RawServer(answering(http_answer(body))) as server:
        return submit_error(server.url)


def test_the_table_knows_no_other_codes() -> None:
    assert dict(TABLE) == CODES


@pytest.mark.parametrize(("code", "expected"), TABLE)
def test_a_refused_submit(code: str, expected: ErrorClass) -> None:
    meaning = ErrorClass.INPUT if expected is ErrorClass.LOST else expected
    assert described(refused(refusal(code))) == (meaning, code)


@pytest.mark.parametrize(("code", "expected"), TABLE)
def test_a_failed_task(code: str, expected: ErrorClass) -> None:
    """Nothing that ended may look like something to start again by itself."""
    task = query({**refusal(code), "status": "FAILED"})
    assert task.phase == "failed"
    assert task.error is not None
    final = expected if expected in (ErrorClass.CONTENT, ErrorClass.INPUT) else ErrorClass.FAILED
    assert described(task.error) == (final, code)


@pytest.mark.parametrize(("code", "expected"), TABLE)
def test_a_refused_question(code: str, expected: ErrorClass) -> None:
    if code in ("1501", "1505", "805", "1006", "1015"):  # these speak of the task, not of us
        assert query(refusal(code)).phase == "failed"
        return
    meaning = ErrorClass.TRANSIENT if expected is ErrorClass.FAILED else expected
    assert described(query_error(refusal(code))) == (meaning, code)


@pytest.mark.parametrize(
    "body",
    [
        {"errorCode": "421", "errorMessage": "api queue limit reached"},
        {"errorCode": 421},
        {"errorCode": " 421 "},
        {"code": 421, "msg": "TASK_QUEUE_MAXED", "data": None},
        {"code": "421", "errorMessages": None},
        {"errorCode": "", "code": 421},
    ],
)
def test_the_shapes_in_which_a_code_comes(body: object) -> None:
    assert described(refused(body)) == (ErrorClass.BUSY, "421")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Content policy VIOLATION found", ErrorClass.CONTENT),
        ("图片违规", ErrorClass.CONTENT),
        ("Your balance is insufficient", ErrorClass.ACCOUNT),
        ("quota exceeded", ErrorClass.ACCOUNT),
        ("ApiKey verification failed: API Key不存在", ErrorClass.ACCOUNT),
        ("Invalid parameter: duration", ErrorClass.INPUT),
        ("something nobody has seen", ErrorClass.FAILED),
    ],
)
@pytest.mark.parametrize("code", [1, 77777])
def test_a_code_without_a_meaning_is_classed_by_its_words(
    code: int, message: str, expected: ErrorClass
) -> None:
    """Always a definite no: a code is an answer, never AMBIGUOUS."""
    assert described(refused({"code": code, "msg": message})) == (expected, str(code))


def test_an_unknown_code_on_a_question_says_nothing_about_the_task() -> None:
    assert described(query_error(refusal("77777"))) == (ErrorClass.TRANSIENT, "77777")


def test_a_workflow_stopped_by_moderation_is_told_from_one_that_broke() -> None:
    reason = {"exception_type": "audit.RHAuditException", "exception_message": "Porn"}
    task = query({**refusal("805"), "status": "FAILED", "failedReason": reason})
    assert task.error is not None
    assert described(task.error) == (ErrorClass.CONTENT, "805")


@pytest.mark.parametrize("code", ["401", "811", "-1"])
def test_a_good_key_that_is_refused_now_and_then_is_asked_for_again(code: str) -> None:
    wait = Waits()
    bad, good = http_answer(refusal(code)), http_answer({"taskId": "7", "status": "RUNNING"})
    with (
        RawServer(answering(bad, bad, bad, good)) as server,
        client(server.url, wait=wait) as provider,
    ):
        assert provider.query("7").phase == "running"
    assert len(wait.pauses) == 3


@pytest.mark.parametrize(("code", "tries"), [("401", 4), ("1002", 1), ("812", 1), ("1014", 1)])
def test_a_key_that_stays_refused_is_an_account_matter(code: str, tries: int) -> None:
    with RawServer(answering(http_answer(refusal(code)))) as server:
        with client(server.url) as provider, pytest.raises(ProviderError) as caught:
            provider.query("7")
        assert len(server.requests) == tries
    assert described(caught.value) == (ErrorClass.ACCOUNT, code)


def test_a_submit_is_never_repeated_not_even_for_a_key_that_flickers() -> None:
    with RawServer(answering(http_answer(refusal("811")))) as server:
        assert submit_error(server.url).error_class is ErrorClass.ACCOUNT
        assert len(server.requests) == 1


def test_repeats_end_when_the_program_stops() -> None:
    with (
        RawServer(answering(http_answer(b"", 502))) as server,
        client(server.url, wait=Waits(stopping=True)) as provider,
    ):
        with pytest.raises(ProviderError):
            provider.queue_status()
        assert len(server.requests) == 1
