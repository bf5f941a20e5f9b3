"""Reading what a form of a page brought."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from webapp.errors import TooLarge, UnsupportedMedia
from webapp.messages import Message, msg

MAX_FIELDS = 1000
MAX_FILES = 100
MAX_FIELD_BYTES = 1024 * 1024

_KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")
# Starlette's parsers tell only by their words that there is too much of something.
_TOO_MUCH = ("Too many", "Field exceeded", "Part exceeded")


async def read_form(
    request: Request,
    *,
    max_files: int = MAX_FILES,
    max_fields: int = MAX_FIELDS,
    max_field_bytes: int = MAX_FIELD_BYTES,
    too_much: Message | None = None,
) -> FormData:
    """The fields, empty when there is no body. Close it when it may hold files.

    Raises UnsupportedMedia for what is no form, TooLarge with the sentence `too_much` beyond the
    limits, and Starlette's HTTPException 400 for what cannot be read.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in _KINDS:
        raise UnsupportedMedia(msg("This address takes forms only, as a page of ours sends them."))
    try:
        return await request.form(
            max_files=max_files, max_fields=max_fields, max_part_size=max_field_bytes
        )
    except HTTPException as error:
        if not error.detail.startswith(_TOO_MUCH):
            raise
        raise TooLarge(too_much or msg("This is more than one form can carry.")) from error
