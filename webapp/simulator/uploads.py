"""Files that callers brought (protocol.md §2), named by their content."""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from webapp.simulator.formats import picture_format

PATH = "/files/openapi/"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upload:
    """One file; `kind` is the upload answer's `type`."""

    name: str
    content: bytes | Path
    mime: str
    expires_at: float
    size: int
    picture: str  #: its format as a picture, such as PNG; empty if it is none

    @property
    def data(self) -> bytes:
        """The bytes; read from the disk if they are there."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()

    @property
    def kind(self) -> str:
        major = self.mime.partition("/")[0]
        return major if major in ("image", "video", "audio") else "file"


class Uploads:
    """The same bytes under the same extension are one file, as sending twice is common."""

    def __init__(self) -> None:
        self.folder: Path | None = None  #: where the bytes go; None keeps them in memory
        self._files: dict[str, Upload] = {}

    def add(self, filename: str, data: bytes, mime: str, expires_at: float) -> Upload:
        suffix = PurePosixPath(filename).suffix.lower() or ".bin"
        digest = hashlib.sha256(data).hexdigest()
        content, picture = self._put(digest, data), picture_format(data)
        upload = Upload(digest + suffix, content, mime, expires_at, len(data), picture)
        self.take_up(upload)
        return upload

    def take_up(self, upload: Upload) -> None:
        """Have `upload`, in the place of one with the same name."""
        self._files[upload.name] = upload

    def living(self, now: float) -> list[Upload]:
        """Those whose links still work."""
        return [upload for upload in self._files.values() if now <= upload.expires_at]

    def _put(self, digest: str, data: bytes) -> bytes | Path:
        if self.folder is None:
            return data
        path = self.folder / digest
        part = path.with_suffix(".part")
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError as error:
            log.warning("an upload stays in memory: %s", error)
            return data
        return path

    def find(self, name: str, now: float) -> Upload | None:
        """The file, unless it is unknown or expired."""
        upload = self._files.get(name)
        return upload if upload is not None and now <= upload.expires_at else None

    def behind(self, urls: Iterable[str], now: float) -> Upload | None:
        """The first of `urls` that is one of ours; nothing is ever fetched from elsewhere."""
        found = (self.of(url, now) for url in urls)
        return next((upload for upload in found if upload is not None), None)

    def of(self, url: str, now: float) -> Upload | None:
        """The file behind a link of ours, as long as the link works."""
        return self.find(_own_name(url), now)

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
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return path.removeprefix(PATH) if path.startswith(PATH) else ""
