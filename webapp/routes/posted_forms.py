"""The create form as it arrives: ordinary fields, and files when the browser has no JavaScript."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from webapp.errors import FieldError
from webapp.messages import msg
from webapp.pages.forms import PARAM_PREFIX
from webapp.pages.pairing import MAX_IMAGES
from webapp.routes.page_forms import MAX_FILES, read_form
from webapp.routes.upload_turns import take_turn
from webapp.server.body_limit import MB
from webapp.services import foreseen, services

MAX_FIELDS = MAX_IMAGES + 100
PROMPTS_BYTES = 16 * MB
FORM_BYTES = 512 * MB

_TOO_MUCH = msg(
    "This is more than one form can carry: at most %(images)s images, %(files)s files "
    "and %(size)s MB of prompts. Split it into several missions.",
    images=MAX_IMAGES,
    files=MAX_FILES,
    size=PROMPTS_BYTES // MB,
)

Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Posted:
    """Names and values in their order. Files are stored already, and stand as `image` fields, or as
    the parameter that they are for."""

    fields: Fields
    errors: tuple[FieldError, ...] = ()  #: files that were refused

    def get(self, name: str, default: str = "") -> str:
        """The last value of a name."""
        return next((value for key, value in reversed(self.fields) if key == name), default)


async def read_posted(request: Request) -> Posted:
    """Raises as `read_form` does."""
    form = await read_form(
        request, max_fields=MAX_FIELDS, max_field_bytes=PROMPTS_BYTES, too_much=_TOO_MUCH
    )
    try:
        # Who sends no picture waits for no decoder: a preview, and most missions.
        if any(isinstance(value, UploadFile) and value.filename for _, value in form.multi_items()):
            return await take_turn(_take, request, form)
        return _take(request, form)
    finally:
        await form.close()


def _take(request: Request, form: FormData) -> Posted:
    fields: Fields = []
    errors: list[FieldError] = []
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.append((name, value))
        elif value.filename:
            own = name if name.startswith(PARAM_PREFIX) else ""
            _save(request, value, own, fields, errors)
    return Posted(fields, tuple(errors))


def _save(
    request: Request, file: UploadFile, parameter: str, fields: Fields, errors: list[FieldError]
) -> None:
    try:
        image = services(request).images.save(file.file, file.filename or "")
    except Exception as error:
        errors.append(FieldError(parameter or "images", foreseen(request, error).message))
    else:
        fields.append((parameter or "image", f"/api/images/{image.filename}"))
