"""POST /api/upload-image and GET /api/images/{filename}"""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.helpers.pictures import png

PATH = "/api/upload-image"


def test_an_image_goes_up_and_comes_down(live_app: LiveApp) -> None:
    data = live_app.data("POST", PATH, files={"file": ("秋季 新品.png", png(), "image/png")})
    assert data["url"] == f"{live_app.url}/api/images/{data['filename']}"
    assert (data["width"], data["height"]) == (32, 32)
    answer = live_app.http.get(data["url"], timeout=10)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (32, 32)


def test_an_uploaded_image_can_be_used(live_app: LiveApp) -> None:
    url = live_app.data("POST", PATH, files={"file": ("a.png", png(), "image/png")})["url"]
    config = {"prompt": "at night", "batch_input": [{"imageUrls": [url]}]}
    mission_id = live_app.create(task_type="image_to_image", config=config)
    item = live_app.ended(mission_id)["items"][0]
    assert item["status"] == "completed", item
    assert item["input_params"]["imageUrls"] == [url]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415),
        (b"<html>", 415),
        (png()[:60], 422),
    ],
)
def test_what_is_not_an_image_is_refused(live_app: LiveApp, data: bytes, status: int) -> None:
    answer = live_app.post(PATH, files={"file": ("a.png", data, "image/png")})
    assert answer.status_code in (status, 415, 422), answer.text
    assert answer.json()["code"] == answer.status_code
    assert answer.json()["message"]


def test_the_file_must_be_there_under_its_name(live_app: LiveApp) -> None:
    error = live_app.refused(422, "POST", PATH, files={"image": ("a.png", png(), "image/png")})
    assert error["errors"][0]["field"] == "file"
    live_app.refused(422, "POST", PATH, files={"file": (None, "just text")})


def test_two_files_at_once_are_refused(live_app: LiveApp) -> None:
    files = [("file", ("a.png", png(), "image/png")), ("file", ("b.png", png(), "image/png"))]
    error = live_app.refused(422, "POST", PATH, files=files)
    assert error["message"] == "Send one file at a time."


def test_an_image_that_is_not_there_is_called_an_image(live_app: LiveApp) -> None:
    error = live_app.refused(404, "GET", f"/api/images/{'0' * 32}.png")
    assert error["message"] == "This image does not exist, or no longer does."


def test_an_upload_must_be_multipart(live_app: LiveApp) -> None:
    live_app.refused(415, "POST", PATH, data=png(), headers={"Content-Type": "image/png"})
    live_app.refused(415, "POST", PATH, json={"file": "a.png"})
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    live_app.refused(400, "POST", PATH, data=b"no boundary here", headers=headers)
    headers = {"Content-Type": "multipart/form-data"}
    live_app.refused(400, "POST", PATH, data=b"--x--", headers=headers)


def test_an_image_that_is_not_there(live_app: LiveApp) -> None:
    for name in ("nothing.png", "..%2f..%2fmissions.db", "%2e%2e", "a%00b.png", "x" * 5000):
        live_app.refused(404, "GET", f"/api/images/{name}")


def test_public_url_is_the_base_and_the_limit_is_a_setting(start_app: StartApp) -> None:
    app = start_app(public_url="https://missions.example.com", max_upload_mb=1)
    made = app.data("POST", PATH, files={"file": ("a.png", png(), "image/png")})
    assert made["url"] == f"https://missions.example.com/api/images/{made['filename']}"
    noise = Image.effect_noise((1400, 1400), 100)
    out = io.BytesIO()
    noise.save(out, "PNG")
    assert len(out.getvalue()) > 1_200_000
    app.refused(413, "POST", PATH, files={"file": ("big.png", out.getvalue(), "image/png")})
