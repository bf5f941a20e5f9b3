"""The catalogue of what can be made. One entry of data gives the form, the validation, the payload,
the price and the documentation page (design.md §8, protocol.md §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from webapp.errors import FieldError
from webapp.messages import Message, msg, nmsg


class FieldKind(StrEnum):
    """How a parameter is asked for, checked and sent."""

    TEXT = "text"
    CHOICE = "choice"  #: always a string on the wire, even "10"
    IMAGE = "image"  #: one URL, sent as a string
    IMAGES = "images"  #: several URLs, sent as a list
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class TaskField:
    """One parameter. `max_mb` and `max_items` belong to images, `max_length` to texts."""

    name: str
    kind: FieldKind
    label: Message
    required: bool = True
    choices: tuple[str, ...] = ()
    default: str | bool | None = None
    max_length: int = 0
    max_items: int = 1
    max_mb: int = 0

    @property
    def is_image(self) -> bool:
        return self.kind in (FieldKind.IMAGE, FieldKind.IMAGES)


@dataclass(frozen=True, slots=True)
class TaskType:
    """One kind of generation. `typical_s` is a guess for the time before we have seen any."""

    name: str
    label: Message
    path: str  #: under /openapi/v2; empty: it cannot be made any more
    output: str  #: image or video
    batch_field: str  #: what a plain string in batch_input stands for
    fields: tuple[TaskField, ...]
    price: Decimal  #: list price per item, a guide
    typical_s: float
    currency: str = "CNY"
    by_name: Mapping[str, TaskField] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {entry.name: entry for entry in self.fields})

    @property
    def image_field(self) -> TaskField | None:
        """The reference image parameter, if this type has one."""
        return next((entry for entry in self.fields if entry.is_image), None)

    def images_of(self, params: Mapping[str, object]) -> tuple[str, ...]:
        """The reference images among an item's parameters, one or several, in their order."""
        value = params.get(self.image_field.name) if self.image_field else None
        if isinstance(value, str):
            return (value,) if value else ()
        return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()

    @property
    def fixed_fields(self) -> tuple[TaskField, ...]:
        """Parameters that are usually the same for a whole mission."""
        return tuple(
            entry for entry in self.fields if entry.kind in (FieldKind.CHOICE, FieldKind.FLAG)
        )


IMAGE_RATIOS = ("auto", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "5:4", "4:5", "21:9")
VIDEO_RATIOS = ("9:16", "16:9", "1:1")
VIDEO_SECONDS = ("10", "15")


def _prompt(max_length: int) -> TaskField:
    return TaskField("prompt", FieldKind.TEXT, msg("Prompt"), max_length=max_length)


def _ratio(choices: tuple[str, ...], default: str) -> TaskField:
    return TaskField(
        "aspectRatio", FieldKind.CHOICE, msg("Aspect ratio"), choices=choices, default=default
    )


_DURATION = TaskField(
    "duration", FieldKind.CHOICE, msg("Length in seconds"), choices=VIDEO_SECONDS, default="10"
)

TASK_TYPES: Mapping[str, TaskType] = {
    entry.name: entry
    for entry in (
        TaskType(
            "text_to_image",
            msg("Text to image"),
            "rhart-image-v1/text-to-image",
            "image",
            "prompt",
            (_prompt(20000), _ratio(IMAGE_RATIOS, "3:4")),
            Decimal("0.05"),
            25,
        ),
        TaskType(
            "image_to_image",
            msg("Image to image"),
            "rhart-image-v1/edit",
            "image",
            "imageUrls",
            (
                _prompt(20000),
                TaskField(
                    "imageUrls", FieldKind.IMAGES, msg("Reference images"), max_items=5, max_mb=10
                ),
                _ratio(IMAGE_RATIOS, "auto"),
            ),
            Decimal("0.05"),
            25,
        ),
        TaskType(
            "text_to_video",
            msg("Text to video"),
            "rhart-video-s/text-to-video",
            "video",
            "prompt",
            (_prompt(4000), _ratio(VIDEO_RATIOS, "9:16"), _DURATION),
            Decimal("1.0"),
            175,
        ),
        TaskType(
            "image_to_video",
            msg("Image to video"),
            "rhart-video-s/image-to-video",
            "video",
            "imageUrl",
            (
                _prompt(4000),
                TaskField("imageUrl", FieldKind.IMAGE, msg("Reference image"), max_mb=50),
                _ratio(VIDEO_RATIOS, "9:16"),
                _DURATION,
            ),
            Decimal("1.0"),
            175,
        ),
    )
}


