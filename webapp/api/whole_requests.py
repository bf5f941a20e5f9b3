"""A body of the JSON interface, checked as a whole: its fields and what is inside of its config, so that nobody
mends a name only to learn of row 7."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from webapp.errors import FieldError, InvalidInput
from webapp.expansion import check_open, check_whole, refusal
from webapp.mission_requests import MissionRequest, TemplateRequest
from webapp.task_types import TASK_TYPES, TaskType

Wanted = TypeVar("Wanted")


def read_mission(obj: object) -> MissionRequest:
    """Raises InvalidInput that names every field and every row that does not fit."""
    return _read(obj, MissionRequest.from_json, check_whole)


def read_template(obj: object) -> TemplateRequest:
    """Raises InvalidInput that names every field and every row that does not fit."""
    return _read(obj, TemplateRequest.from_json, check_open)


def _read(
    obj: object,
    read: Callable[[object], Wanted],
    check: Callable[[TaskType, Mapping[str, object]], list[FieldError]],
) -> Wanted:
    try:
        return read(obj)
    except InvalidInput as error:
        task_type, config = _readable(obj, error.errors)
        inside = check(task_type, config) if task_type is not None else []
        raise refusal([*error.errors, *inside]) from error


def _readable(
    obj: object, found: Sequence[FieldError]
) -> tuple[TaskType | None, Mapping[str, object]]:
    """The type and the config, as far as they can be looked into."""
    given = obj if isinstance(obj, dict) else {}
    name, config = given.get("task_type"), given.get("config")
    broken = any(error.field.startswith("config") for error in found)
    if broken or not isinstance(name, str) or not isinstance(config, dict):
        return None, {}
    return TASK_TYPES.get(name), config
