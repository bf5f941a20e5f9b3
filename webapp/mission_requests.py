"""What comes in from outside, read once into exact types. A form and a JSON body meet here.

What the parameters mean is not looked at here: that is expansion.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, NoReturn, TypeVar, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from webapp.api.described import SENDABLE, SOMETHING, OneOf, Told
from webapp.depth import too_deep
from webapp.errors import FieldError, InvalidInput
from webapp.messages import Message, msg
from webapp.task_types import TASK_TYPES

NAME_MAX = 200
DESCRIPTION_MAX = 2000
RESUBMIT_MINUTES_MAX = 7 * 24 * 60
EARLIEST_YEAR, LATEST_YEAR = 2000, 2999  #: of a start
PRIORITY_LIMIT = 3  #: -3 … 3; higher goes first, 0 is normal


@dataclass(frozen=True, slots=True)
class MissionRequest:
    """A mission that somebody wants. `config` is as posted; `scheduled_at` is aware."""

    name: str
    description: str
    task_type: str
    config: dict[str, object]
    priority: int = 0
    scheduled_at: datetime | None = None
    failure_threshold: float | None = None
    resubmit_unknown_after: int | None = None  #: minutes; None: only a person does

    @classmethod
    def from_json(cls, obj: object) -> MissionRequest:
        """Raises InvalidInput that names every field that does not fit, also unknown ones."""
        model = read_model(MissionBody, obj)
        return cls(
            name=model.name,
            description=model.description,
            task_type=model.task_type,
            config=model.config,
            priority=model.priority,
            scheduled_at=model.scheduled_at,
            failure_threshold=model.failure_threshold,
            resubmit_unknown_after=model.resubmit_unknown_after,
        )


@dataclass(frozen=True, slots=True)
class TemplateRequest:
    """A template that somebody wants to keep."""

    name: str
    description: str
    task_type: str
    config: dict[str, object] = field(default_factory=dict)

    @classmethod
    def from_json(cls, obj: object) -> TemplateRequest:
        """Raises InvalidInput that names every field that does not fit, also unknown ones."""
        model = read_model(TemplateBody, obj)
        return cls(model.name, model.description, model.task_type, model.config)


@dataclass(frozen=True, slots=True)
class MissionChange:
    """What somebody wants to be called otherwise; None stays as it is."""

    name: str | None = None
    description: str | None = None

    @classmethod
    def from_json(cls, obj: object) -> MissionChange:
        """Raises InvalidInput that names every field that does not fit, also unknown ones."""
        model = read_model(ChangeBody, obj)
        given = model.model_fields_set
        return cls(
            model.name if "name" in given else None,
            model.description if "description" in given else None,
        )


def check_name(name: str) -> str:
    """A name alone, for a rename. Raises InvalidInput."""
    return read_model(NameBody, {"name": name}).name


_Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_MAX),
    Field(json_schema_extra={"pattern": SOMETHING}),
]
_Description = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=DESCRIPTION_MAX),
    Field(json_schema_extra={"pattern": SENDABLE}),
]


class NameBody(BaseModel):
    """A name alone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: _Name

    @field_validator("name", "description", check_fields=False)
    @classmethod
    def _no_nul(cls, value: str) -> str:
        if "\x00" in value:
            raise PydanticCustomError("unsendable", "unsendable")
        return value


