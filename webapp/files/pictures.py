"""Pictures through Pillow: measured before they are decoded, and always written anew.

What we write contains pixels only: whatever else a file carried (places, names, scripts behind
the last pixel) does not survive.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import SEEK_CUR, SEEK_END, SEEK_SET, BytesIO
from typing import BinaryIO

from PIL import Image, ImageCms, ImageOps, JpegImagePlugin, UnidentifiedImageError

from webapp.errors import AppError, FieldError, InvalidInput, TooLarge, UnsupportedMedia
from webapp.files.filetypes import HEAD_BYTES, sniff
from webapp.messages import Message, msg

log = logging.getLogger(__name__)

_Options = dict[str, object]

MAX_PIXELS = 40_000_000
MAX_SIDE = 12_000
MAX_SCANS = 100
"""Of a progressive JPEG. Real ones have about ten; thousands keep a decoder busy for hours."""

_GOOD_JPEG: _Options = {"quality": 92}
_SMALLER_JPEGS: tuple[_Options, ...] = ({"quality": 85}, {"quality": 75})
_PNGS: tuple[_Options, ...] = (
    {"compress_level": 4},  # of a photo as small as 6, in less time
    {"optimize": True},
)
_MAX_WEBP_CHUNKS = 100

_FORMATS = ("PNG", "JPEG", "WEBP")

# 40 million pixels are 160 MB while they are open: this bounds the whole process, not a caller.
decoders = threading.BoundedSemaphore(2)
"""Held while a picture is decoded."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference image as we wrote it; `extension` is png or jpg."""

    extension: str
    width: int
    height: int


def write_reference(
    source: BinaryIO, name: str, target: BinaryIO, limits: Collection[int] = ()
) -> Reference:
    """Check what a person sent and write our own JPEG (of a JPEG, or an opaque WebP with losses) or PNG
    to `target`.

    `source` and `target` must be seekable; `name` is named in every refusal. `limits` are sizes in bytes
    that somebody has: what comes within one is kept within it where possible, at worst as a smaller JPEG.
    Blocks while other pictures are being decoded. Raises InvalidInput, TooLarge or UnsupportedMedia.
    """
    came = byte_count(source)
    limit = min((size for size in limits if size >= came), default=math.inf)
    with decoders, _opened(source, name) as image:
        _check_reference(image, source, name)
        is_jpeg = image.format in ("JPEG", "MPO")
        has_losses = is_jpeg or (image.format == "WEBP" and _has_losses(source))
        options = _jpeg_options(image) if is_jpeg else _GOOD_JPEG
        _decode(image, name)
        plain = _few_colours(image) or _without_idle_alpha(
            plain_pixels(image, keep_alpha=not is_jpeg)
        )
        form = _write_small(plain, target, _ways(plain, options, has_losses=has_losses), limit)
        return Reference("jpg" if form == "JPEG" else "png", *plain.size)


def _ways(
    plain: Image.Image, jpeg_options: _Options, *, has_losses: bool
) -> list[tuple[str, _Options]]:
    """Formats and options that a picture may be written with, the best first."""
    jpegs = [("JPEG", options) for options in (jpeg_options, *_SMALLER_JPEGS)]
    pngs = [("PNG", options) for options in _PNGS]
    if plain.has_transparency_data:
        return pngs
    return jpegs if has_losses else pngs + jpegs


def _write_small(
    plain: Image.Image, target: BinaryIO, ways: list[tuple[str, _Options]], limit: float
) -> str:
    """In the first of these ways that is small enough, else in the last; returns its format."""
    form = ""
    for form, options in ways:
        target.seek(0)
        target.truncate()
        pixels = plain.convert("RGB") if form == "JPEG" else plain
        pixels.save(target, form, **options)
        if target.seek(0, SEEK_END) <= limit:
            break
    return form


@contextmanager
def _opened(source: BinaryIO, name: str) -> Iterator[Image.Image]:
    source.seek(0)
    head = source.read(HEAD_BYTES)
    source.seek(0)
    if not head:
        raise _refusal(InvalidInput, msg("“%(name)s” is empty.", name=name))
    try:
        image = Image.open(source, formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(name) from error
    except UnidentifiedImageError as error:
        found = sniff(head)
        raise (
            _damaged(name)
            if found is not None and found.extension in ("png", "jpg", "webp")
            else _not_a_picture(name)
        ) from error
    except Exception as error:  # as above: foreign bytes
        raise _damaged(name) from error
    with image:
        yield image


def _check_reference(image: Image.Image, source: BinaryIO, name: str) -> None:
    if not fits(image):
        raise _too_many_pixels(name)
    # Phones write several views into one JPEG ("MPO"); the first is the picture.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise _refusal(
            UnsupportedMedia,
            msg("“%(name)s” is an animation. Please choose a still picture.", name=name),
        )
    if image.info.get("progressive") and scans(source) > MAX_SCANS:
        raise _damaged(name)


