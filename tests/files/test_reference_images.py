"""What a person may upload, and what becomes of it (reliability.md §5 row 11, §6 row 50)."""

from __future__ import annotations

import io
import resource
import struct
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import Image, ImageCms

from tests.files import made
from webapp.clock import FakeClock
from webapp.db import reading
from webapp.errors import AppError, InvalidInput, NotFound, TooLarge, Unavailable, UnsupportedMedia
from webapp.files.pictures import write_reference
from webapp.models import Image as ImageRow
from webapp.settings import Settings
from webapp.uploads import ReferenceImages
from webapp.views import ImageView

MB = 1024 * 1024


def save(images: ReferenceImages, data: bytes, name: str = "fox.png") -> ImageView:
    return images.save(io.BytesIO(data), name)


def stored(images: ReferenceImages, view: ImageView) -> Image.Image:
    image = Image.open(images.path(view.filename))
    image.load()
    return image


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = image.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def near(found: tuple[int, ...], wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(found, wanted, strict=True))


@contextmanager
def refused(kind: type[AppError], name: str, *, word: str) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert f"“{name}”" in str(caught.value)
    assert word in str(caught.value)
    assert [entry.field for entry in caught.value.errors] == ["file"]


@pytest.mark.parametrize(("form", "type"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "jpg")])
def test_a_picture_is_stored_in_a_form_that_the_provider_takes(
    images: ReferenceImages, form: str, type: str
) -> None:
    view = save(images, made.picture(form, quality=95), "fox.any")

    assert (view.type, view.width, view.height) == (type, 64, 48)
    assert view.original_name == "fox.any"
    assert view.size == images.path(view.filename).stat().st_size
    image = stored(images, view)
    assert image.format == {"png": "PNG", "jpg": "JPEG"}[type]
    assert near(pixel(image, 5, 5), made.RED)
    assert near(pixel(image, 60, 5), made.BLUE)


def test_the_same_picture_twice_is_one_file(images: ReferenceImages, database: Settings) -> None:
    first = save(images, made.picture(), "one.png")
    second = save(images, made.picture() + b"appended", "two.png")

    assert (first.filename, second.original_name) == (second.filename, "two.png")
    with reading():
        assert ImageRow.select().count() == 1
    assert len(list((database.uploads / "references").iterdir())) == 1


def test_a_camera_held_upright_gives_an_upright_picture(images: ReferenceImages) -> None:
    view = save(images, made.turned_jpeg(6))

    assert (view.width, view.height) == (48, 64)
    assert near(pixel(stored(images, view), 24, 4), made.RED)
    assert near(pixel(stored(images, view), 24, 60), made.BLUE)


def test_only_pixels_survive(images: ReferenceImages) -> None:
    data = made.turned_jpeg(1, comment=b"hidden comment") + b"<script>alert(1)</script>"
    text = Image.new("RGB", (8, 8))
    out = io.BytesIO()
    text.save(out, "PNG", pnginfo=_text_chunk("Secret prompt"))

    kept = [images.path(save(images, raw).filename).read_bytes() for raw in (data, out.getvalue())]

    for raw in kept:
        assert not any(
            word in raw for word in (b"Alice", b"hidden", b"<script", b"Secret", b"Exif")
        )


def _text_chunk(text: str) -> object:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("parameters", text)
    return info


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_other_colour_models_become_rgb(images: ReferenceImages, mode: str) -> None:
    view = save(images, made.picture("JPEG", mode=mode, quality=95), "print.jpg")

    image = stored(images, view)
    assert image.mode == "RGB"
    if mode == "CMYK":
        assert near(pixel(image, 5, 5), made.RED)


@pytest.mark.parametrize("mode", ["P", "1", "L", "LA", "RGBA", "I;16"])
def test_every_mode_of_png_is_taken(images: ReferenceImages, mode: str) -> None:
    view = save(images, made.picture(mode=mode) if mode != "I;16" else _deep_grey())

    image = stored(images, view)
    assert image.mode == (mode if mode in ("P", "1", "L") else "RGB")


def test_a_webp_photo_stays_small(images: ReferenceImages) -> None:
    """As a PNG it would be six times as large, and over the limits that it was under."""
    data = made.photo("WEBP", (500, 375), quality=80)

    assert save(images, data).size < 3 * len(data)


def test_a_webp_without_losses_stays_without(images: ReferenceImages) -> None:
    data = made.photo("WEBP", (80, 60), lossless=True)

    view = save(images, data)

    assert view.type == "png"
    assert stored(images, view).tobytes() == Image.open(io.BytesIO(data)).tobytes()


def test_a_png_of_few_colours_stays_one(images: ReferenceImages) -> None:
    data = made.photo("PNG", (500, 375), mode="P", optimize=True)

    view = save(images, data)

    assert view.size < 1.1 * len(data)
    image, before = stored(images, view), Image.open(io.BytesIO(data))
    assert image.convert("RGB").tobytes() == before.convert("RGB").tobytes()


