"""Pictures and films made on the spot: honest, damaged and hostile ones."""

from __future__ import annotations

import io
import struct
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageChops, ImageFilter

RED, BLUE = (200, 40, 30), (20, 40, 200)


def picture(
    form: str = "PNG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **how: Any
) -> bytes:
    """Left half red, right half blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.convert(mode).save(out, form, **how)
    return out.getvalue()


def photo(form: str, size: tuple[int, int], mode: str = "RGB", **how: Any) -> bytes:
    """Soft shapes under grain, as cameras see them: small with losses, large without."""
    grain = Image.effect_noise(size, 25).filter(ImageFilter.GaussianBlur(1))
    small = (size[0] // 8, size[1] // 8)
    shapes = [Image.effect_noise(small, 90).resize(size) for _ in "RGB"]
    image = Image.merge("RGB", [ImageChops.add(shape, grain, 2) for shape in shapes])
    out = io.BytesIO()
    image.convert(mode).save(out, form, **how)
    return out.getvalue()


def turned_jpeg(orientation: int, **how: Any) -> bytes:
    """A JPEG whose EXIF says how the camera was held, with a place and a name in it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "at home of Alice Secret"
    return picture("JPEG", exif=exif, quality=95, **how)


def animation(form: str, frames: int = 3) -> bytes:
    first = Image.new("RGB", (16, 16), RED)
    others = [Image.new("RGB", (16, 16), (number % 256, 0, 0)) for number in range(1, frames)]
    out = io.BytesIO()
    first.save(out, form, save_all=True, append_images=others, duration=20)
    return out.getvalue()


def several_views() -> bytes:
    """An MPO: a JPEG as phones write it, with a second picture inside."""
    out = io.BytesIO()
    other = Image.new("RGB", (32, 24), BLUE)
    Image.new("RGB", (64, 48), RED).save(out, "MPO", save_all=True, append_images=[other])
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A small, valid PNG of that many black pixels."""
    row = zlib.compressobj(9)
    data = b"".join(row.compress(bytes(1 + (width + 7) // 8)) for _ in range(height)) + row.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def many_frames_webp(frames: int) -> bytes:
    """An animated WebP of that many equal frames, without encoding each."""
    still = picture("WEBP", (2, 2))[12:]
    size = struct.pack("<I", 1)[:3]
    frame = bytes(6) + size + size + struct.pack("<I", 20)[:3] + b"\0" + still
    canvas = _riff(b"VP8X", b"\x02\0\0\0" + size + size)
    body = canvas + _riff(b"ANIM", bytes(6)) + _riff(b"ANMF", frame) * frames
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def many_scans_jpeg(scans: int) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    plain = picture("JPEG", progressive=True)
    last = plain.rindex(b"\xff\xda")
    return plain[:last] + plain[last:-2] * scans + plain[-2:]


def jpeg_that_claims(width: int, height: int) -> bytes:
    """A small progressive JPEG whose head says that it is that large."""
    plain = picture("JPEG", progressive=True)
    at = plain.index(b"\xff\xc2") + 5
    return plain[:at] + struct.pack(">HH", height, width) + plain[at + 4 :]


def film(
    path: Path,
    *,
    dark_frames: int = 0,
    frames: int = 30,
    size: tuple[int, int] = (160, 96),
) -> Path:
    """An H.264 film of 15 frames a second, black at first, then left red and right blue."""
    shown = Image.new("RGB", size, RED)
    shown.paste(BLUE, (size[0] // 2, 0, *size))
    with av.open(str(path), mode="w") as container:
        stream = container.add_stream("libx264", rate=Fraction(15))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            image = Image.new("RGB", size) if number < dark_frames else shown
            frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def sound(path: Path, seconds: float) -> Path:
    """A silent WAV."""
    data = bytes(int(8000 * seconds) * 2)
    head = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    body = b"WAVEfmt " + head + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path
