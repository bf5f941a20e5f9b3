"""A film is shown by a picture out of it."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PIL import Image

from tests.files import made
from webapp.files.posters import NoPoster, read_film, sound_seconds


def colour(image: Image.Image, x: float = 0.25, y: float = 0.5) -> str:
    """What is seen at a place, given as shares of width and height."""
    value = image.getpixel((int(image.width * x), int(image.height * y)))
    assert isinstance(value, tuple)
    red, _, blue = value
    return "black" if max(value) < 20 else "red" if red > blue + 80 else "blue"


def test_a_film_tells_its_size_and_length(tmp_path: Path) -> None:
    film = read_film(made.film(tmp_path / "a.mp4", frames=30, size=(160, 96)))

    assert (film.width, film.height, film.seconds) == (160, 96, 2.0)


def test_the_poster_is_the_first_frame_that_is_not_black(tmp_path: Path) -> None:
    film = read_film(made.film(tmp_path / "a.mp4", dark_frames=12))

    assert (colour(film.poster, x=0.25), colour(film.poster, x=0.75)) == ("red", "blue")


def test_a_film_that_is_black_throughout_has_a_black_poster(tmp_path: Path) -> None:
    film = read_film(made.film(tmp_path / "a.mp4", dark_frames=30))

    assert colour(film.poster) == "black"


def test_a_large_film_has_a_small_poster(tmp_path: Path) -> None:
    film = read_film(made.film(tmp_path / "a.mp4", frames=2, size=(1920, 1080)))

    assert film.poster.size == (1138, 640)


@pytest.mark.parametrize(("turn", "top", "bottom"), [(90, "red", "blue"), (270, "blue", "red")])
def test_a_film_held_upright_has_an_upright_poster(
    tmp_path: Path, turn: int, top: str, bottom: str
) -> None:
    """`turn` is clockwise: at 90 the left edge of the pixels is the top of the picture."""
    turned = tmp_path / "b.mp4"
    _turn(made.film(tmp_path / "a.mp4", frames=2), turned, turn)

    film = read_film(turned)

    assert (film.width, film.height) == film.poster.size == (96, 160)
    assert (colour(film.poster, y=0.25), colour(film.poster, y=0.75)) == (top, bottom)


def _turn(source: Path, target: Path, degrees: int) -> None:
    """Write the matrix of a turned film into its track header: the pixels stay as they are."""
    matrices = {90: (0, 1, -1, 0), 270: (0, -1, 1, 0)}
    a, b, c, d = (value * 65536 for value in matrices[degrees])
    data = bytearray(source.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 4 + 4  # version 0: times, ids, reserved, volume
    values = (a, b, 0, c, d, 0, 0, 0, 0x40000000)
    data[at : at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in values)
    target.write_bytes(bytes(data))


@pytest.mark.parametrize("share", [0, 0.1, 0.6])
def test_a_damaged_film_has_no_poster(tmp_path: Path, share: float) -> None:
    whole = made.film(tmp_path / "a.mp4").read_bytes()
    broken = tmp_path / "b.mp4"
    broken.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(NoPoster):
        read_film(broken)


def test_other_files_have_no_poster(tmp_path: Path) -> None:
    page = tmp_path / "a.mp4"
    page.write_bytes(b"<html>not a film</html>")
    wav = made.sound(tmp_path / "a.wav", 1)

    for path in (page, wav, tmp_path / "missing.mp4"):
        with pytest.raises(NoPoster):
            read_film(path)


def test_a_playlist_does_not_open_other_files(tmp_path: Path) -> None:
    secret = made.film(tmp_path / "secret.mp4")
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\n{secret}\n#EXT-X-ENDLIST\n")

    with pytest.raises(NoPoster):
        read_film(playlist)


def test_a_sound_has_a_length(tmp_path: Path) -> None:
    assert sound_seconds(made.sound(tmp_path / "a.wav", 2.5)) == 2.5
    assert sound_seconds(tmp_path / "missing.wav") is None


def test_the_library_here_can_read_what_providers_send() -> None:
    assert {"h264", "hevc", "vp9"} <= av.codecs_available