def test_a_png_of_few_colours_is_upright_and_carries_nothing_else(images: ReferenceImages) -> None:
    image = Image.open(io.BytesIO(made.picture())).quantize(4)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "at home of Alice Secret"
    out = io.BytesIO()
    image.save(out, "PNG", exif=exif, pnginfo=_text_chunk("Secret"), transparency=0)

    view = save(images, out.getvalue() + b"<script>alert(1)</script>")

    kept = stored(images, view)
    assert (view.width, view.height, kept.mode) == (48, 64, "P")
    assert kept.info.keys() <= {"transparency"}
    assert kept.convert("RGBA").getchannel("A").getextrema() == (0, 255), (
        "what is transparent stays so"
    )
    raw = images.path(view.filename).read_bytes()
    assert not any(word in raw for word in (b"Alice", b"Secret", b"<script", b"eXIf"))


def test_a_pixel_without_a_colour_is_no_surprise(images: ReferenceImages) -> None:
    """Its number is higher than there are colours in the palette."""
    image = Image.new("P", (8, 8), 7)
    image.putpalette([200, 40, 30] * 8)
    out = io.BytesIO()
    image.save(out, "PNG")
    data = out.getvalue().replace(
        _chunk(b"PLTE", bytes([200, 40, 30] * 8)), _chunk(b"PLTE", b"abc")
    )

    assert stored(images, save(images, data)).mode == "RGB"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize(
    ("how", "limit", "written"),
    [
        ({"form": "PNG"}, 100, "png"),
        ({"form": "PNG"}, 1.0, "png"),
        ({"form": "PNG", "mode": "LA", "optimize": True}, 1.0, "jpg"),
        ({"form": "WEBP", "quality": 90}, 1.5, "jpg"),
        ({"form": "WEBP", "quality": 90}, 1.1, "jpg"),
        ({"form": "JPEG", "quality": 95, "optimize": True, "progressive": True}, 1.0, "jpg"),
        ({"form": "PNG", "mode": "P", "optimize": True}, 1.0, "png"),
    ],
)
def test_what_came_within_a_limit_is_written_within_it(
    how: dict[str, Any], limit: float, written: str
) -> None:
    """The limit as a multiple of what came, with a smaller one that it did not keep."""
    source, target = io.BytesIO(made.photo(size=(320, 240), **how)), io.BytesIO()
    came = len(source.getvalue())
    most = int(came * limit)

    found = write_reference(source, "fox", target, [came // 2, most])

    assert found.extension == written
    assert len(target.getvalue()) <= most
    assert Image.open(target).size == (320, 240)


def test_what_is_transparent_is_never_made_a_jpeg() -> None:
    image = Image.open(io.BytesIO(made.photo("PNG", (320, 240)))).convert("RGBA")
    image.putpixel((0, 0), (0, 0, 0, 0))
    source, target = io.BytesIO(), io.BytesIO()
    image.save(source, "WEBP", quality=80)

    found = write_reference(source, "fox", target, [len(source.getvalue())])

    assert found.extension == "png"


def test_sixteen_bit_greys_keep_their_middle(images: ReferenceImages) -> None:
    assert near(pixel(stored(images, save(images, _deep_grey())), 0, 0), (128, 128, 128))


def _deep_grey() -> bytes:
    image = Image.new("I;16", (4, 4), 0x8000)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_transparency_stays(images: ReferenceImages) -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=True)

    assert pixel(stored(images, save(images, out.getvalue())), 1, 1)[3] == 0


def test_colours_follow_the_profile_of_the_picture(images: ReferenceImages) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    view = save(images, made.picture("JPEG", icc_profile=lab, quality=95))

    image = stored(images, view)
    assert "icc_profile" not in image.info
    assert near(pixel(image, 5, 5), made.RED)


def test_a_broken_profile_does_not_lose_the_picture(images: ReferenceImages) -> None:
    view = save(images, made.picture("JPEG", icc_profile=b"rubbish" * 40, quality=95))

    assert near(pixel(stored(images, view), 5, 5), made.RED)


def test_a_phone_picture_with_a_second_view_is_taken(images: ReferenceImages) -> None:
    view = save(images, made.several_views(), "IMG_1.jpg")

    assert (view.type, view.width, view.height) == ("jpg", 64, 48)


def test_a_jpeg_does_not_grow(images: ReferenceImages) -> None:
    data = Image.effect_noise((600, 400), 60).convert("RGB")
    out = io.BytesIO()
    data.save(out, "JPEG", quality=60)

    assert save(images, out.getvalue()).size < 1.1 * len(out.getvalue())


@pytest.mark.parametrize("name", ["fox.html", "fox.gif", "fox", "狐狸.jpg"])
def test_the_name_does_not_matter(images: ReferenceImages, name: str) -> None:
    assert save(images, made.picture(), name).type == "png"


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a/*<html><script>alert(1)</script>*/=1;",
        made.animation("GIF"),
        made.picture("BMP"),
        b"%PDF-1.7",
        b"PK\x03\x04 not a picture",
        b"\0" * 500,
        "狐狸".encode(),
    ],
    ids=["svg", "html", "gif-html", "gif", "bmp", "pdf", "zip", "zeros", "text"],
)
def test_what_is_no_such_picture_is_refused(images: ReferenceImages, data: bytes) -> None:
    with refused(UnsupportedMedia, "狐.png", word="PNG, JPEG or WebP"):
        save(images, data, "狐.png")


