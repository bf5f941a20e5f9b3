"""The pictures that a call refers to: uploads of ours and those inside the request. Nothing is fetched from
elsewhere, so what is there is taken on trust."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.simulator.catalogue import Model
from webapp.simulator.formats import TAKEN, inline_bytes, picture_format
from webapp.simulator.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that we can look at; `format` is empty for what cannot be read as one."""

    size: int
    format: str


def references(
    model: Model, body: Mapping[str, Any], uploads: Uploads, now: float
) -> Iterator[Reference]:
    """Those of a call whose parameters are right. One that is gone has no bytes and no format."""
    for url in model.pictures(body):
        upload = uploads.of(url, now)
        if upload is not None:
            yield Reference(upload.size, upload.picture)
        elif uploads.is_gone(url, now):
            yield Reference(0, "")
        elif url.startswith("data:"):
            data = inline_bytes(url) or b""
            yield Reference(len(data), picture_format(data))


def refusal(model: Model, found: list[Reference]) -> tuple[str, str]:
    """The code of a call that is not taken, and what to say beside it; empty when it is.

    What cannot be read is found out later, by whoever opens it: the task then fails with 1013.
    """
    for reference in found:
        if reference.size > model.image_mb * 2**20:
            return "1008", f"at most {model.image_mb} MB"
        if reference.format and reference.format not in TAKEN:
            return "1007", "images must be JPG or PNG"
    return "", ""
