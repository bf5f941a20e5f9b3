"""Files that callers brought (protocol.md §2): kept in memory, named by their content."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

PATH = "/files/openapi/"


@dataclass(frozen=True, slots=True)
class Upload:
    """One file; `kind` is the upload answer's `type`."""

    name: str
    data: bytes
    mime: str
    expires_at: float

    @property
    def kind(self) -> str:
        major = self.mime.partition("/")[0]
        return major if major in ("image", "video", "audio") else "file"


class Uploads:
    """The same bytes under the same extension are one file, as sending twice is common."""

    def __init__(self) -> None:
        self._files: dict[str, Upload] = {}

    def add(self, filename: str, data: bytes, mime: str, expires_at: float) -> Upload:
        suffix = PurePosixPath(filename).suffix.lower() or ".bin"
        name = hashlib.sha256(data).hexdigest() + suffix
        upload = Upload(name, data, mime, expires_at)
        self._files[name] = upload
        return upload

    def find(self, name: str, now: float) -> Upload | None:
        """The file, unless it is unknown or expired."""
        upload = self._files.get(name)
        return upload if upload is not None and now <= upload.expires_at else None

    def behind(self, urls: Iterable[str], now: float) -> Upload | None:
        """The first of `urls` that is one of ours; nothing is ever fetched from elsewhere."""
        found = (self.find(_own_name(url), now) for url in urls)
        return next((upload for upload in found if upload is not None), None)

    def is_gone(self, url: str, now: float) -> bool:
        """True for a link that we gave out once and that leads nowhere now."""
        name = _own_name(url)
        return bool(name) and self.find(name, now) is None

    def clear(self) -> None:
        self._files.clear()


def _own_name(url: str) -> str:
    # The host is not compared: behind a proxy we cannot know our own names, and the content
    # hash in the path cannot be mistaken for anybody else's file.
    if not url.startswith(("http://", "https://")):
        return ""
    path = urlsplit(url).path
    return path.removeprefix(PATH) if path.startswith(PATH) else ""
