"""Files that a caller brings, and what is made of them."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageStat

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller

EDIT = "rhart-image-v1/edit"


def test_an_upload_is_answered_with_a_link_that_gives_it_back(
    caller: Caller, red_png: bytes
) -> None:
    answer = caller.upload(red_png)

    data = answer.pop("data")
    name = data["download_url"].rpartition("/")[2]
    assert answer == {"code": 0, "message": "success"}
    assert data == {
        "type": "image",
        "download_url": f"{caller.sim.url}/files/openapi/{name}",
        "fileName": f"openapi/{name}",
        "size": str(len(red_png)),
    }
    assert name.endswith(".png")
    response = caller.get(data["download_url"])
    assert response.content == red_png
    assert response.headers["content-type"] == "image/png"


def test_an_upload_link_expires(caller: Caller, red_png: bytes) -> None:
    url = caller.upload(red_png)["data"]["download_url"]
    caller.sim.advance(24 * 3600 + 1)

    assert caller.get(url).status_code == 403


def test_an_upload_over_the_limit_is_1008(caller: Caller) -> None:
    caller.sim.configure(upload_limit_mb=0.001)

    answer = caller.upload(b"x" * 1100)

    assert answer["code"] == 1008
    assert answer["data"] is None


def test_an_upload_without_a_file_is_refused(caller: Caller) -> None:
    assert caller.post("media/upload/binary", {}).json()["code"] == 1007


@pytest.mark.parametrize(
    ("name", "mime", "kind"),
    [("a.mp4", "video/mp4", "video"), ("a.mp3", "audio/mpeg", "audio"), ("a", "", "file")],
)
def test_the_type_of_an_upload_is_told(caller: Caller, name: str, mime: str, kind: str) -> None:
    assert caller.upload(b"x", name, mime)["data"]["type"] == kind


def test_an_edited_picture_derives_from_the_uploaded_one(caller: Caller, red_png: bytes) -> None:
    url = caller.upload(red_png)["data"]["download_url"]

    data = caller.result("改成夜景", EDIT, imageUrls=[url], aspectRatio="auto")

    assert _ratio(data) == 1.5
    assert _redness(data) > 0.6


def test_an_inline_picture_is_edited_too(caller: Caller, red_png: bytes) -> None:
    url = "data:image/png;base64," + base64.b64encode(red_png).decode()

    data = caller.result("x", EDIT, imageUrls=[url], aspectRatio="auto")

    assert _ratio(data) == 1.5
    assert caller.sim.ledger[0]["body"]["imageUrls"][0].endswith("…")


def test_a_foreign_picture_is_not_fetched_but_drawn_as_a_placeholder(caller: Caller) -> None:
    url = "http://127.0.0.1:9/never-asked.png"

    with_picture = caller.result("x", EDIT, imageUrls=[url], aspectRatio="1:1")
    without = caller.result("x", aspectRatio="1:1")

    assert with_picture != without


def test_a_broken_picture_does_not_break_the_drawing(caller: Caller) -> None:
    url = caller.upload(b"no picture at all")["data"]["download_url"]

    assert caller.result("x", EDIT, imageUrls=[url], aspectRatio="4:3")


def test_a_link_of_ours_that_leads_nowhere_fails_the_task_with_1013(
    caller: Caller, red_png: bytes
) -> None:
    url = caller.upload(red_png)["data"]["download_url"]
    caller.sim.advance(25 * 3600)

    answer = caller.finished("x", EDIT, imageUrls=[url])

    assert (answer["status"], answer["errorCode"]) == ("FAILED", "1013")


def _ratio(data: bytes) -> float:
    image = Image.open(io.BytesIO(data))
    return image.width / image.height


def _redness(data: bytes) -> float:
    """How much of the upper part is red: the prompt is written below."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    upper = image.crop((0, 0, image.width, image.height // 3))
    red, green, blue = ImageStat.Stat(upper).mean
    return red / (red + green + blue)
