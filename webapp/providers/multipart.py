"""A file as a multipart/form-data body that is read in pieces.

requests builds such a body whole in memory; with several large images at a time that is too much.
"""

from __future__ import annotations

import io
import os
import uuid
from pathlib import Path
from types import TracebackType
from urllib.parse import quote


class MultipartFile:
    """One part named `file`. OSError when the file cannot be opened. Close it, or use `with`."""

    def __init__(self, path: Path, filename: str, content_type: str) -> None:
        boundary = uuid.uuid4().hex
        self.content_type = f"multipart/form-data; boundary={boundary}"
        # Quoted, so that no name can end the header; the service stores names of its own.
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{quote(filename)}"\r\n'
            f"Content-Type: {quote(content_type, safe='/+.-')}\r\n\r\n"
        )
        self._file = path.open("rb")
        size = os.fstat(self._file.fileno()).st_size
        tail = f"\r\n--{boundary}--\r\n"
        self._parts = [io.BytesIO(head.encode()), self._file, io.BytesIO(tail.encode())]
        self._length = len(head) + size + len(tail)

    def __enter__(self) -> MultipartFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> MultipartFile:
        """requests takes a body for a stream when it can be iterated."""
        return self

    def __next__(self) -> bytes:
        piece = self.read(16 * 1024)
        if not piece:
            raise StopIteration
        return piece

    def read(self, size: int = -1, /) -> bytes:
        """The next piece, at most `size` bytes; b"" at the end."""
        for part in self._parts:
            piece = part.read(size)
            if piece:
                return piece
        return b""