def _decode(image: Image.Image, name: str) -> None:
    try:
        image.load()
    except Exception as error:  # truncated, broken, hostile: the zoo of exceptions is open-ended
        log.info("a reference image could not be decoded: %s", type(error).__name__)
        raise _damaged(name) from error


def fits(image: Image.Image) -> bool:
    """Whether a picture that was opened, but not decoded, is one that we decode."""
    width, height = image.size
    return width * height <= MAX_PIXELS and max(width, height) <= MAX_SIDE


def plain_pixels(image: Image.Image, *, keep_alpha: bool) -> Image.Image:
    """Upright, sRGB, eight bits, and nothing else: RGB, or RGBA where it is needed and wanted."""
    profile = image.info.get("icc_profile")
    with contextlib.suppress(Exception):  # broken EXIF
        ImageOps.exif_transpose(image, in_place=True)
    has_alpha = keep_alpha and image.has_transparency_data
    plain = _from_profile(image, profile) if profile and not has_alpha else None
    plain = plain or _eight_bits(image).convert("RGBA" if has_alpha else "RGB")
    plain.info = {}
    return plain


def _without_idle_alpha(image: Image.Image) -> Image.Image:
    """RGB when nothing of an RGBA picture is transparent, which is so for most of them."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image


def _few_colours(image: Image.Image) -> Image.Image | None:
    """A PNG of a palette or of greys as it is, upright and with nothing else: as RGB it would grow by
    half. None for any other picture."""
    if image.format != "PNG" or image.mode not in ("1", "L", "P"):
        return None
    transparency = image.info.get("transparency")
    if image.mode == "P" and len(image.getpalette() or ()) // 3 <= _highest(image):
        return None  # not every pixel has a colour
    if image.mode != "P" and (transparency is not None or image.info.get("icc_profile")):
        return None
    with contextlib.suppress(Exception):  # broken EXIF
        ImageOps.exif_transpose(image, in_place=True)
    plain = image.copy()
    plain.info = {} if transparency is None else {"transparency": transparency}
    return plain


def _from_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Colours as the picture's own profile means them; None when the profile does not fit."""
    if image.mode not in ("RGB", "CMYK", "L"):
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except Exception:  # littleCMS refuses many real profiles; the numbers themselves are the rest
        return None


def _eight_bits(image: Image.Image) -> Image.Image:
    # Pillow cuts 16-bit greys off at 255 instead of scaling them.
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image


def _jpeg_options(image: Image.Image) -> dict[str, object]:
    """The source's own compression, so that a new JPEG is as large and as good as it was."""
    tables: dict[int, list[int]] = getattr(image, "quantization", {})
    sampling = JpegImagePlugin.get_sampling(image)
    fits = image.mode == "RGB" and sampling != -1
    if fits and tables and all(max(table) <= 255 for table in tables.values()):
        return {"qtables": tables, "subsampling": sampling}
    return _GOOD_JPEG


def _has_losses(source: BinaryIO) -> bool:
    """Whether a WebP is compressed as a JPEG is, not as a PNG; leaves the stream where it was."""
    back = source.tell()
    source.seek(12)
    found = b""
    for _ in range(_MAX_WEBP_CHUNKS):
        head = source.read(8)
        found = head[:4]
        if len(head) < 8 or found in (b"VP8 ", b"VP8L"):
            break
        size = int.from_bytes(head[4:], "little")
        source.seek(size + size % 2, SEEK_CUR)
    source.seek(back)
    return found == b"VP8 "


def _highest(image: Image.Image) -> int:
    """The largest value of a pixel of one channel."""
    return max(value for value, count in enumerate(image.histogram()) if count)


def scans(source: BinaryIO) -> int:
    """How many scans a JPEG has, or a few more than MAX_SCANS; leaves the stream where it was. In
    compressed data 0xFF is always escaped, so this is exact but for embedded thumbnails."""
    back = source.tell()
    source.seek(0, SEEK_SET)
    found, last = 0, b""
    while found <= MAX_SCANS and (chunk := source.read(1 << 20)):
        found += (last + chunk).count(b"\xff\xda")
        last = chunk[-1:]
    source.seek(back, SEEK_SET)
    return found


def byte_count(source: BinaryIO) -> int:
    """How long a seekable stream is; leaves it at its start."""
    size = source.seek(0, SEEK_END)
    source.seek(0)
    return size


def _too_many_pixels(name: str) -> AppError:
    text = msg(
        "“%(name)s” has too many pixels. At most 40 million are possible, and 12,000 on a side.",
        name=name,
    )
    return _refusal(TooLarge, text)


def _not_a_picture(name: str) -> AppError:
    text = msg(
        "“%(name)s” is not a picture that we can use. Please choose PNG, JPEG or WebP.", name=name
    )
    return _refusal(UnsupportedMedia, text)


def _damaged(name: str) -> AppError:
    text = msg("“%(name)s” is damaged and cannot be read. Please save it again.", name=name)
    return _refusal(InvalidInput, text)


def _refusal(kind: type[AppError], message: Message) -> AppError:
    return kind(message, errors=[FieldError("file", message)])
