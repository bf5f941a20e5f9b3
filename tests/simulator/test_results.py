"""Result files: real pictures and videos, behind links that expire."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av
import pytest
from PIL import Image

from webapp.simulator import fonts, picture

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller

VIDEO = "rhart-video-s/text-to-video"


@pytest.mark.parametrize(
    "ratio", ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "5:4", "4:5", "21:9"]
)
def test_a_picture_is_a_png_in_exactly_the_asked_ratio(caller: Caller, ratio: str) -> None:
    image = Image.open(io.BytesIO(caller.result("a cat", aspectRatio=ratio)))
    image.load()

    wide, _, high = ratio.partition(":")
    assert image.format == "PNG"
    assert image.width * int(high) == image.height * int(wide)
    assert min(image.size) >= 400


def test_a_photo_of_an_odd_ratio_gets_a_picture_of_bearable_size() -> None:
    assert picture.picture_size((4001, 3001)) == (909, 682)


def test_the_same_prompt_looks_the_same_and_another_does_not(caller: Caller) -> None:
    one, again, other = (caller.result(prompt) for prompt in ("a cat", "a cat", "a dog"))

    assert one == again
    assert one != other


def test_a_link_gives_the_same_bytes_every_time(caller: Caller) -> None:
    url = caller.finished("a cat")["results"][0]["url"]

    assert caller.get(url).content == caller.get(url).content


def test_chinese_is_drawn_and_not_as_missing_glyphs(caller: Caller) -> None:
    for character in "一只猫在月亮上，。！《》":
        assert fonts.has_glyph(fonts.bundled(40), character)
    layers = {picture.lettering((200, 100), text).tobytes() for text in ("猫", "狗", "\U0010fffe")}
    assert len(layers) == 3
    assert caller.result("一只猫") != caller.result("一只狗")


def test_a_character_of_no_font_is_drawn_as_a_box() -> None:
    assert not fonts.has_glyph(fonts.bundled(40), "\U0010fffd")
    assert picture.lettering((200, 100), "\U0010fffd").getbbox() is not None


def test_a_long_prompt_is_wrapped_into_the_picture_and_cut() -> None:
    lines = picture.wrapped("很长的提示词 with words " * 200, 40, 600)

    assert 1 < len(lines) <= 8
    assert lines[-1].endswith("…")
    for line in lines[:-1]:
        assert sum(fonts.width_of(character, 40) for character in line) <= 600


@pytest.mark.parametrize(
    ("ratio", "duration", "size", "seconds"),
    [
        ("9:16", "10", (360, 640), 2),
        ("16:9", "15", (640, 360), 3),
        ("1:1", "10", (480, 480), 2),
    ],
)
def test_a_video_is_h264_that_browsers_play(
    caller: Caller, ratio: str, duration: str, size: tuple[int, int], seconds: int
) -> None:
    data = caller.result("海浪", VIDEO, aspectRatio=ratio, duration=duration)

    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == size
        assert len(list(container.decode(stream))) == 12 * seconds
    assert data.index(b"moov") < data.index(b"mdat"), "the index is in front"


def test_the_pictures_of_a_video_move(caller: Caller) -> None:
    data = caller.result("海浪", VIDEO)

    with av.open(io.BytesIO(data), "r") as container:
        frames = [bytes(frame.planes[0]) for frame in container.decode(video=0)]
    assert frames[0] != frames[-1]


def test_a_result_link_expires_after_its_hours(caller: Caller) -> None:
    caller.sim.configure(link_hours=2)
    url = caller.finished()["results"][0]["url"]

    caller.sim.advance(7200)
    assert caller.get(url).status_code == 200
    caller.sim.advance(1)
    response = caller.get(url)
    assert response.status_code == 403
    assert "AccessDenied" in response.text
    caller.sim.configure(expired_status=404)
    assert caller.get(url).status_code == 404


def test_there_is_no_result_before_the_end(caller: Caller) -> None:
    task_id = caller.submit()["taskId"]
    base = f"{caller.sim.url}/files/output"

    assert caller.get(f"{base}/{task_id}/0.png").status_code == 404
    caller.sim.finish_all()
    assert caller.get(f"{base}/{task_id}/0.png").status_code == 200
    assert caller.get(f"{base}/{task_id}/1.png").status_code == 404
    assert caller.get(f"{base}/123/0.png").status_code == 404


def test_plain_results_are_one_small_file_for_all(caller: Caller) -> None:
    caller.sim.configure(plain_results=True)

    pictures = {caller.result("a cat"), caller.result("a dog")}
    video = caller.result("a cat", VIDEO)

    assert len(pictures) == 1
    assert len(pictures.pop()) < 10_000
    with av.open(io.BytesIO(video), "r") as container:
        assert container.streams.video[0].codec_context.name == "h264"
