"""Files that a caller brings, and what is made of them."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageStat

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller

EDIT = "rhart-image-v1/edit"
IMAGE_TO_VIDEO = "rhart-video-s/image-to-video"


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
    headers = {**caller.headers, "Content-Type": "multipart/form-data"}
    url = f"{caller.base}/media/upload/binary"
    for body in (b"", b"--x"):
        assert caller.http.post(url, data=body, headers=headers).json()["code"] == 1007


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


@pytest.mark.parametrize("as_link", [True, False])
def test_what_is_no_picture_fails_the_task_with_1013(
    caller: Caller, red_png: bytes, as_link: bool
) -> None:
    for broken in (b"no picture at all", red_png[:60]):
        answer = caller.finished("x", EDIT, imageUrls=[_given(caller, broken, as_link)])

        assert (answer["status"], answer["errorCode"]) == ("FAILED", "1013")


@pytest.mark.parametrize("as_link", [True, False])
def test_a_picture_that_is_neither_jpg_nor_png_is_refused_with_1007(
    caller: Caller, as_link: bool
) -> None:
    picture = _given(caller, _picture("WEBP"), as_link)

    answer = caller.submit("x", IMAGE_TO_VIDEO, imageUrl=picture)

    assert (answer["taskId"], answer["errorCode"]) == ("", "1007")
    assert "images must be JPG or PNG" in answer["errorMessage"]
    assert caller.finished("x", EDIT, imageUrls=[_given(caller, _picture("JPEG"), as_link)])[
        "results"
    ]


@pytest.mark.parametrize(
    ("endpoint", "field", "megabytes"), [(EDIT, "imageUrls", 10), (IMAGE_TO_VIDEO, "imageUrl", 50)]
)
def test_a_picture_over_its_models_limit_is_refused_with_1008(
    caller: Caller, red_png: bytes, endpoint: str, field: str, megabytes: int
) -> None:
    room = megabytes * 2**20 - len(red_png)
    fits, too_large = (
        caller.upload(red_png + bytes(more))["data"]["download_url"] for more in (room, room + 1)
    )

    def submitted(url: str) -> Any:
        return caller.submit("x", endpoint, **{field: [url] if field == "imageUrls" else url})

    answer = submitted(too_large)
    assert (answer["taskId"], answer["errorCode"]) == ("", "1008")
    assert answer["errorMessage"].startswith("File size limit exceeded | ")
    assert submitted(fits)["errorCode"] == ""


def test_a_link_of_ours_that_leads_nowhere_fails_the_task_with_1013(
    caller: Caller, red_png: bytes
) -> None:
    url = caller.upload(red_png)["data"]["download_url"]
    caller.sim.advance(25 * 3600)

    answer = caller.finished("x", EDIT, imageUrls=[url])

    assert (answer["status"], answer["errorCode"]) == ("FAILED", "1013")


def _picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(buffer, kind)
    return buffer.getvalue()


def _given(caller: Caller, data: bytes, as_link: bool) -> str:
    """As a link to an upload, or inside the request."""
    if as_link:
        return str(caller.upload(data)["data"]["download_url"])
    return "data:image/png;base64," + base64.b64encode(data).decode()


def _ratio(data: bytes) -> float:
    image = Image.open(io.BytesIO(data))
    return image.width / image.height


def _redness(data: bytes) -> float:
    """How much of the upper part is red: the prompt is written below."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    upper = image.crop((0, 0, image.width, image.height // 3))
    red, green, blue = ImageStat.Stat(upper).mean
    return red / (red + green + blue)
