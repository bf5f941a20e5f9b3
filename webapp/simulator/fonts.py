"""The type that prompts are drawn in, Chinese included."""

import functools
import io
from importlib import resources

from PIL import ImageFont

#: Covers ASCII, Latin-1 and GB2312; its licence lies beside it.
_BUNDLED = "NotoSansSC-GB2312.otf"
#: Asked, by name, for characters that the bundled font lacks.
_SYSTEM = ("NotoSansCJK-Regular.ttc", "msyh.ttc", "PingFang.ttc", "DejaVuSans.ttf")


@functools.lru_cache(maxsize=8)
def bundled(size: int) -> ImageFont.FreeTypeFont:
    path = resources.files("webapp.simulator") / "assets" / _BUNDLED
    return ImageFont.truetype(io.BytesIO(path.read_bytes()), size)


@functools.lru_cache(maxsize=8)
def _system(size: int) -> tuple[ImageFont.FreeTypeFont, ...]:
    found = []
    for name in _SYSTEM:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:
            continue
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def font_for(character: str, size: int) -> ImageFont.FreeTypeFont:
    """The first font that has `character`; the bundled one draws a box if none does."""
    ours = bundled(size)
    return next((font for font in (ours, *_system(size)) if has_glyph(font, character)), ours)


def has_glyph(font: ImageFont.FreeTypeFont, character: str) -> bool:
    """False if `font` would draw its missing-glyph box."""
    return _shape(font, character) != _missing(font)


@functools.lru_cache(maxsize=16)
def _missing(font: ImageFont.FreeTypeFont) -> bytes:
    return _shape(font, "\U0010fffe")


def _shape(font: ImageFont.FreeTypeFont, character: str) -> bytes:
    mask = font.getmask(character)
    return bytes(repr(mask.size), "ascii") + bytes(mask)


@functools.lru_cache(maxsize=8192)
def width_of(character: str, size: int) -> float:
    return font_for(character, size).getlength(character)