def task_type_of(name: str) -> TaskType:
    """The entry of a stored mission or template. What an older version made may be of a type that
    is gone: then a stand-in with a prompt, which is shown like the others, and has no `path`."""
    known = TASK_TYPES.get(name)
    if known is not None:
        return known
    return TaskType(name, Message(name), "", "image", "prompt", (_prompt(20000),), Decimal(0), 60)


def is_image_reference(value: str) -> bool:
    """A URL of ours (from /api/images/ on, or absolute) or a public http(s) URL."""
    return value.startswith(("http://", "https://", "/api/images/"))


def check_item(
    task_type: TaskType, params: Mapping[str, object], *, where: str, row: int | None
) -> tuple[dict[str, object], list[FieldError]]:
    """Check one item's parameters and fill in the defaults.

    Returns the exact parameters to send (strings stay strings) and what is wrong, named by field,
    row and reason; `where` is the field's path in front of the parameter's name.
    """
    clean: dict[str, object] = {}
    errors: list[FieldError] = []
    for name in params:
        if name not in task_type.by_name:
            errors.append(
                _error(
                    where, name, row, msg("“%(name)s” is not a parameter of this type.", name=name)
                )
            )
    for entry in task_type.fields:
        value, problem = _check_value(entry, params.get(entry.name))
        if problem is not None:
            errors.append(_error(where, entry.name, row, problem))
        elif value is not None:
            clean[entry.name] = value
    return clean, errors


def _error(where: str, name: str, row: int | None, problem: Message) -> FieldError:
    path = f"{where}.{name}" if where else name
    return FieldError(path, in_row(row, problem), row)


def in_row(row: int | None, problem: Message) -> Message:
    """Put "Row 3: " in front of a sentence."""
    return problem if row is None else msg("Row %(row)s: %(problem)s", row=row, problem=problem)


def _check_value(entry: TaskField, value: object) -> tuple[object | None, Message | None]:
    if value is None or value == "" or value == []:
        value = entry.default
    if value is None:
        return None, _missing(entry) if entry.required else None
    match entry.kind:
        case FieldKind.TEXT:
            return _check_text(entry, value)
        case FieldKind.CHOICE:
            return _check_choice(entry, value)
        case FieldKind.FLAG:
            return _check_flag(entry, value)
        case FieldKind.IMAGE:
            return _check_image(entry, value)
        case FieldKind.IMAGES:
            return _check_images(entry, value)


def _missing(entry: TaskField) -> Message:
    if entry.kind is FieldKind.IMAGES:
        return msg("%(field)s are missing.", field=entry.label)
    return msg("%(field)s is missing.", field=entry.label)


def _check_text(entry: TaskField, value: object) -> tuple[object | None, Message | None]:
    if not isinstance(value, str):
        return None, msg("%(field)s must be a text.", field=entry.label)
    text = value.strip()
    if not text:
        return None, msg("%(field)s is empty.", field=entry.label)
    if len(text) > entry.max_length:
        return None, msg(
            "%(field)s has %(length)s characters; at most %(limit)s are allowed.",
            field=entry.label,
            length=len(text),
            limit=entry.max_length,
        )
    if "\x00" in text:
        return None, msg("%(field)s contains a character that cannot be sent.", field=entry.label)
    return text, None


def _check_choice(entry: TaskField, value: object) -> tuple[object | None, Message | None]:
    # A spreadsheet or a script may hand us the number 10; on the wire it is the string "10".
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or text not in entry.choices:
        return None, msg(
            "%(field)s cannot be “%(value)s”; choose one of %(choices)s.",
            field=entry.label,
            value=str(value)[:60],
            choices=", ".join(entry.choices),
        )
    return text, None


def _check_flag(entry: TaskField, value: object) -> tuple[object | None, Message | None]:
    if not isinstance(value, bool):
        return None, msg("%(field)s must be true or false.", field=entry.label)
    return value, None


def _check_image(entry: TaskField, value: object) -> tuple[object | None, Message | None]:
    if not isinstance(value, str):
        return None, msg("%(field)s must be one image address.", field=entry.label)
    if not is_image_reference(value.strip()) or len(value) > 2000:
        return None, msg(
            "%(field)s: “%(value)s” is not the address of an image.",
            field=entry.label,
            value=value[:80],
        )
    return value.strip(), None


def _check_images(entry: TaskField, value: object) -> tuple[object | None, Message | None]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list):
        return None, msg("%(field)s must be a list of image addresses.", field=entry.label)
    if len(values) > entry.max_items:
        return None, nmsg(
            "%(field)s: at most %(count)s image is allowed.",
            "%(field)s: at most %(count)s images are allowed.",
            entry.max_items,
            field=entry.label,
        )
    clean: list[object] = []
    for single in values:
        address, problem = _check_image(entry, single)
        if problem is not None:
            return None, problem
        clean.append(address)
    return clean, None
