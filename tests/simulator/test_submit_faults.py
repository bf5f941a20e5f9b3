"""What can go wrong with a submit (reliability.md §6, rows 1-16)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller

IMAGE = "rhart-image-v1/text-to-image"
BODY = {"prompt": "a cat", "aspectRatio": "1:1"}


def test_429_with_retry_after_is_not_accepted(caller: Caller) -> None:
    caller.sim.scenario("submit", "http", status=429, headers={"Retry-After": "7"}, times=1)

    response = caller.post(IMAGE, BODY)

    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert caller.sim.ledger == []
    assert caller.submit()["taskId"]


@pytest.mark.parametrize("status", [401, 403, 500, 502, 503, 504])
def test_any_http_status_can_be_answered(caller: Caller, status: int) -> None:
    caller.sim.scenario("submit", "http", status=status, body={"errorMessage": "no"})

    response = caller.post(IMAGE, BODY)

    assert (response.status_code, response.json()) == (status, {"errorMessage": "no"})


@pytest.mark.parametrize(("accept", "accepted"), [(False, 0), (True, 1)])
def test_a_connection_is_reset_before_or_after_the_acceptance(
    caller: Caller, accept: bool, accepted: int
) -> None:
    caller.sim.scenario("submit", "reset", accept=accept)

    with pytest.raises(requests.ConnectionError) as failure:
        caller.post(IMAGE, BODY)

    assert "Connection reset by peer" in str(failure.value)
    assert len(caller.sim.ledger) == accepted


@pytest.mark.parametrize(("accept", "accepted"), [(False, 0), (True, 1)])
def test_no_answer_comes_before_or_after_the_acceptance(
    caller: Caller, accept: bool, accepted: int
) -> None:
    caller.sim.scenario("submit", "hang", accept=accept)

    with pytest.raises(requests.ReadTimeout):
        caller.post(IMAGE, BODY, timeout=0.1)

    assert len(caller.sim.ledger) == accepted


def test_a_hanging_request_ends_by_itself_after_its_seconds(caller: Caller) -> None:
    caller.sim.scenario("submit", "hang", seconds=0.05)

    with pytest.raises(requests.ConnectionError):
        caller.post(IMAGE, BODY)


def test_an_answer_is_cut_in_its_middle(caller: Caller) -> None:
    caller.sim.scenario("submit", "cut", bytes=20)

    with pytest.raises(requests.exceptions.ChunkedEncodingError) as failure:
        caller.post(IMAGE, BODY)

    assert "20 bytes read" in str(failure.value)
    assert len(caller.sim.ledger) == 1


def test_an_answer_drips_byte_by_byte(caller: Caller) -> None:
    caller.sim.scenario("submit", "drip", interval_s=0.001, times=1)
    caller.sim.scenario("submit", "drip", interval_s=60)

    assert caller.post(IMAGE, BODY).json()["taskId"]
    response = caller.http.post(
        f"{caller.base}/{IMAGE}", json=BODY, headers=caller.headers, stream=True, timeout=0.2
    )
    assert response.raw.read(1) == b"{"
    response.close()


def test_a_late_answer_is_the_honest_one(caller: Caller) -> None:
    caller.sim.scenario("submit", "delay", seconds=0.1)
    started = time.monotonic()

    assert caller.submit()["taskId"]
    assert time.monotonic() - started >= 0.1


def test_a_page_of_html_comes_instead_of_json(caller: Caller) -> None:
    caller.sim.scenario("submit", "html", status=502)

    response = caller.post(IMAGE, BODY)

    assert response.status_code == 502
    assert response.headers["content-type"].startswith("text/html")
    assert "<html>" in response.text


@pytest.mark.parametrize("fault", ["invalid_json", "empty_body"])
def test_an_answer_is_not_json_though_accepted(caller: Caller, fault: str) -> None:
    caller.sim.scenario("submit", fault, accept=True)

    response = caller.post(IMAGE, BODY)

    assert response.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert len(caller.sim.ledger) == 1


def test_an_answer_has_neither_task_id_nor_error_code(caller: Caller) -> None:
    caller.sim.scenario("submit", "no_ids")

    answer = caller.submit()

    assert (answer["taskId"], answer["errorCode"]) == ("", "")


def test_an_answer_has_both_task_id_and_error_code(caller: Caller) -> None:
    caller.sim.scenario("submit", "id_and_error", code="1012")

    answer = caller.submit()

    assert answer["taskId"] == caller.sim.ledger[0]["task_id"]
    assert answer["errorCode"] == "1012"


def test_a_business_refusal_keeps_its_own_words(caller: Caller) -> None:
    caller.sim.scenario("submit", "refuse", code="1501", message="<b>no</b>")

    answer = caller.submit()

    assert (answer["taskId"], answer["errorCode"]) == ("", "1501")
    assert answer["errorMessage"] == "<b>no</b>"


def test_a_redirect_is_a_307(caller: Caller) -> None:
    caller.sim.scenario("submit", "redirect", url="http://127.0.0.1:9/x")

    url = f"{caller.base}/{IMAGE}"
    response = caller.http.post(url, json=BODY, headers=caller.headers, allow_redirects=False)

    assert (response.status_code, response.headers["location"]) == (307, "http://127.0.0.1:9/x")


def test_a_task_can_be_done_at_once(caller: Caller) -> None:
    caller.sim.scenario("submit", "finish")

    answer = caller.submit()

    assert answer["status"] == "SUCCESS"
    assert answer["results"][0]["outputType"] == "png"


def test_a_rule_skips_strikes_and_ends(caller: Caller) -> None:
    rule = caller.sim.scenario("submit", "refuse", code="1011", after=1, times=2)

    codes = [caller.submit()["errorCode"] for _ in range(5)]

    assert codes == ["", "1011", "1011", "", ""]
    assert rule.struck == 2
    assert caller.sim.stats["faults"] == {"submit:refuse": 2}


def test_a_rule_strikes_only_the_prompts_it_matches(caller: Caller) -> None:
    caller.sim.scenario("submit", "refuse", code="1011", match="dog")

    codes = [caller.submit(prompt)["errorCode"] for prompt in ("a cat", "a dog", "a cat")]

    assert codes == ["", "1011", ""]


@pytest.mark.parametrize(
    ("fault", "params", "status", "code"),
    [
        ("fail", {"code": "1501"}, "FAILED", "1501"),
        ("cancel", {}, "CANCEL", ""),
        ("empty_results", {}, "SUCCESS", ""),
        ("many_results", {}, "SUCCESS", ""),
        ("text_result", {}, "SUCCESS", ""),
        ("never_ends", {}, "RUNNING", ""),
    ],
)
def test_an_outcome_given_at_submit_stays_with_the_task(
    caller: Caller, fault: str, params: dict[str, Any], status: str, code: str
) -> None:
    caller.sim.scenario("submit", fault, times=1, **params)
    task_id = caller.submit()["taskId"]
    caller.sim.advance(1000)

    for _ in range(2):
        answer = caller.query(task_id)
        assert (answer["status"], answer["errorCode"]) == (status, code)
