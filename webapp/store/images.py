"""Reference images and the providers' links to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from webapp.db import reading, writing
from webapp.models import Image, ImageUpload
from webapp.store.rows import row


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A row of `images`."""

    filename: str
    sha256: str
    original_name: str
    content_type: str
    size: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Uploader:
    """Whose copy a link leads to: uploads made with one key are not seen by another."""

    provider: str
    key_fingerprint: str


def add(image: StoredImage, now: datetime) -> None:
    """Remember an image; the same bytes a second time change nothing."""
    with writing("add_image"):
        Image.insert(
            filename=image.filename,
            sha256=image.sha256,
            original_name=image.original_name,
            content_type=image.content_type,
            size=image.size,
            width=image.width,
            height=image.height,
            created_at=now,
        ).on_conflict_ignore().execute()


def find(filename: str) -> StoredImage | None:
    """The image that is served under this name."""
    with reading():
        found = row(
            Image.select(
                Image.filename,
                Image.sha256,
                Image.original_name,
                Image.content_type,
                Image.size,
                Image.width,
                Image.height,
            ).where(Image.filename == filename)
        )
    return StoredImage(*found) if found else None


def find_link(filename: str, uploader: Uploader, now: datetime) -> str | None:
    """A provider's link that can still be used."""
    with reading():
        found = row(
            ImageUpload.select(ImageUpload.url)
            .join(Image)
            .where(
                Image.filename == filename,
                ImageUpload.provider == uploader.provider,
                ImageUpload.key_fingerprint == uploader.key_fingerprint,
                ImageUpload.expires_at > now,
            )
        )
    return str(found[0]) if found else None


def save_link(filename: str, uploader: Uploader, url: str, expires_at: datetime) -> None:
    """Remember a link in place of an older one. Nothing happens for an image that is not here."""
    with writing("save_link"):
        found = row(Image.select(Image.id).where(Image.filename == filename))
        if found is None:
            return
        key = {
            "image": found[0],
            "provider": uploader.provider,
            "key_fingerprint": uploader.key_fingerprint,
        }
        ImageUpload.insert(**key, url=url, expires_at=expires_at).on_conflict(
            conflict_target=[
                ImageUpload.image,
                ImageUpload.provider,
                ImageUpload.key_fingerprint,
            ],
            update={ImageUpload.url: url, ImageUpload.expires_at: expires_at},
        ).execute()


def forget_links(filenames: Collection[str], uploader: Uploader) -> None:
    """Links that turned out to lead nowhere: the next use of these images uploads them anew."""
    named = Image.select(Image.id).where(Image.filename.in_(list(filenames)))
    with writing():
        ImageUpload.delete().where(
            ImageUpload.image.in_(named),
            ImageUpload.provider == uploader.provider,
            ImageUpload.key_fingerprint == uploader.key_fingerprint,
        ).execute()
