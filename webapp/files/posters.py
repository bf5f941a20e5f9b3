"""Films through PyAV: how long, how large, and a picture that stands for them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

log = logging.getLogger(__name__)

POSTER_WIDTH = 640
_FRAMES = 150  # five seconds: films that fade in are bright by then
_DARK = 24.0  # mean brightness of 255; video black is 0 to 16
_MAX_PIXELS = 40_000_000
_OPTIONS = {
    # Playlists and the like name other files and addresses to open; a result is one file.
    "format_whitelist": "mov,mp4,m4a,matroska,webm,avi,wav,mp3,ogg,flac,aac",
    "protocol_whitelist": "file",
}


class NoPoster(Exception):
    """A film that cannot be read; its file is as good as it was."""


@dataclass(frozen=True, slots=True)
class Film:
    """What pages show of a film. `seconds` is None when the file does not say."""

    width: int
    height: int
    seconds: float | None
    poster: Image.Image


def read_film(path: Path) -> Film:
    """Decode the first frames and choose the first that is not black. Raises NoPoster."""
    try:
        with av.open(str(path), mode="r", options=_OPTIONS) as container:
            return _film(container)
    except NoPoster:
        raise
    except Exception as error:  # a decoder fed with foreign bytes raises whatever it likes
        raise NoPoster(str(error)) from error


def sound_seconds(path: Path) -> float | None:
    """How long a sound lasts, None when that cannot be told."""
    try:
        with av.open(str(path), mode="r", options=_OPTIONS) as container:
            return _seconds(container)
    except Exception as error:  # as above
        log.info("the length of a sound could not be read: %s", type(error).__name__)
        return None


def _film(container: InputContainer) -> Film:
    if not container.streams.video:
        raise NoPoster("no pictures in it")
    stream = container.streams.video[0]
    if stream.width * stream.height > _MAX_PIXELS:
        raise NoPoster("too many pixels")
    stream.codec_context.thread_count = 1  # several films are read at once, beside the pages
    frame = _first_bright_frame(container, stream)
    turned = frame.rotation % 180 != 0
    width, height = (frame.height, frame.width) if turned else (frame.width, frame.height)
    return Film(width, height, _seconds(container), _picture(frame))


def _first_bright_frame(container: InputContainer, stream: VideoStream) -> VideoFrame:
    """The first frame that is not dark; in a film that is dark throughout, the brightest."""
    best: VideoFrame | None = None
    best_light = -1.0
    for frame in islice(container.decode(stream), _FRAMES):
        light = _brightness(frame)
        if light > best_light:
            best, best_light = frame, light
        if light >= _DARK:
            break
    if best is None:
        raise NoPoster("not one frame in it")
    return best


def _brightness(frame: VideoFrame) -> float:
    small = frame.reformat(width=32, height=32, format="gray")
    pixels = bytes(small.planes[0])
    return sum(pixels) / len(pixels)


def _picture(frame: VideoFrame) -> Image.Image:
    scale = min(1.0, POSTER_WIDTH / min(frame.width, frame.height))
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    small = frame.reformat(width=width, height=height, format="rgb24")
    image: Image.Image = small.to_image()  # type: ignore[no-untyped-call]
    # PyAV tells how far to turn counter-clockwise, which is the way Pillow turns.
    return image.rotate(frame.rotation, expand=True) if frame.rotation % 360 else image


def _seconds(container: InputContainer) -> float | None:
    return container.duration / av.time_base if container.duration else None
