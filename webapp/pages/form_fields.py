"""One parameter as a field of a form: a text either way."""

from __future__ import annotations

import re

from webapp.task_types import FieldKind, TaskField


def typed(entry: TaskField, text: str) -> object:
    """What was typed as the parameter's kind; what does not fit stays a text, and is refused."""
    match entry.kind:
        case FieldKind.FLAG if text in ("true", "false"):
            return text == "true"
        case FieldKind.NUMBER:
            return _number(text)
        case FieldKind.IMAGES:
            return text.split()
        case FieldKind.IMAGE:
            return text.split()[-1]
        case FieldKind.TEXT:
            return text.replace("\r\n", "\n")
    return text


def shown(value: object) -> str:
    """A parameter's value as the field shows it; nothing where there is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def _number(text: str) -> int | float | str:
    if re.fullmatch(r"[+-]?[0-9]{1,15}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[+-]?[0-9]{1,15}\.[0-9]{1,15}", text) else text
