"""Small image files."""

from __future__ import annotations

import io

from PIL import Image


def png(side: int = 32, colour: str = "red") -> bytes:
    """A square PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return out.getvalue()
