"""Reference images over JSON: up. Down is media.py's part."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from webapp.api.json_views import image_json
from webapp.errors import InvalidInput, UnsupportedMedia
from webapp.messages import msg
from webapp.routes.answers import base_url, ok
from webapp.routes.upload_turns import take_turn
from webapp.services import services

_MAX_FILES = 20  # so many are told in our words that one is taken
_ENVELOPE_BYTES = 64 * 1024  # boundaries, part headers and a few small fields around the file


def upload_limit(scope: Scope) -> int:
    """Bytes of one upload: MAX_UPLOAD_MB and what multipart adds."""
    megabytes: int = scope["app"].state.services.settings.max_upload_mb
    return megabytes * 1024 * 1024 + _ENVELOPE_BYTES


async def upload_image(request: Request) -> Response:
    """multipart/form-data with one `file`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise UnsupportedMedia(
            msg("Send the image as multipart/form-data, in a field named “file”.")
        )
    async with request.form(max_files=_MAX_FILES, max_fields=10) as form:
        if sum(isinstance(value, UploadFile) for _, value in form.multi_items()) > 1:
            raise InvalidInput.field("file", msg("Send one file at a time."))
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidInput.field("file", msg("There is no file in the field “file”."))
        stream, name = file.file, file.filename or ""
        image = await take_turn(services(request).images.save, stream, name)
    return ok(image_json(image, base_url(request)))
