"""What leaves over HTTP: types, ranges, names, and nothing that was not asked for properly."""

from __future__ import annotations

import io
import re
import socket
import zipfile
from email.message import Message
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from PIL import Image

from tests.conftest import StartApp
from tests.files import made
from tests.files.seeds import Seeds
from tests.helpers.live import LiveApp
from webapp.clock import SystemClock
from webapp.states import ItemState, MissionState

FILM = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 400


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    return start_app()


@pytest.fixture(scope="module")
def seeded(app: LiveApp) -> Seeds:
    """An ended mission with one file of each kind, beside whatever the app itself does."""
    seeds = Seeds(app.settings, SystemClock())
    mission = seeds.mission('秋季 "新品"', status=MissionState.COMPLETED)
    assert mission == 1
    item = seeds.item(mission, 1, "晨雾竹林", status=ItemState.COMPLETED)
    bodies = {
        "mp4": FILM,
        "png": made.picture(),
        "glb": b"glTF\x02\0\0\0",
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "html": b"<script>alert(1)</script>",
        "txt": "<b>狐</b>".encode(),
    }
    for position, (extension, body) in enumerate(bodies.items(), start=1):
        name = f"1_0001_{position}_abc.{extension}"
        seeds.saved(mission, item, name, body, position=position)
    seeds.item(mission, 2, "an owl", status=ItemState.FAILED)
    return seeds


def upload(app: LiveApp, body: bytes = made.picture(), name: str = "fox.png") -> Any:
    return app.data("POST", "/api/upload-image", files={"file": (name, body)})


def test_an_uploaded_image_comes_back(app: LiveApp) -> None:
    view = upload(app)

    answer = requests.get(view["url"], timeout=30)

    assert answer.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (64, 48)


def test_a_refused_upload_names_its_file(app: LiveApp) -> None:
    envelope = app.refused(
        415, "POST", "/api/upload-image", files={"file": ("狐.png", b"<svg/>", "image/png")}
    )

    assert "“狐.png”" in envelope["message"]
    assert envelope["errors"][0]["field"] == "file"


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("extension", ["mp4", "png", "glb", "svg", "html", "txt"])
def test_every_file_is_kept_from_acting(app: LiveApp, extension: str) -> None:
    position = ["mp4", "png", "glb", "svg", "html", "txt"].index(extension) + 1
    answer = app.get(f"/media/1_0001_{position}_abc.{extension}")

    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    ending = "sandbox allow-same-origin" if extension == "mp4" else "sandbox"
    assert policy.startswith("default-src 'none'; ") and policy.endswith(f"; {ending}")
    assert "script" not in policy
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    shown = extension in ("mp4", "png", "txt")
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("inline" if shown else "attachment")
    types = {"mp4": "video/mp4", "png": "image/png", "txt": "text/plain; charset=utf-8"}
    assert answer.headers["content-type"] == types.get(extension, "application/octet-stream")


@pytest.mark.usefixtures("seeded")
def test_a_download_says_what_it_is(app: LiveApp) -> None:
    answer = app.get("/media/1_0001_2_abc.png?download=1")

    assert answer.headers["content-disposition"] == (
        f"attachment; filename*=utf-8''{quote('0001_晨雾竹林_2.png')}"
    )


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=0-99", 206, FILM[:100]),
        ("bytes=100-", 206, FILM[100:]),
        ("bytes=-10", 206, FILM[-10:]),
        (f"bytes={len(FILM)}-", 416, None),
        ("lines=1-2", 400, None),
    ],
)
def test_a_film_can_be_wound(app: LiveApp, asked: str, status: int, expected: bytes | None) -> None:
    answer = app.get("/media/1_0001_1_abc.mp4", headers={"Range": asked})

    assert answer.status_code == status
    if expected is not None:
        assert answer.content == expected
        assert answer.headers["content-range"].endswith(f"/{len(FILM)}")


@pytest.mark.usefixtures("seeded")
def test_a_head_has_no_body(app: LiveApp) -> None:
    answer = app.call("HEAD", "/media/1_0001_1_abc.mp4")

    assert (answer.headers["content-length"], answer.content) == (str(len(FILM)), b"")
    assert answer.headers["accept-ranges"] == "bytes"


def raw(app: LiveApp, target: str) -> tuple[int, bytes]:
    """One request whose target no client library tidies up; status and whole answer."""
    address = urlsplit(app.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as sock:
        head = f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n"
        sock.sendall(head.encode())
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("base", ["/api/images/", "/media/", "/media/previews/320/"])
@pytest.mark.parametrize(
    "name",
    [
        "../../missions.db",
        "..%2f..%2fmissions.db",
        "%2e%2e",
        "%2e%2e%2fmissions.db",
        "%2fetc%2fhostname",
        "..%5c..%5cmissions.db",
        "....//missions.db",
        "x.png%00",
        "%00",
        "x.png%0d%0aX-Evil:1",
        "%ff%fe.png",
        "a" * 5000 + ".png",
        ".",
        "1_0001_2_abc.PNG",
        "1_0001_2_abc.png%20",
    ],
)
def test_no_address_leads_out(app: LiveApp, base: str, name: str) -> None:
    status, answer = raw(app, base + name)

    assert status in (400, 404)
    assert b"SQLite format" not in answer
    assert b"X-Evil" not in answer.split(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "address",
    [
        "/media/previews/320/1.webp",
        "/media/previews/321/1.webp",
        f"/media/previews/320/{9**30}.webp",
    ],
)
def test_a_preview_that_is_not_there(app: LiveApp, seeded: Seeds, address: str) -> None:
    assert app.get(address).status_code == 404


def test_a_file_that_was_removed_from_disk_is_not_found(app: LiveApp, seeded: Seeds) -> None:
    mission = seeds_mission(seeded)
    item = seeded.item(mission)
    seeded.saved(mission, item, f"{mission}_0001_1_gone.png", None)
    target = seeded.saved(mission, item, f"{mission}_0001_2_link.png", b"x", position=2)
    path = seeded.folder / f"{mission}_0001_2_link.png"
    path.unlink()
    path.symlink_to(app.settings.data_dir / "missions.db")

    assert app.get(f"/media/{mission}_0001_1_gone.png").status_code == 404
    assert app.get(f"/media/{mission}_0001_2_link.png").status_code == 404
    assert target


def seeds_mission(seeds: Seeds) -> int:
    return seeds.mission("other", status=MissionState.COMPLETED)


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("address", ["/missions/1/download", "/api/api-missions/1/download"])
def test_the_zip_comes_from_the_page_and_from_the_interface(app: LiveApp, address: str) -> None:
    answer = app.get(address)

    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="mission-1.zip"; '
        f"filename*=utf-8''{quote('秋季 _新品__results.zip')}"
    )
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.read("0001_晨雾竹林.mp4") == FILM
        assert len(archive.namelist()) == 8


