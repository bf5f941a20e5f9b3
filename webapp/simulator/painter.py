"""Makes result files: which kind, which size, from what picture."""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from webapp.simulator import film, picture

#: Bigger ones are not opened: an upload may be a bomb.
_MAX_SOURCE_PIXELS = 50_000_000


@dataclass(frozen=True, slots=True)
class Sketch:
    """All that a result is made from, so that drawing needs nothing else of the simulator."""

    prompt: str
    ratio: str
    extension: str
    variant: int = 0  #: results of one task differ a little
    seconds: float = 2.0
    source: bytes | None = None  #: the picture to edit or to set in motion
    wants_source: bool = False  #: a picture was given, but it is not ours to fetch
    small: bool = False


def draw(sketch: Sketch) -> bytes:
    """The file; takes up to half a second, so not for the event loop."""
    source = _opened(sketch.source)
    shape = _shape(sketch.ratio, source)
    if sketch.extension == "mp4":
        size = film.frame_size(shape)
        layer = picture.lettering(size, sketch.prompt, low=source is not None)
        return film.make(_canvas(sketch, size, source), layer, sketch.seconds)
    size = (64, 64) if sketch.small else picture.picture_size(shape)
    canvas = _canvas(sketch, size, source)
    image = picture.lettered(canvas, sketch.prompt, low=source is not None)
    return _encoded(image, sketch.extension)


def _canvas(sketch: Sketch, size: tuple[int, int], source: Image.Image | None) -> Image.Image:
    """What the prompt is written on: a gradient, or the source picture tinted with it."""
    gradient = picture.gradient(f"{sketch.prompt}#{sketch.variant}", size)
    if source is not None:
        fitted = ImageOps.fit(source, size)
        return Image.blend(fitted, gradient, 0.25)
    if sketch.wants_source:
        picture.draw_placeholder(gradient)
    return gradient


def _opened(data: bytes | None) -> Image.Image | None:
    if data is None:
        return None
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > _MAX_SOURCE_PIXELS:
            return None
        image.draft("RGB", (2048, 2048))
        return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return None


def _shape(ratio: str, source: Image.Image | None) -> tuple[int, int]:
    if ratio != "auto":
        left, _, right = ratio.partition(":")
        return int(left), int(right)
    wide, high = source.size if source is not None else (1, 1)
    # A picture like a hair would leave no room to write on.
    return min(wide, 4 * high), min(high, 4 * wide)


def _encoded(image: Image.Image, extension: str) -> bytes:
    buffer = io.BytesIO()
    if extension == "jpg":
        image.save(buffer, "JPEG", quality=88)
    else:
        image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
