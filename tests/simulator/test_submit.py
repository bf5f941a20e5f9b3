"""What a submit answers, accepted or refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller

IMAGE = "rhart-image-v1/text-to-image"
EDIT = "rhart-image-v1/edit"
VIDEO = "rhart-video-s/text-to-video"
IMAGE_TO_VIDEO = "rhart-video-s/image-to-video"
PICTURE = "https://example.com/a.png"


def test_an_accepted_submit_is_a_bare_task_object(caller: Caller) -> None:
    answer = caller.submit("a cat")

    assert answer.pop("taskId").isdecimal()
    assert answer.pop("status") in ("QUEUED", "RUNNING")
    assert len(answer.pop("clientId")) == 32
    assert answer.pop("promptTips").startswith('{"result": true')
    assert answer == {
        "errorCode": "",
        "errorMessage": "",
        "failedReason": {},
        "usage": None,
        "results": None,
    }


def test_a_refused_submit_is_http_200_without_task_and_status(caller: Caller) -> None:
    response = caller.post(IMAGE, {"prompt": "", "aspectRatio": "1:1"})

    body = response.json()
    assert response.status_code == 200
    assert body["errorCode"] == "1007"
    assert body.pop("errorMessage").startswith("Invalid parameters, please check your input | ")
    assert body == {
        "taskId": "",
        "status": "",
        "errorCode": "1007",
        "results": None,
        "clientId": "",
        "promptTips": "",
        "failedReason": {},
        "usage": None,
        "parentTaskId": None,
        "taskUsageList": None,
    }


def test_task_ids_are_19_digits_and_increase(caller: Caller) -> None:
    ids = [caller.submit()["taskId"] for _ in range(20)]

    assert all(isinstance(task_id, str) and len(task_id) == 19 for task_id in ids)
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    ("endpoint", "fields"),
    [
        (IMAGE, {"prompt": "x" * 20001}),
        (IMAGE, {"prompt": 7}),
        (IMAGE, {"aspectRatio": "7:3"}),
        (IMAGE, {"aspectRatio": None}),
        (EDIT, {}),
        (EDIT, {"imageUrls": PICTURE}),
        (EDIT, {"imageUrls": []}),
        (EDIT, {"imageUrls": [PICTURE] * 6}),
        (EDIT, {"imageUrls": ["/home/alice/a.png"]}),
        (VIDEO, {"prompt": "x" * 4001}),
        (VIDEO, {"duration": 10}),
        (VIDEO, {"duration": "20"}),
        (VIDEO, {"aspectRatio": "4:3"}),
        (VIDEO, {"storyboard": "no"}),
        (IMAGE_TO_VIDEO, {}),
        (IMAGE_TO_VIDEO, {"imageUrl": [PICTURE]}),
        (IMAGE, {"webhookUrl": 5}),
    ],
)
def test_bad_parameters_are_refused_with_1007(
    caller: Caller, endpoint: str, fields: dict[str, Any]
) -> None:
    assert caller.submit(endpoint=endpoint, **fields)["errorCode"] == "1007"
    assert caller.sim.ledger == []


@pytest.mark.parametrize(
    ("endpoint", "fields"),
    [
        (IMAGE, {"aspectRatio": "auto", "appCode": "comfyui_rh_openapi"}),
        (IMAGE, {"aspectRatio": "21:9", "prompt": "字" * 20000}),
        (EDIT, {"imageUrls": [PICTURE] * 5}),
        (EDIT, {"imageUrls": ["data:image/png;base64,AAAA"]}),
        (VIDEO, {"aspectRatio": "9:16", "duration": "15", "storyboard": False}),
        (VIDEO, {"aspectRatio": "1:1"}),
        (IMAGE_TO_VIDEO, {"imageUrl": PICTURE, "aspectRatio": "16:9"}),
    ],
)
def test_right_parameters_and_unknown_extra_ones_are_accepted(
    caller: Caller, endpoint: str, fields: dict[str, Any]
) -> None:
    assert caller.submit(endpoint=endpoint, **fields)["errorCode"] == ""


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"a": %s}' % (b"9" * 5000),
        b'{"a": 1e999}',
        b'{"a": NaN}',
    ],
)
def test_a_body_that_is_no_json_object_is_a_bad_parameter(caller: Caller, body: bytes) -> None:
    response = caller.http.post(f"{caller.base}/{IMAGE}", data=body, headers=caller.headers)

    assert response.json()["errorCode"] == "1007"


@pytest.mark.parametrize(
    ("endpoint", "fields"),
    [
        (IMAGE, {"imageUrls": 5, "imageUrl": ["x"]}),
        (EDIT, {"imageUrls": ["http://[", "http://127.0.0.1:1/files/openapi/../x"]}),
        (IMAGE, {"prompt": "half \ud800 a pair [text]", "appCode": "\udfff"}),
        (IMAGE, {"webhookUrl": "http://["}),
    ],
)
def test_odd_values_are_carried_to_the_end(
    caller: Caller, endpoint: str, fields: dict[str, Any]
) -> None:
    caller.submit(endpoint=endpoint, **fields)
    caller.sim.finish_all()

    [entry] = caller.http.get(f"{caller.sim.url}/_sim/ledger").json()
    assert caller.query(entry["task_id"])["status"] in ("SUCCESS", "FAILED")


def test_a_model_with_a_price_for_each_resolution(caller: Caller) -> None:
    endpoint = "rhart-video-v3.1-fast/text-to-video"
    body = {"prompt": "x", "aspectRatio": "16:9", "resolution": "1080p"}
    task_id = caller.post(endpoint, body).json()["taskId"]
    caller.sim.finish_all()

    assert caller.query(task_id)["usage"]["thirdPartyConsumeMoney"] == "0.25"
    assert caller.post(f"price-preview/{endpoint}", body).json()["estimatedPrice"] == 0.25
    assert caller.sim.stats["balance"] == "999.75"
    for wrong in ({**body, "resolution": "8k"}, {**body, "duration": "10"}):
        assert caller.post(endpoint, wrong).json()["errorCode"] == "1007"


def test_an_unknown_endpoint_is_1001(caller: Caller) -> None:
    assert caller.submit(endpoint="rhart-image-v9/none")["errorCode"] == "1001"
    assert caller.http.get(f"{caller.sim.url}/nowhere").json()["errorCode"] == "1001"


def test_a_get_on_a_model_is_1009(caller: Caller) -> None:
    assert caller.get(f"{caller.base}/{IMAGE}").json()["errorCode"] == "1009"
    assert caller.get(f"{caller.base}/query").json()["errorCode"] == "1009"
    assert caller.post("queue/status", {}).json()["errorCode"] == "1009"
    assert caller.http.put(f"{caller.sim.url}/elsewhere").json()["errorCode"] == "1001"


def test_over_the_concurrency_limit_a_submit_is_refused_with_421(caller: Caller) -> None:
    caller.sim.configure(concurrency=2)

    answers = [caller.submit() for _ in range(3)]

    assert [answer["errorCode"] for answer in answers] == ["", "", "421"]
    assert answers[2]["taskId"] == ""
    assert answers[2]["errorMessage"].startswith("api queue limit reached, please retry later | ")
    assert len(caller.sim.ledger) == 2


def test_an_ended_task_makes_room_for_another(caller: Caller) -> None:
    caller.sim.configure(concurrency=1)
    caller.submit()
    caller.sim.advance(41)

    assert caller.submit()["errorCode"] == ""
    assert caller.sim.stats["max_in_flight"] == 1


def test_each_key_has_its_own_concurrency(caller: Caller) -> None:
    caller.sim.configure(concurrency=1)
    caller.submit()
    caller.key = "key-of-bob"

    assert caller.submit()["errorCode"] == ""


def test_sixty_submits_can_be_open_at_once(caller: Caller) -> None:
    caller.sim.scenario("submit", "delay", seconds=0.6)

    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda _: caller.post(IMAGE, {}), range(60)))

    assert len(answers) == 60
    assert caller.sim.stats["max_open_submits"] == 60
    assert caller.sim.stats["open_submits"] == 0


def test_a_price_preview_checks_and_tells_but_makes_nothing(caller: Caller) -> None:
    body = {"prompt": "a cat", "aspectRatio": "1:1"}

    good = caller.post(f"price-preview/{IMAGE}", body).json()
    bad = caller.post(f"price-preview/{IMAGE}", {}).json()

    assert (good["errorCode"], good["estimatedPrice"], good["currency"]) == ("", 0.05, "CNY")
    assert bad["errorCode"] == "1007"
    assert caller.sim.ledger == []