NAMES = [
    "秋季新品",
    "🦊 fox 🧑‍🎨",
    'say "fox"; x=y',
    "a\r\nX-Evil: 1\r\n\r\n<script>",
    "../../etc/passwd",
    "..\\..\\win.ini",
    "CON",
    "100% *fox*'s\u202egnp.exe",
    "é" * 300,
    "\u2028\u2029\x00\x1b[31m",
]
_SAFE_NAME = re.compile(r"[^\\/:*?\"<>|\x00-\x1f\x7f\u202e\u2028\u2029]{1,255}")


@pytest.mark.parametrize("words", NAMES, ids=[ascii(name)[:20] for name in NAMES])
def test_a_name_in_a_header_is_one_harmless_name(app: LiveApp, seeded: Seeds, words: str) -> None:
    mission = seeded.mission(words[:200], status=MissionState.COMPLETED)
    item = seeded.item(mission, 1, words, status=ItemState.COMPLETED)
    seeded.saved(mission, item, f"{mission}_0001_1_abc.png", b"x")

    for path in (f"/missions/{mission}/download", f"/media/{mission}_0001_1_abc.png?download=1"):
        answer = app.get(path)

        assert answer.status_code == 200
        assert "x-evil" not in answer.headers
        told = Message()
        told["Content-Disposition"] = answer.headers["content-disposition"]
        assert told.get_content_disposition() == "attachment"
        name = told.get_filename() or ""
        assert _SAFE_NAME.fullmatch(name), name
        assert not name.startswith((".", " ", "-")), name
        assert len(name.encode()) <= 255


def test_a_plain_name_is_in_both_forms_of_the_header(app: LiveApp, seeded: Seeds) -> None:
    mission = seeded.mission("first")
    answer = app.get(f"/missions/{mission}/download")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"first_results.zip\"; filename*=utf-8''first_results.zip"
    )


def test_a_head_makes_no_zip(app: LiveApp, seeded: Seeds, caplog: pytest.LogCaptureFixture) -> None:
    mission = seeded.mission("gone", status=MissionState.COMPLETED)
    item = seeded.item(mission, 1, "a fox", status=ItemState.COMPLETED)
    seeded.saved(mission, item, f"{mission}_0001_1_gone.png", None)
    address = f"/missions/{mission}/download"

    answer = app.call("HEAD", address)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert "content-length" not in answer.headers
    assert "is not on disk" not in caplog.text
    assert app.get(address).headers["content-disposition"] == answer.headers["content-disposition"]
    assert "is not on disk" in caplog.text


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize(
    ("query", "items"),
    [
        ("?indexes=2", ["2"]),
        ("?indexes=1-2&indexes=2,", ["1", "2"]),
        ("?indexes=2-9,2,5-6,2-3", ["2"]),
        ("?indexes=" + "1-10000," * 5000, ["1", "2"]),
        ("?index=2", ["2"]),
        ("?indexes=", ["1", "2"]),
    ],
)
def test_a_zip_of_chosen_items(app: LiveApp, query: str, items: list[str]) -> None:
    answer = app.get(f"/api/api-missions/1/download{query}")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        table = archive.read("manifest.csv").decode("utf-8-sig")
    assert sorted(set(re.findall(r"^(\d),", table, re.MULTILINE))) == items


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("indexes", ["0", "a", "5-2", "1-99999999", "-1", "1;2", "9" * 400])
def test_item_numbers_that_cannot_be(app: LiveApp, indexes: str) -> None:
    envelope = app.refused(422, "GET", f"/api/api-missions/1/download?indexes={indexes}")

    assert envelope["errors"][0]["field"] == "indexes"


def test_the_zip_of_no_mission(app: LiveApp) -> None:
    app.refused(404, "GET", "/api/api-missions/999/download")
    assert app.get("/missions/999/download").status_code == 404


def test_a_mission_that_ran_can_be_taken_home(app: LiveApp) -> None:
    mission = app.create(config={"batch_input": ["狐", "an owl [many]", "a poem [text]"]})
    ended = app.ended(mission)

    for item in ended["items"]:
        for result in item["results"]:
            if result["file_url"]:
                served = requests.get(result["file_url"], timeout=30)
                assert len(served.content) == result["size"]
    answer = app.get(f"/missions/{mission}/download")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert "0001_狐.png" in names
        assert "0003_a poem [text].txt" in names
        assert len([name for name in names if name.startswith("0002")]) == len(
            ended["items"][1]["results"]
        )
