"""Videos: a camera moving over a picture, with the prompt standing still in front."""

import tempfile
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream
from PIL import Image

FRAME_RATE = 12
_SIZES = {"portrait": (360, 640), "landscape": (640, 360), "square": (480, 480)}


def frame_size(shape: tuple[int, int]) -> tuple[int, int]:
    """Small, and even as yuv420p needs it."""
    if shape[0] == shape[1]:
        return _SIZES["square"]
    return _SIZES["landscape"] if shape[0] > shape[1] else _SIZES["portrait"]


def make(canvas: Image.Image, layer: Image.Image, seconds: float) -> bytes:
    """An MP4 that browsers play: H.264, yuv420p, its index in front.

    The camera moves over `canvas`, the transparent `layer` of the same size stays in place.
    """
    size = canvas.size
    wide = canvas.resize((size[0] * 5 // 4, size[1] * 5 // 4), Image.Resampling.BILINEAR)
    # A real file: to put the index in front, the muxer reads back what it wrote.
    with tempfile.TemporaryDirectory(prefix="simulator-") as folder:
        path = Path(folder) / "result.mp4"
        _write(path, wide, layer, round(seconds * FRAME_RATE))
        return path.read_bytes()


def _write(path: Path, wide: Image.Image, layer: Image.Image, count: int) -> None:
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = _stream(container.add_stream("libx264", FRAME_RATE), layer.size)
        for number in range(count):
            frame = _frame(wide, layer, number / max(1, count - 1))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _stream(stream: VideoStream, size: tuple[int, int]) -> VideoStream:
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, FRAME_RATE)
    stream.thread_count = 1
    stream.options = {"preset": "ultrafast", "crf": "26"}
    return stream


def _frame(wide: Image.Image, layer: Image.Image, progress: float) -> av.VideoFrame:
    left = round((wide.width - layer.width) * progress)
    top = round((wide.height - layer.height) * progress)
    image = wide.crop((left, top, left + layer.width, top + layer.height))
    image.paste(layer, (0, 0), layer)
    frame: av.VideoFrame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
    return frame
