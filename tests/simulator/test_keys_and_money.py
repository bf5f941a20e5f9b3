"""What a key may do, and what things cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("enterprise-shared", ""),
        ("consumer", "1014"),
        ("free", "801"),
        ("disabled", "802"),
        ("invalid", "1002"),
        ("wrong-site", "401"),
    ],
)
def test_the_kind_of_a_key_decides_a_submit(caller: Caller, kind: str, code: str) -> None:
    caller.sim.configure(keys={caller.key: kind})

    response = caller.post("rhart-image-v1/text-to-image", {"prompt": "x", "aspectRatio": "1:1"})

    assert response.status_code == 200
    assert response.json()["errorCode"] == code


def test_an_unverified_key_gets_http_401_as_seen_live(caller: Caller) -> None:
    caller.sim.configure(keys={caller.key: "unverified"})

    model = "rhart-image-v1/text-to-image"
    answers = [
        caller.post(path, {})
        for path in (model, f"price-preview/{model}", "query", "media/upload/binary")
    ]
    answers += [caller.get(f"{caller.base}/{path}") for path in ("queue/status", "api-key/list")]
    answers.append(
        caller.http.post(f"{caller.sim.url}/uc/openapi/accountStatus", json={"apikey": caller.key})
    )
    for response in answers:
        assert response.status_code == 401
        assert response.json() == {"code": -1, "msg": "ApiKey verification failed"}


def test_only_the_configured_key_is_good_if_there_is_one(caller: Caller) -> None:
    caller.sim.configure(key="the-good-key")
    assert caller.submit()["errorCode"] == "1002"
    assert caller.query("1")["errorCode"] == "1002"

    caller.key = "the-good-key"
    assert caller.submit()["errorCode"] == ""


def test_a_missing_key_is_an_invalid_key(caller: Caller) -> None:
    caller.key = ""

    assert caller.submit()["errorCode"] == "1002"


@pytest.mark.parametrize("kind", ["invalid", "wrong-site"])
def test_an_invalid_key_is_told_so_by_upload_and_queue(caller: Caller, kind: str) -> None:
    caller.sim.configure(keys={caller.key: kind})

    upload = caller.upload(b"x")
    queue = caller.get(f"{caller.base}/queue/status").json()

    text = "ApiKey verification failed: API Key不存在"
    assert (upload["code"], upload["message"]) == (401, text)
    assert (queue["code"], queue["msg"]) == (401, text)


def test_queue_status_counts_in_strings(caller: Caller) -> None:
    caller.submit()

    answer = caller.get(f"{caller.base}/queue/status").json()

    data = answer.pop("data")
    assert answer == {"code": 0, "msg": "success"}
    assert data["apiKeyType"] == "enterprise-shared"
    assert data["concurrentLimit"] == 50
    assert {data["runningCount"], data["queuedCount"]} == {"0", "1"}
    assert data["totalCurrentTasks"] == "1"


def test_account_status_reads_the_key_from_the_body_in_lower_case(caller: Caller) -> None:
    caller.submit()
    url = f"{caller.sim.url}/uc/openapi/accountStatus"

    answer = caller.http.post(url, json={"apikey": caller.key}).json()
    wrong = caller.http.post(url, json={"apiKey": caller.key}).json()

    assert answer["data"] == {
        "remainCoins": "0",
        "currentTaskCounts": "1",
        "remainMoney": "999.95",
        "currency": "CNY",
        "apiType": "SHARED",
    }
    assert wrong["code"] != 0


def test_the_key_list_masks_the_key(caller: Caller) -> None:
    answer = caller.get(f"{caller.base}/api-key/list").json()

    assert answer["data"][0]["key"] == "key-****lice"


@pytest.mark.parametrize("code", ["605", "416", "812"])
def test_a_submit_without_the_money_for_it_is_refused(caller: Caller, code: str) -> None:
    caller.sim.configure(balance="1.04", balance_code=code)

    video = caller.submit(endpoint="rhart-video-s/text-to-video")
    image = caller.submit()

    assert (video["errorCode"], image["errorCode"]) == ("", code)
    assert caller.sim.stats["balance"] == "0.04"
    assert caller.sim.stats["refused"] == {code: 1}


def test_a_failed_task_is_paid_back(caller: Caller) -> None:
    answer = caller.finished("[fail:1501]")

    assert answer["usage"]["thirdPartyConsumeMoney"] is None
    assert caller.sim.stats["balance"] == "1000.00"


def test_a_failed_task_can_be_charged(caller: Caller) -> None:
    caller.sim.configure(charge_failed=True)

    answer = caller.finished("[fail:1501]")

    assert answer["usage"]["thirdPartyConsumeMoney"] == "0.05"
    assert caller.sim.stats["balance"] == "999.95"
