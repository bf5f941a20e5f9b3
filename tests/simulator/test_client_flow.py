"""A whole run the way the official Python example client does it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from webapp.simulator import Simulator, SimulatorConfig

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller


@pytest.fixture(scope="module")
def fast() -> Iterator[Simulator]:
    """One on the real clock, with tasks of at most 0.03 s."""
    with Simulator(SimulatorConfig(speed=10_000.0)) as sim:
        yield sim


def poll(caller: Caller, task_id: str) -> dict[str, Any]:
    """Query until a terminal status; any error text on the way is a failure."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        data: dict[str, Any] = caller.query(task_id)
        assert not (data.get("errorCode") or data.get("errorMessage"))
        if data["status"] == "SUCCESS":
            return data
        assert data["status"] in {"CREATE", "QUEUED", "RUNNING"}
    raise TimeoutError(task_id)


def run(caller: Caller, endpoint: str, payload: dict[str, Any]) -> requests.Response:
    """Submit, poll, take the first output, download it."""
    data = caller.post(endpoint, {**payload, "appCode": "comfyui_rh_openapi"}).json()
    assert not (data.get("errorCode") or data.get("errorMessage"))
    done = poll(caller, str(data["taskId"]))
    (url,) = [item["url"] for item in done["results"]]
    assert done["usage"]["thirdPartyConsumeMoney"] in ("0.05", "1.0")
    return caller.http.get(url, timeout=30)


def test_a_client_that_claims_the_platforms_name_gets_links_to_here(caller: Caller) -> None:
    caller.http.headers["Host"] = "www.runninghub.cn"

    (result,) = caller.finished()["results"]

    assert result["url"].startswith(caller.sim.url)


def test_links_start_with_the_name_that_the_caller_used(caller: Caller) -> None:
    caller.http.headers["Host"] = "simulator.test:8765"

    (result,) = caller.finished()["results"]

    assert result["url"].startswith("http://simulator.test:8765/files/output/")


def test_upload_submit_poll_download_for_all_four_models(
    fast: Simulator, caller: Caller, red_png: bytes
) -> None:
    client = type(caller)(fast)
    picture = client.upload(red_png)["data"]["download_url"]
    text: dict[str, Any] = {"prompt": "一只猫", "aspectRatio": "9:16"}
    video = {**text, "duration": "10", "storyboard": False}

    files = [
        run(client, "rhart-image-v1/text-to-image", text),
        run(client, "rhart-image-v1/edit", {**text, "imageUrls": [picture]}),
        run(client, "rhart-video-s/text-to-video", video),
        run(client, "rhart-video-s/image-to-video", {**video, "imageUrl": picture}),
    ]
    client.http.close()

    types = [file.headers["content-type"] for file in files]
    assert types == ["image/png", "image/png", "video/mp4", "video/mp4"]
