"""The catalogue of what can be made. One entry of data gives the form, the validation, the payload,
the price and the documentation page (design.md §8, protocol.md §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from webapp.messages import Message, msg


class FieldKind(StrEnum):
    """How a parameter is asked for, checked and sent."""

    TEXT = "text"
    CHOICE = "choice"  #: always a string on the wire, even "10"
    IMAGE = "image"  #: one URL, sent as a string
    IMAGES = "images"  #: several URLs, sent as a list
    FLAG = "flag"
    NUMBER = "number"  #: a JSON number on the wire


@dataclass(frozen=True, slots=True)
class TaskField:
    """One parameter. `max_mb` and `max_items` belong to images, `max_length` to texts; `min`, `max`
    and `step` to numbers: with a whole `step`, counted from 0, only whole numbers are taken."""

    name: str
    kind: FieldKind
    label: Message
    required: bool = True
    choices: tuple[str, ...] = ()
    default: str | bool | int | float | None = None
    max_length: int = 0
    max_items: int = 1
    max_mb: int = 0
    min: int | float | None = None
    max: int | float | None = None
    step: int | float | None = None

    @property
    def is_image(self) -> bool:
        return self.kind in (FieldKind.IMAGE, FieldKind.IMAGES)

    @property
    def is_whole(self) -> bool:
        """A number without a fraction."""
        return isinstance(self.step, int)

    def addresses_in(self, params: Mapping[str, object]) -> tuple[str, ...]:
        """The images that an item's parameters name here, one or several, in their order."""
        value = params.get(self.name)
        if isinstance(value, str):
            return (value,) if value else ()
        return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()


@dataclass(frozen=True, slots=True)
class TaskType:
    """One kind of generation. `typical_s` is a guess for the time before we have seen any.

    ValueError for an entry from which no form can be made: the prompts box asks for the first
    text, so there has to be one, and `batch_field` is that text or the first image.
    """

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
        texts = [entry for entry in self.fields if entry.kind is FieldKind.TEXT]
        if not texts or self.by_name.get(self.batch_field) not in (texts[0], self.image_field):
            raise ValueError(f"{self.name} has no text to ask for, or another batch_field")

    @property
    def prompt_field(self) -> TaskField:
        """The text that differs from item to item."""
        return next(entry for entry in self.fields if entry.kind is FieldKind.TEXT)

    @property
    def image_field(self) -> TaskField | None:
        """The image parameter that differs from item to item, if this type has one: the first."""
        return next(iter(self.image_fields), None)

    @property
    def image_fields(self) -> tuple[TaskField, ...]:
        """All image parameters, such as a first and a last frame."""
        return tuple(entry for entry in self.fields if entry.is_image)

    def images_of(self, params: Mapping[str, object]) -> tuple[str, ...]:
        """The reference images among an item's parameters, in the order of the fields."""
        return tuple(one for entry in self.image_fields for one in entry.addresses_in(params))

    @property
    def fixed_fields(self) -> tuple[TaskField, ...]:
        """Parameters that are usually the same for a whole mission: all but prompt and image."""
        varying = (self.prompt_field, self.image_field)
        return tuple(entry for entry in self.fields if entry not in varying)


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
