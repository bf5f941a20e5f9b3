"""Reference images: taken in once, stored under the hash of what we wrote, handed on when needed."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from webapp.accounts.people import Role
from webapp.accounts.rights import OnBehalf
from webapp.clock import Clock
from webapp.errors import FieldError, NotFound, TooLarge, Unavailable
from webapp.files.filenames import shown_name
from webapp.files.filetypes import TYPES
from webapp.files.pictures import byte_count, write_reference
from webapp.messages import msg
from webapp.providers.base import ErrorClass, Provider, ProviderError
from webapp.safety.disk import part_file, put
from webapp.safety.failpoints import reached
from webapp.settings import Settings
from webapp.store import images
from webapp.store.images import StoredImage, Uploader
from webapp.task_types import TASK_TYPES
from webapp.views import ImageView

IMAGE_PATH = "/api/images/"
_FILENAME = re.compile(r"[0-9a-f]{32}\.(png|jpg)")


class ReferenceMissing(ProviderError):
    """An address of ours behind which there is no image: as wrong a value as one that the
    provider refuses, and treated like it."""

    def __init__(self, name: str) -> None:
        super().__init__(ErrorClass.INPUT, "image_missing", name)


class ReferenceImages(OnBehalf):
    """All methods block and may be called from any thread."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._limit_mb = settings.max_upload_mb
        self._folder = settings.uploads / "references"
        self._own_hosts = _own_hosts(settings)
        self._clock = clock
        self._locks = _Locks()

    def save(self, stream: BinaryIO, original_name: str) -> ImageView:
        """Check, write anew and remember a picture; the same picture twice is one file.

        `stream` must be seekable. Raises Forbidden, InvalidInput, TooLarge, UnsupportedMedia;
        Unavailable when it cannot be stored.
        """
        self._must_be(Role.MEMBER)
        name = shown_name(original_name)
        if byte_count(stream) > self._limit_mb * 1024 * 1024:
            text = msg("“%(name)s” is larger than %(limit)s MB.", name=name, limit=self._limit_mb)
            raise TooLarge(text, errors=[FieldError("file", text)])
        try:
            image = self._write(stream, name)
        except OSError as error:
            raise Unavailable(
                msg("The picture cannot be stored. Is the disk full, or the folder read-only?")
            ) from error
        images.add(image, self._clock.now())
        return _view(image)

    def path(self, filename: str) -> Path:
        """Where an image of ours is on disk. Raises NotFound."""
        path = self._find(filename)
        if path is None:
            raise NotFound(msg("This image does not exist, or no longer does."))
        return path

    def find_own(self, value: str) -> ImageView | None:
        """The image of ours behind an address, None for an address of somebody else. Raises
        ReferenceMissing when the address is ours and nothing is there."""
        name = self._own_name(value)
        if name is None:
            return None
        stored = images.find(name) if self._find(name) is not None else None
        if stored is None:
            raise ReferenceMissing(name)
        return _view(stored)

    def to_remote(self, value: str, provider: Provider) -> str:
        """A value that the provider can read: an image of ours is uploaded, any other address is
        passed on untouched. Raises ProviderError."""
        name = self._own_name(value)
        return self.remote_url(name, provider) if name else value

    def remote_url(self, filename: str, provider: Provider) -> str:
        """The provider's link to an image, uploading it when there is none that lives long
        enough. Callers that want the same one wait for one upload. Raises ProviderError."""
        uploader = Uploader(provider.name, provider.key_fingerprint)
        with self._locks.hold((filename, uploader)):
            link = images.find_link(filename, uploader, self._clock.now())
            return link or self._upload(filename, provider, uploader)

    def _upload(self, filename: str, provider: Provider, uploader: Uploader) -> str:
        path = self._find(filename)
        if path is None:
            raise ReferenceMissing(filename)
        begun = self._clock.now()
        upload = provider.upload(path, filename, TYPES[path.suffix[1:]].media_type)
        reached("upload.answered")
        # A task may wait before it reads its image, so a link is not used to its last minute.
        use_s = upload.expires_in_s - min(3600.0, upload.expires_in_s / 4)
        images.save_link(filename, uploader, upload.url, begun + timedelta(seconds=use_s))
        return upload.url

    def _write(self, stream: BinaryIO, name: str) -> StoredImage:
        with part_file(self._folder) as (part, file):
            reached("reference.begun")
            reference = write_reference(stream, name, file, _type_limits())
            file.flush()
            with part.open("rb") as written:
                digest = hashlib.file_digest(written, "sha256").hexdigest()
            final = self._folder / f"{digest[:32]}.{reference.extension}"
            size = part.stat().st_size
            if not final.is_file():
                put(part, file, final)
        reached("reference.named")
        return StoredImage(
            final.name,
            digest,
            name,
            TYPES[reference.extension].media_type,
            size,
            reference.width,
            reference.height,
        )

    def _find(self, filename: str) -> Path | None:
        if not _FILENAME.fullmatch(filename) or images.find(filename) is None:
            return None
        path = self._folder / filename
        return path if path.is_file() and not path.is_symlink() else None

    def _own_name(self, value: str) -> str | None:
        """The file name in an address of ours; None for an address of somebody else."""
        try:
            parts = urlsplit(value)
        except ValueError:
            return None
        if not parts.path.startswith(IMAGE_PATH):
            return None
        name = parts.path.removeprefix(IMAGE_PATH)
        if not parts.netloc or parts.netloc.lower() in self._own_hosts:
            return name
        # Behind a proxy or in a local network we have names that we do not know. The hash of an
        # image that we hold cannot be another site's file by chance.
        return name if self._find(name) is not None else None


def _view(image: StoredImage) -> ImageView:
    extension = image.filename.rpartition(".")[2]
    return ImageView(
        image.filename, image.original_name, image.size, image.width, image.height, extension
    )


def _own_hosts(settings: Settings) -> frozenset[str]:
    local = {f"{host}:{settings.port}" for host in ("127.0.0.1", "localhost", "[::1]")}
    named = {f"{settings.host}:{settings.port}".lower()}
    public = {urlsplit(settings.public_url).netloc.lower()} if settings.public_url else set()
    return frozenset(local | named | public)


class _Locks:
    """A lock for each key that is in use."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[object, threading.Lock] = {}
        self._users: Counter[object] = Counter()

    @contextmanager
    def hold(self, key: object) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
            self._users[key] += 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                self._users[key] -= 1
                if not self._users[key]:
                    del self._users[key], self._locks[key]


def _type_limits() -> frozenset[int]:
    """The sizes in bytes up to which parameters of the catalogue take an image."""
    fields = (field for entry in TASK_TYPES.values() for field in entry.image_fields)
    return frozenset(field.max_mb * 1024 * 1024 for field in fields if field.max_mb)
