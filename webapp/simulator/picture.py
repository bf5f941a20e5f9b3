"""Pictures: a gradient in the colours of the prompt, with the prompt written on it."""

import colorsys
import hashlib
import math

from PIL import Image, ImageDraw

from webapp.simulator import fonts

_AREA = 620_000
_WHITE = (255, 255, 255)
_SHADE = (0, 0, 0, 110)
_MAX_LINES = 8


def picture_size(shape: tuple[int, int]) -> tuple[int, int]:
    """Exactly the asked ratio, at about the usual area.

    A photo's own ratio may have no exact size that small (4001:3001 has none); it gets a near one.
    """
    divisor = math.gcd(*shape)
    wide, high = shape[0] // divisor, shape[1] // divisor
    factor = math.sqrt(_AREA / (wide * high))
    scale: float = round(factor) if factor >= 1 else factor
    return max(1, round(wide * scale)), max(1, round(high * scale))


def gradient(seed: str, size: tuple[int, int]) -> Image.Image:
    """A soft diagonal blend of three colours that belong to `seed`."""
    digest = hashlib.sha256(seed.encode()).digest()
    hue = digest[0] / 256
    hues = (hue, hue + 0.08 + digest[1] / 1600, hue + 0.42 + digest[2] / 1600)
    near, far, spot = (_colour(h, 0.55 + digest[3] / 1280, 0.92) for h in hues)
    # Four corner colours, stretched: smooth, and much quicker than pixel by pixel.
    corners = Image.new("RGB", (2, 2))
    corners.putdata([near, _mixed(near, far), _mixed(far, spot), far])
    return corners.resize(size, Image.Resampling.BICUBIC)


def lettered(image: Image.Image, prompt: str, low: bool = False) -> Image.Image:
    """`image` with `prompt` and the simulator's mark on it."""
    layer = lettering(image.size, prompt, low)
    image.paste(layer, (0, 0), layer)
    return image


def lettering(size: tuple[int, int], prompt: str, low: bool = False) -> Image.Image:
    """A transparent layer with the wrapped prompt on a shade, and the mark in a corner.

    The prompt is in the middle, or `low` down where it leaves an edited picture to be seen.
    """
    layer = Image.new("RGBA", size)
    draw = ImageDraw.Draw(layer)
    type_size = max(9, round(min(size) / 14))
    margin = max(2, type_size)
    lines = wrapped(prompt, type_size, size[0] - 4 * margin)
    line_height = round(type_size * 1.45)
    height = line_height * len(lines)
    top = size[1] - height - 3 * margin if low else (size[1] - height) / 2
    box = (margin, top - margin, size[0] - margin, top + height + margin)
    draw.rounded_rectangle(box, radius=margin, fill=_SHADE)
    for number, line in enumerate(lines):
        _write(draw, line, size[0], top + number * line_height, type_size)
    _mark(draw, size, max(8, type_size // 2))
    return layer


def wrapped(text: str, type_size: int, width: float) -> list[str]:
    """Lines no wider than `width`; breaks at spaces where it can, else between characters."""
    lines = [""]
    used = 0.0
    for word in _words(" ".join(text.split())):
        wide = sum(fonts.width_of(character, type_size) for character in word)
        if used + wide > width and lines[-1]:
            lines.append("")
            used = 0.0
            word = word.lstrip()
        lines[-1] += word
        used += wide
        if len(lines) > _MAX_LINES:
            return [*lines[: _MAX_LINES - 1], lines[_MAX_LINES - 1].rstrip() + "…"]
    return lines


def _words(text: str) -> list[str]:
    """Pieces that stay together: Latin words of a bearable length, single characters else."""
    pieces = [""]
    for character in text:
        fits = pieces[-1] and ord(character) < 0x2E80 and ord(pieces[-1][-1]) < 0x2E80
        if fits and character != " " and len(pieces[-1]) < 14:
            pieces[-1] += character
        else:
            pieces.append(character)
    return [piece for piece in pieces if piece]


def draw_placeholder(image: Image.Image) -> None:
    """A framed cross in the corner: a picture was given that the simulator does not fetch."""
    side = min(image.size) // 5
    draw = ImageDraw.Draw(image)
    box = (side // 4, side // 4, side // 4 + side, side // 4 + side)
    draw.rectangle(box, outline=_WHITE, width=2)
    draw.line(box, fill=_WHITE, width=2)
    draw.line((box[0], box[3], box[2], box[1]), fill=_WHITE, width=2)


def _write(draw: ImageDraw.ImageDraw, line: str, width: int, top: float, type_size: int) -> None:
    line = line.strip()
    at = (width - sum(fonts.width_of(character, type_size) for character in line)) / 2
    for character in line:
        font = fonts.font_for(character, type_size)
        draw.text((at, top), character, font=font, fill=_WHITE)
        at += fonts.width_of(character, type_size)


def _mark(draw: ImageDraw.ImageDraw, size: tuple[int, int], type_size: int) -> None:
    font = fonts.bundled(type_size)
    place = (size[0] - type_size, size[1] - type_size / 2)
    draw.text(place, "SIMULATOR", font=font, fill=(255, 255, 255, 200), anchor="rs")


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, min(1.0, saturation), value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _mixed(one: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
    return (one[0] + other[0]) // 2, (one[1] + other[1]) // 2, (one[2] + other[2]) // 2