class ChangeBody(NameBody):
    """What a mission is called; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    name: _Name = Field(default_factory=str)
    description: _Description = Field(default_factory=str)

    @model_validator(mode="after")
    def _something(self) -> ChangeBody:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing", "nothing")
        return self


class TemplateBody(NameBody):
    """A template, as it is posted."""

    description: _Description = ""
    task_type: Annotated[str, OneOf(TASK_TYPES), Told(msg("What is made"), "text_to_image")]
    config: Annotated[
        dict[str, object],
        Told(msg("The task type’s parameters that are the same for all; see GET /api/task-types")),
    ]

    @field_validator("config")
    @classmethod
    def _plain_json(cls, value: dict[str, object]) -> dict[str, object]:
        """Half of a surrogate pair or a NaN passes Python's reader, but no page and no provider; what
        is nested more deeply than Python calls functions would break it later."""
        try:
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        except RecursionError:
            pass  # what is too deep is named below
        except (ValueError, TypeError) as error:
            raise PydanticCustomError("unsendable", "unsendable") from error
        deep = too_deep(value)
        if deep is not None:
            raise PydanticCustomError("too_deep", "too deep", {"found": deep})
        return value


class MissionBody(TemplateBody):
    """A mission, as it is posted."""

    config: Annotated[
        dict[str, object],
        Told(msg("Parameters that all items share, and batch_input: one entry for each item")),
    ]
    priority: Annotated[
        int,
        Field(ge=-PRIORITY_LIMIT, le=PRIORITY_LIMIT),
        Told(msg("Higher goes first; 0 is normal")),
    ] = 0
    scheduled_at: Annotated[
        datetime | None,
        Told(
            msg("Starts then; without it, at once. ISO 8601, or YYYY-MM-DD HH:MM:SS in UTC"),
            "2099-01-31T18:30:00+08:00",
        ),
    ] = None
    failure_threshold: Annotated[
        Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None,
        Told(msg("The mission stops when more than this share of its items fails")),
    ] = None
    resubmit_unknown_after: Annotated[
        Annotated[int, Field(ge=1, le=RESUBMIT_MINUTES_MAX)] | None,
        Told(
            msg(
                "Items without an answer are sent again by themselves after so many minutes, once; "
                "they may be paid for twice. Without it they wait for you"
            )
        ),
    ] = None

    @field_validator("scheduled_at", mode="before")
    @classmethod
    def _moment(cls, value: object) -> datetime | None:
        """ISO 8601, or `YYYY-MM-DD HH:MM:SS`; UTC when no offset is given."""
        if value is None or isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(cast(str, value).strip())
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            in_utc = aware.astimezone(UTC)
        except (AttributeError, ValueError, OverflowError) as error:
            raise PydanticCustomError("bad_moment", "bad moment") from error
        # At the ends of the calendar a moment has no name in every time zone.
        if not EARLIEST_YEAR <= in_utc.year <= LATEST_YEAR:
            raise PydanticCustomError("far_moment", "far moment")
        return in_utc


Model = TypeVar("Model", bound=BaseModel)


def read_model(model: type[Model], obj: object) -> Model:
    """Raises InvalidInput that names every field that does not fit, also unknown ones."""
    if not isinstance(obj, dict):
        raise InvalidInput.field("", msg("The request must be an object with named fields."))
    try:
        return model.model_validate(obj)
    except ValidationError as error:
        _refuse(error)


def _refuse(error: ValidationError) -> NoReturn:
    raise InvalidInput.of([_field_error(detail) for detail in error.errors(include_url=False)])


_LABELS: Mapping[str, Message] = {
    "name": msg("Name"),
    "description": msg("Description"),
    "task_type": msg("Task type"),
    "config": msg("Config"),
    "priority": msg("Priority"),
    "scheduled_at": msg("Start time"),
    "failure_threshold": msg("Failure limit"),
    "resubmit_unknown_after": msg("Submit unclear items again"),
}


def _field_error(detail: ErrorDetails) -> FieldError:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "too_deep":
        found: FieldError = detail["ctx"]["found"]
        return found
    if detail["type"] == "nothing":
        return FieldError("name", msg("Give a name, a description, or both."))
    return FieldError(
        name, _sentence(detail, name, _LABELS.get(name) or msg("%(name)s", name=name))
    )


def _sentence(detail: ErrorDetails, name: str, label: Message) -> Message:
    """One plain sentence for one of pydantic's error types."""
    context = detail.get("ctx") or {}
    match detail["type"]:
        case "missing" | "string_too_short":
            return msg("%(field)s is missing.", field=label)
        case "extra_forbidden":
            return msg("“%(name)s” is not a known field.", name=name[:80])
        case "string_type":
            return msg("%(field)s must be a text.", field=label)
        case "string_too_long":
            return msg(
                "%(field)s has %(length)s characters; at most %(limit)s are allowed.",
                field=label,
                length=len(str(detail["input"]).strip()),
                limit=context["max_length"],
            )
        case "not_one_of":
            return msg(
                "%(field)s cannot be “%(value)s”; choose one of %(choices)s.",
                field=label,
                value=str(detail["input"])[:60],
                choices=", ".join(TASK_TYPES),
            )
        case "unsendable" | "string_unicode":
            return msg("%(field)s contains a character that cannot be sent.", field=label)
        case "far_moment":
            return msg(
                "%(field)s must be in a year from %(low)s to %(high)s.",
                field=label,
                low=EARLIEST_YEAR,
                high=LATEST_YEAR,
            )
        case "bad_moment":
            return msg(
                "%(field)s must look like 2026-01-31 18:30:00 (UTC) or 2026-01-31T18:30:00+08:00.",
                field=label,
            )
    return _of_kind(name, label)


def _of_kind(name: str, label: Message) -> Message:
    """What the field must be, whatever else was wrong with it."""
    match name:
        case "priority":
            return msg(
                "%(field)s must be a whole number from %(low)s to %(high)s.",
                field=label,
                low=-PRIORITY_LIMIT,
                high=PRIORITY_LIMIT,
            )
        case "failure_threshold":
            return msg("%(field)s must be a number from 0 to 1.", field=label)
        case "resubmit_unknown_after":
            return msg(
                "%(field)s must be a whole number of minutes from 1 to %(high)s, or empty.",
                field=label,
                high=RESUBMIT_MINUTES_MAX,
            )
        case "config":
            return msg("%(field)s must be an object.", field=label)
    return msg("%(field)s does not fit.", field=label)
