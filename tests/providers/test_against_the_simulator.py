"""The real client against the simulated RunningHub: the way of a task, and faults 1-13 and 16-24 of
reliability.md §6 as the client sees them. The simulator's ledger is the truth about payments."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.helpers.canary import KEY
from tests.providers.clients import PATH, PAYLOAD, client, described, submit
from webapp.providers.base import ErrorClass, Provider, ProviderConfig, ProviderError
from webapp.providers.runninghub import V2, RunningHub
from webapp.simulator import KeyKind, Simulator, SimulatorConfig


@pytest.fixture(scope="module")
def shared_simulator() -> Iterator[Simulator]:
    with Simulator(SimulatorConfig(key=KEY, seed=1, plain_results=True)) as simulator:
        yield simulator


@pytest.fixture
def simulator(shared_simulator: Simulator) -> Simulator:
    shared_simulator.reset()
    shared_simulator.configure(keys={}, concurrency=50, balance=1000)
    return shared_simulator


@pytest.fixture
def provider(simulator: Simulator) -> Iterator[Provider]:
    with client(simulator.url) as made:
        yield made


def refused_submit(simulator: Simulator, timeout_s: float = 5.0) -> ProviderError:
    with (
        client(simulator.url, timeout_s=timeout_s) as provider,
        pytest.raises(ProviderError) as caught,
    ):
        submit(provider)
    return caught.value


def finished(simulator: Simulator, provider: Provider, prompt: str) -> Any:
    task = provider.submit(PATH, {**PAYLOAD, "prompt": prompt}, webhook_url=None)
    simulator.finish_all()
    return provider.query(task.remote_task_id)


# -- the way of a task -----------------------------------------------------------------------------


def test_a_task_from_submit_to_result(simulator: Simulator, provider: Provider) -> None:
    submission = provider.submit(PATH, PAYLOAD, webhook_url=None)
    assert len(submission.remote_task_id) == 19
    assert provider.query(submission.remote_task_id).phase in ("queued", "running")
    simulator.finish_all()
    task = provider.query(submission.remote_task_id)
    assert (task.phase, task.cost, task.currency) == ("succeeded", Decimal("0.05"), "CNY")
    [result] = task.results
    assert result.type == "png"
    assert result.url is not None
    assert requests.get(result.url, timeout=30).content.startswith(b"\x89PNG")
    assert len(simulator.ledger) == 1


def test_an_upload_arrives_byte_for_byte_and_can_be_used(
    simulator: Simulator, provider: Provider, tmp_path: Path
) -> None:
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000
    picture = tmp_path / "a.png"
    picture.write_bytes(content)
    upload = provider.upload(picture, '图 "1"\r\n.png', "image/png")
    assert requests.get(upload.url, timeout=30).content == content
    assert 0 < upload.expires_in_s < 24 * 3600
    payload = {**PAYLOAD, "imageUrls": [upload.url]}
    assert provider.submit("rhart-image-v1/edit", payload, webhook_url=None).remote_task_id


def test_an_upload_is_repeated_after_a_passing_trouble(
    simulator: Simulator, provider: Provider, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG")
    simulator.scenario("upload", "http", status=502, times=1)
    simulator.scenario("upload", "reset", times=1)
    simulator.scenario("upload", "refuse", code="811", times=1)
    assert provider.upload(picture, "a.png", "image/png").url


def test_an_upload_that_is_too_large_or_missing_is_an_input_error(
    simulator: Simulator, provider: Provider, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    with pytest.raises(ProviderError) as missing:
        provider.upload(picture, "a.png", "image/png")
    assert described(missing.value) == (ErrorClass.INPUT, "file_unreadable")
    picture.write_bytes(b"\x89PNG" * 1000)
    simulator.scenario("upload", "refuse", code="1008")
    with pytest.raises(ProviderError) as large:
        provider.upload(picture, "a.png", "image/png")
    assert described(large.value) == (ErrorClass.INPUT, "1008")


def test_account_queue_and_price(simulator: Simulator, provider: Provider) -> None:
    submit(provider)
    assert provider.account().balance == Decimal("999.95")
    queue = provider.queue_status()
    assert (queue.limit, queue.running + queue.queued) == (50, 1)
    assert queue.key_type == "enterprise-shared"
    assert provider.price_preview(PATH, PAYLOAD) == Decimal("0.05")


def test_the_base_url_may_come_with_or_without_its_suffix(simulator: Simulator) -> None:
    for suffix in ("", "/", V2, V2 + "/"):
        with client(simulator.url + suffix) as provider:
            assert provider.queue_status().limit == 50


def test_a_webhook_travels_with_the_payload(simulator: Simulator, provider: Provider) -> None:
    provider.submit(PATH, PAYLOAD, webhook_url="http://127.0.0.1:9/hooks/rh/1/mac")
    assert simulator.world.find_task(simulator.ledger[0]["task_id"]).body["webhookUrl"]  # type: ignore[union-attr]
    assert "webhookUrl" not in PAYLOAD


def test_fifty_at_once_each_get_their_own_task(simulator: Simulator, provider: Provider) -> None:
    together = threading.Barrier(50)

    def one(_number: int) -> str:
        together.wait(10)
        return submit(provider).remote_task_id

    with ThreadPoolExecutor(50) as pool:
        made = set(pool.map(one, range(50)))
        assert len(made) == len(simulator.ledger) == 50
        assert {task.remote_task_id for task in pool.map(provider.query, made)} == made


# -- faults 1-13, 16 ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "details", "expected"),
    [
        ("http", {"status": 429, "headers": {"Retry-After": "7"}}, (ErrorClass.BUSY, "http_429")),
        ("refuse", {"code": "421"}, (ErrorClass.BUSY, "421")),
        *(
            ("http", {"status": status}, (ErrorClass.AMBIGUOUS, f"http_{status}"))
            for status in (500, 502, 504)
        ),
        ("http", {"status": 503}, (ErrorClass.TRANSIENT, "http_503")),
        ("reset", {}, (ErrorClass.AMBIGUOUS, "connection_lost")),
        ("hang", {}, (ErrorClass.AMBIGUOUS, "read_timeout")),
        ("cut", {}, (ErrorClass.AMBIGUOUS, "answer_cut")),
        ("drip", {"interval_s": 0.05}, (ErrorClass.AMBIGUOUS, "read_timeout")),
        ("html", {}, (ErrorClass.AMBIGUOUS, "unreadable_answer")),
        ("invalid_json", {}, (ErrorClass.AMBIGUOUS, "unreadable_answer")),
        ("empty_body", {}, (ErrorClass.AMBIGUOUS, "unreadable_answer")),
        ("no_ids", {}, (ErrorClass.AMBIGUOUS, "no_task_id")),
        ("refuse", {"code": "1501"}, (ErrorClass.CONTENT, "1501")),
        ("refuse", {"code": "812"}, (ErrorClass.ACCOUNT, "812")),
        ("redirect", {"status": 307}, (ErrorClass.AMBIGUOUS, "http_307")),
    ],
)
@pytest.mark.parametrize("accepted", [True, False])
def test_a_fault_on_submit(
    simulator: Simulator,
    fault: str,
    details: dict[str, Any],
    expected: tuple[ErrorClass, str],
    accepted: bool,
) -> None:
    """Whether or not the service took it, the client sends once and says the same."""
    rule = simulator.scenario("submit", fault, accept=accepted, **details)
    error = refused_submit(simulator, timeout_s=0.4)
    assert described(error) == expected
    assert rule.struck == 1
    assert len(simulator.ledger) <= 1
    assert error.retry_after_s == (7 if details.get("status") == 429 else None)


def test_a_task_id_beside_an_error_code_is_accepted_and_the_query_decides(
    simulator: Simulator, provider: Provider
) -> None:
    simulator.scenario("submit", "id_and_error", code="1000")
    task_id = submit(provider).remote_task_id
    simulator.finish_all()
    assert provider.query(task_id).phase == "succeeded"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (KeyKind.INVALID, "1002"),
        (KeyKind.FREE, "801"),
        (KeyKind.DISABLED, "802"),
        (KeyKind.CONSUMER, "1014"),
        (KeyKind.UNVERIFIED, "-1"),
        (KeyKind.WRONG_SITE, "401"),
    ],
)
def test_a_key_that_may_not(simulator: Simulator, kind: KeyKind, code: str) -> None:
    simulator.configure(keys={KEY: kind})
    assert described(refused_submit(simulator)) == (ErrorClass.ACCOUNT, code)


def test_an_empty_purse_and_a_full_account(simulator: Simulator, provider: Provider) -> None:
    simulator.configure(concurrency=1)
    submit(provider)
    assert described(refused_submit(simulator)) == (ErrorClass.BUSY, "421")
    simulator.finish_all()
    simulator.configure(balance=0)
    assert described(refused_submit(simulator)) == (ErrorClass.ACCOUNT, "605")


# -- faults 17-24 ------------------------------------------------------------------------------------


def test_twenty_failed_questions_and_then_the_result(
    simulator: Simulator, provider: Provider
) -> None:
    task_id = submit(provider).remote_task_id
    simulator.finish_all()
    for _ in range(4):
        for status in (429, 500, 502):
            simulator.scenario("query", "http", status=status, times=1)
        simulator.scenario("query", "reset", times=2)  # a kept connection gets a second try
        simulator.scenario("query", "html", times=1)
    classes = []
    while True:
        try:
            task = provider.query(task_id)
            break
        except ProviderError as error:
            classes.append(error.error_class)
    assert set(classes) == {ErrorClass.TRANSIENT, ErrorClass.BUSY}
    assert len(classes) >= 20
    assert (task.phase, len(simulator.ledger)) == ("succeeded", 1)


def test_a_status_word_of_tomorrow(simulator: Simulator, provider: Provider) -> None:
    task_id = submit(provider).remote_task_id
    simulator.scenario("query", "status", word="ARCHIVED")
    task = provider.query(task_id)
    assert (task.phase, task.status_word) == ("running", "ARCHIVED")


@pytest.mark.parametrize("code", ["1004", "423", "807"])
def test_a_task_that_the_service_no_longer_knows(
    simulator: Simulator, provider: Provider, code: str
) -> None:
    task_id = submit(provider).remote_task_id
    simulator.scenario("query", "not_found", code=code)
    with pytest.raises(ProviderError) as caught:
        provider.query(task_id)
    assert described(caught.value) == (ErrorClass.LOST, code)
    assert caught.value.task_id == task_id


def test_a_task_that_never_ends(simulator: Simulator, provider: Provider) -> None:
    submission = provider.submit(
        PATH, {"prompt": "[never]", "aspectRatio": "1:1"}, webhook_url=None
    )
    simulator.advance(24 * 3600)
    assert provider.query(submission.remote_task_id).phase == "running"


@pytest.mark.parametrize(
    ("code", "expected"),
    [("1501", ErrorClass.CONTENT), ("1000", ErrorClass.FAILED), ("1013", ErrorClass.INPUT)],
)
def test_a_task_that_fails(
    simulator: Simulator, provider: Provider, code: str, expected: ErrorClass
) -> None:
    task = finished(simulator, provider, f"a cat [fail:{code}]")
    assert task.phase == "failed"
    assert described(task.error) == (expected, code)


def test_a_task_cancelled_at_the_service(simulator: Simulator, provider: Provider) -> None:
    simulator.scenario("submit", "cancel")
    task = finished(simulator, provider, "a cat")
    assert task.phase == "cancelled"
    assert task.error.error_class is ErrorClass.FAILED


def test_success_without_results(simulator: Simulator, provider: Provider) -> None:
    task = finished(simulator, provider, "a cat [empty]")
    assert (task.phase, task.results) == ("succeeded", ())


def test_several_results_and_texts(simulator: Simulator, provider: Provider) -> None:
    many = finished(simulator, provider, "a cat [many]").results
    assert len(many) > 1
    assert all(result.url or result.text for result in many)
    [text] = finished(simulator, provider, "a cat [text]").results
    assert text.url is None
    assert text.text


def test_currency_follows_the_site() -> None:
    assert RunningHub(ProviderConfig("https://www.runninghub.ai", KEY)).currency == "USD"
    assert RunningHub(ProviderConfig("https://www.runninghub.cn", KEY)).currency == "CNY"


def test_the_fingerprint_tells_keys_apart_and_tells_nothing_else() -> None:
    one, other = (
        RunningHub(ProviderConfig("https://www.runninghub.cn", key)) for key in (KEY, KEY + "2")
    )
    assert one.key_fingerprint != other.key_fingerprint
    assert len(one.key_fingerprint) == 16
    assert KEY not in repr(ProviderConfig("https://www.runninghub.cn", KEY))
