"""Small WebP pictures for pages: of pictures, and of films through their poster."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from webapp.files.pictures import MAX_SCANS, decoders, fits, plain_pixels, scans
from webapp.safety.disk import part_file, put

PREVIEW_WIDTHS = (320, 640)
_TALLEST = 4  # a preview is at most this many times as high as it is wide
_QUALITY = 78
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
_ORIENTATION = 0x0112  # the EXIF tag; 5 to 8 lie on their side


class NoPreview(Exception):
    """A picture that we do not preview; its file is as good as it was."""


def preview_picture(path: Path, targets: Mapping[int, Path]) -> tuple[int, int]:
    """Write a WebP for each width in `targets`; returns the picture's own width and height.

    The first frame of an animation counts. Blocks while other pictures are being decoded. Raises
    NoPreview, or OSError when the disk is in trouble.
    """
    with decoders, path.open("rb") as source:
        try:
            image: Image.Image = Image.open(source, formats=_FORMATS)
            size = _upright_size(image)
            if image.info.get("progressive") and (not fits(image) or scans(source) > MAX_SCANS):
                # Each scan goes over all of it, and all of it stays in memory however small we want it.
                raise NoPreview("a progressive picture with too many pixels or scans")
            image.draft("RGB", (max(targets) * 2, max(targets) * 2))  # JPEG: decode less
            if not fits(image):
                raise NoPreview("too many pixels")
            image.load()
            pixels = plain_pixels(image, keep_alpha=True)
        except NoPreview:
            raise
        except Exception as error:  # a decoder fed with foreign bytes raises whatever it likes
            raise NoPreview(type(error).__name__) from error
        write_previews(pixels, targets)
        return size


def write_previews(image: Image.Image, targets: Mapping[int, Path]) -> None:
    """Write `image` as one WebP for each width in `targets`. Raises OSError."""
    for width in sorted(targets, reverse=True):
        image = image.copy()
        image.thumbnail((width, width * _TALLEST), reducing_gap=2.0)
        with part_file(targets[width].parent) as (part, file):
            image.save(file, "WEBP", quality=_QUALITY)
            put(part, file, targets[width])


def _upright_size(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    with contextlib.suppress(Exception):  # broken EXIF is no reason to lose the picture
        if image.getexif().get(_ORIENTATION) in (5, 6, 7, 8):
            return height, width
    return width, height