def test_an_empty_file_is_refused(images: ReferenceImages) -> None:
    with refused(InvalidInput, "a.png", word="empty"):
        save(images, b"", "a.png")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_truncated_picture_is_refused(images: ReferenceImages, form: str, share: float) -> None:
    data = made.picture(form, (300, 200))

    with refused(InvalidInput, "half.png", word="damaged"):
        save(images, data[: int(len(data) * share)], "half.png")


def test_flipped_bits_never_get_past_as_a_surprise(images: ReferenceImages) -> None:
    data = bytearray(made.picture("PNG", (40, 30)))
    for place in range(8, len(data), 3):
        broken = bytes(data[:place]) + bytes([data[place] ^ 0xFF]) + bytes(data[place + 1 :])
        try:
            save(images, broken, "bits.png")
        except AppError as error:
            assert "“bits.png”" in str(error)


@pytest.mark.parametrize("data", [made.animation("WEBP"), made.animation("PNG")])
def test_an_animation_is_refused(images: ReferenceImages, data: bytes) -> None:
    with refused(UnsupportedMedia, "moving.webp", word="animation"):
        save(images, data, "moving.webp")


def test_ten_thousand_frames_are_refused_without_decoding_them(images: ReferenceImages) -> None:
    with refused(UnsupportedMedia, "film.webp", word="animation"):
        save(images, made.many_frames_webp(10_000), "film.webp")


@pytest.mark.parametrize(
    ("width", "height"),
    [(10_000, 10_000), (14_000, 14_000), (6_500, 6_500), (12_001, 8), (8, 12_001)],
)
def test_too_many_pixels_are_refused_before_they_are_decoded(
    images: ReferenceImages, width: int, height: int
) -> None:
    bomb = made.png_that_claims(width, height)
    before = _peak_rss()

    with refused(TooLarge, "bomb.png", word="40 million"):
        save(images, bomb, "bomb.png")

    assert len(bomb) < MB
    assert _peak_rss() - before < 20 * MB


def _peak_rss() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def test_a_jpeg_of_a_thousand_scans_is_refused(images: ReferenceImages) -> None:
    assert save(images, made.picture("JPEG", progressive=True)).type == "jpg"
    with refused(InvalidInput, "slow.jpg", word="damaged"):
        save(images, made.many_scans_jpeg(1000), "slow.jpg")


def test_more_bytes_than_the_setting_allows_are_refused_unread(
    database: Settings, clock: FakeClock
) -> None:
    small = ReferenceImages(database.model_copy(update={"max_upload_mb": 1}), clock)

    with refused(TooLarge, "big.png", word="1 MB"):
        small.save(io.BytesIO(bytes(MB + 1)), "big.png")


def test_a_refusal_leaves_no_file_behind(images: ReferenceImages, database: Settings) -> None:
    for data in (made.picture()[:60], made.animation("PNG"), b"x"):
        with pytest.raises(AppError):
            save(images, data)

    assert list((database.uploads / "references").glob("*")) == []


def test_a_disk_that_refuses_is_said_plainly(images: ReferenceImages, database: Settings) -> None:
    (database.uploads).mkdir(parents=True)
    (database.uploads / "references").write_bytes(b"a file where the folder should be")

    with pytest.raises(Unavailable, match="cannot be stored"):
        save(images, made.picture())


def test_many_at_once_are_all_stored(images: ReferenceImages) -> None:
    names: list[str] = []
    pictures = [made.picture(size=(20 + number % 4, 20)) for number in range(24)]

    def one(data: bytes) -> None:
        names.append(save(images, data).filename)

    threads = [threading.Thread(target=one, args=(data,)) for data in pictures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(names) == 24
    assert len(set(names)) == 4
    assert all(images.path(name).is_file() for name in names)


@pytest.mark.parametrize(
    "name",
    ["", "..", "../missions.db", "a" * 32 + ".png", "%2e%2e", "x" * 5000, "a\0.png", "CON.png"],
)
def test_only_names_that_we_gave_are_served(images: ReferenceImages, name: str) -> None:
    with pytest.raises(NotFound):
        images.path(name)


def test_a_link_out_of_the_folder_is_not_followed(
    images: ReferenceImages, database: Settings
) -> None:
    view = save(images, made.picture())
    path = images.path(view.filename)
    path.unlink()
    path.symlink_to(database.data_dir / "missions.db")

    with pytest.raises(NotFound):
        images.path(view.filename)
