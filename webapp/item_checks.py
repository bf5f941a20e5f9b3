"""One item's parameters against the catalogue: what would be sent, or what is wrong and where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from webapp.errors import FieldError
from webapp.messages import Message, msg, nmsg
from webapp.task_types import FieldKind, TaskField, TaskType

_HUGE = 10**15
"""What a number has to stay below, so that arithmetic on it is exact."""


_ADDRESS = re.compile(r"https?://[^\s/?#]|/api/images/")


def is_image_reference(value: str) -> bool:
    """A URL of ours (from /api/images/ on, or absolute) or a public http(s) URL."""
    return _ADDRESS.match(value) is not None


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
        return None, missing(entry) if entry.required else None
    match entry.kind:
        case FieldKind.TEXT:
            return _check_text(entry, value)
        case FieldKind.CHOICE:
            return _check_choice(entry, value)
        case FieldKind.FLAG:
            return _check_flag(entry, value)
        case FieldKind.NUMBER:
            return _check_number(entry, value)
        case FieldKind.IMAGE:
            return _check_image(entry, value)
        case FieldKind.IMAGES:
            return _check_images(entry, value)


def missing(entry: TaskField) -> Message:
    """What is said of a parameter that has to be given and is not."""
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


def _check_number(entry: TaskField, value: object) -> tuple[object | None, Message | None]:
    # A boolean is an int to Python, and JSON's reader takes NaN, 1e999 and thousands of digits.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _HUGE:
        return None, msg("%(field)s must be a number.", field=entry.label)
    if (entry.min is not None and value < entry.min) or (
        entry.max is not None and value > entry.max
    ):
        return None, _out_of_range(entry)
    if entry.step is None:
        return value, None
    if Decimal(str(value)) % Decimal(str(entry.step)):
        if entry.step == 1:
            return None, msg("%(field)s must be a whole number.", field=entry.label)
        return None, msg(
            "%(field)s must be a multiple of %(step)s.", field=entry.label, step=entry.step
        )
    return (int(value) if entry.is_whole else value), None


def _out_of_range(entry: TaskField) -> Message:
    if entry.min is None:
        return msg("%(field)s must be at most %(high)s.", field=entry.label, high=entry.max)
    if entry.max is None:
        return msg("%(field)s must be at least %(low)s.", field=entry.label, low=entry.min)
    return msg(
        "%(field)s must be from %(low)s to %(high)s.",
        field=entry.label,
        low=entry.min,
        high=entry.max,
    )


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
