"""What kind of picture some bytes are, and the bytes of pictures that stand in a request itself."""

import base64
import binascii
import io
import warnings

from PIL import Image

TAKEN = frozenset({"JPEG", "PNG"})
"""What the image models take (protocol.md §3)."""


def picture_format(data: bytes) -> str:
    """JPEG, PNG, another of Pillow's names, or an empty string for what cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # large pictures are judged by their bytes alone
            with Image.open(io.BytesIO(data)) as image:
                image.verify()
                return image.format or ""
    except Exception:  # of broken pictures Pillow raises what its decoders raise
        return ""


def inline_bytes(url: str) -> bytes | None:
    """What a data URI holds; None for what is none, or cannot be read."""
    if not url.startswith("data:"):
        return None
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        return None
