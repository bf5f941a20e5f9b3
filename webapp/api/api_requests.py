"""What the calls of the JSON interface take beside a mission and a template: query strings, headers and the
small bodies of actions. Each model checks, and describes itself in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from webapp.api.described import OneOf, Told
from webapp.errors import FieldError, InvalidInput
from webapp.expansion import MAX_ITEMS
from webapp.messages import Message, msg
from webapp.spending.periods import PeriodName, parse_day
from webapp.spending.usage_views import PROVIDERS
from webapp.states import ItemState, MissionState
from webapp.task_types import TASK_TYPES

MAX_PAGE_SIZE = 200
MAX_SEARCH = 200
KEY_MAX = 200
DEFAULT_ITEMS = 60
"""Items on a page when only `page` is given."""
_MAX_PAGE = 1_000_000
_MANY_TRIES = 999_999_999
_ACTIONS = ("attach", "fail", "resubmit")

# Bodies


class NoOptions(BaseModel):
    """An action without options."""

    model_config = ConfigDict(extra="forbid", strict=True)


class RetryBody(NoOptions):
    """Which failed items wait again; without options all."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {
                "properties": {"cause": {"type": "string"}, "item_indexes": {"type": "array"}},
                "required": ["cause", "item_indexes"],
            }
        }
    )

    cause: Annotated[
        Annotated[str, Field(min_length=1)] | None,
        Told(msg("Those that failed for this cause: an item’s error_cause"), "content:1501"),
    ] = None
    # "Retry nothing" must never be read as "retry everything", so an empty list is refused.
    item_indexes: Annotated[
        Annotated[
            list[Annotated[int, Field(ge=1, le=MAX_ITEMS)]],
            Field(min_length=1, max_length=MAX_ITEMS),
        ]
        | None,
        Told(msg("These items, cancelled ones too"), [3, 7]),
    ] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> RetryBody:
        if self.cause is not None and self.item_indexes is not None:
            raise PydanticCustomError("cause_and_items", "either one")
        return self


_Confirm = Annotated[bool, Told(msg("Yes, it may be paid for twice"))]


class RetryItemBody(NoOptions):
    """One more try."""

    confirm: _Confirm = False


class ResolveBody(NoOptions):
    """What a person knows about an unknown item."""

    action: Annotated[
        Literal["attach", "fail", "resubmit"],
        Told(
            msg(
                "attach: follow the task runninghub_task_id. fail: give the item up. resubmit: "
                "send it again; needs confirm."
            )
        ),
    ]
    runninghub_task_id: Annotated[
        str | None,
        Told(msg("From the call records in RunningHub’s console"), "2124457605647564800"),
    ] = None
    attempt: Annotated[
        Annotated[int, Field(ge=1, le=_MANY_TRIES)] | None,
        Told(msg("The try that you looked at: a newer one is left alone"), 1),
    ] = None
    confirm: _Confirm = False


class UploadForm(BaseModel):
    """multipart/form-data; other fields are passed over. Read by the endpoint itself, for a file is no JSON."""

    file: Annotated[
        bytes,
        WithJsonSchema({"type": "string", "format": "binary"}),
        Told(msg("A JPG, PNG or WebP image")),
    ]


# Query strings and headers


def _whole_number(value: object) -> object:
    """int() reads other scripts' digits too, and refuses thousands of them with an error of its own."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            raise PydanticCustomError("whole_number", "no whole number")
        return int(value)
    return value


def _day(value: object) -> object:
    """pydantic would read a number as seconds since 1970."""
    try:
        return parse_day(str(value))
    except ValueError:
        raise PydanticCustomError("day", "no date") from None


_Page = Annotated[int, Field(ge=1, le=_MAX_PAGE), BeforeValidator(_whole_number)]
_PageSize = Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE), BeforeValidator(_whole_number)]
# SQLite refuses patterns of 50,000 bytes and stops reading at a NUL.
_Search = Annotated[
    str,
    StringConstraints(max_length=MAX_SEARCH),
    BeforeValidator(lambda value: value.replace("\x00", "\ufffd")),
]
_TaskType = Annotated[str, OneOf(TASK_TYPES)]
_Date = Annotated[date, BeforeValidator(_day)]


class GivenValues(Protocol):
    """What Starlette's QueryParams can do."""

    def getlist(self, key: Any) -> list[str]: ...


_RANGES = r"^ *([0-9]{1,6}(-[0-9]{1,6})? *(, *|$))*$"


class NoQuery(BaseModel):
    """A query string. What is empty counts as not given; names that we do not know are passed over."""

    @classmethod
    def of(cls: type[Query], given: GivenValues) -> Query:
        """Raises InvalidInput that names every value that does not fit."""
        values: dict[str, str] = {}
        for name in (info.alias or name for name, info in cls.model_fields.items()):
            several = given.getlist(name)
            if len(several) > 1:
                raise InvalidInput.field(name, msg("“%(name)s” is given twice.", name=name))
            value = several[0].strip(" ") if several else ""
            if value:
                values[name] = value
        return _checked(cls, values)


Query = TypeVar("Query", bound=NoQuery)


class MissionsQuery(NoQuery):
    """Which missions."""

    page: _Page = 1
    page_size: _PageSize = 20
    status: Annotated[
        Annotated[str, OneOf.of((*MissionState, "attention"))] | None,
        Told(msg("attention: missions with failed or unknown items")),
    ] = None
    task_type: _TaskType | None = None
    q: Annotated[_Search | None, Told(msg("Looked for in names and prompts"))] = None
    owner: Annotated[
        Annotated[str, OneOf.of(("me",))] | None, Told(msg("me: without those of others"))
    ] = None


class ItemsQuery(NoQuery):
    """Which items of a mission."""

    page: Annotated[
        _Page | None, Told(msg("Without page and page_size, all items come at once"))
    ] = None
    page_size: Annotated[_PageSize | None, Told(msg("60 when only page is given"))] = None
    status: Annotated[
        Annotated[str, OneOf.of(ItemState)] | None, Told(msg("Only items in this state"))
    ] = None
    cause: Annotated[
        _Search | None, Told(msg("Only items that failed for this cause"), "content:1501")
    ] = None
    q: Annotated[_Search | None, Told(msg("Looked for in prompts"))] = None

    @property
    def paged(self) -> bool:
        """Whether only one page is wanted."""
        return self.page is not None or self.page_size is not None


class UnknownQuery(NoQuery):
    """Which unknown items."""

    page: _Page = 1
    page_size: _PageSize = DEFAULT_ITEMS
    api_mission_id: Annotated[
        Annotated[int, Field(ge=1, le=999_999_999), BeforeValidator(_whole_number)] | None,
        Told(msg("Only those of this mission")),
    ] = None


class TemplatesQuery(NoQuery):
    """Which templates."""

    task_type: _TaskType | None = None


class UsageQuery(NoQuery):
    """Which tries are summed up."""

    period: Annotated[
        Annotated[str, OneOf.of(PeriodName)] | None,
        Told(msg("Up to today, or the whole last month; month unless from or to is given")),
    ] = None
    first: Annotated[
        _Date | None,
        Field(alias="from"),
        Told(msg("The first day, UTC; for period=dates"), "2026-11-01"),
    ] = None
    last: Annotated[
        _Date | None, Field(alias="to"), Told(msg("The last day, UTC"), "2026-11-22")
    ] = None
    owner_id: Annotated[
        Annotated[int, Field(ge=0, le=999_999_999), BeforeValidator(_whole_number)] | None,
        Told(msg("Only missions of this person; 0 for the local user")),
    ] = None
    task_type: _TaskType | None = None
    provider: Annotated[
        Annotated[str, OneOf(PROVIDERS)] | None,
        Told(msg("simulator: what the demo would have cost. Else the one in use")),
    ] = None


class ZipQuery(NoQuery):
    """Which items' files. Read by media.parse_indexes, which pages use too."""

    indexes: Annotated[
        list[Annotated[str, Field(pattern=_RANGES)]],
        Told(msg("Only these items: numbers and ranges"), ["1,5-9"]),
    ] = []


class CreateHeaders(BaseModel):
    """Headers of a call that makes a mission."""

    idempotency_key: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=KEY_MAX, pattern=r"^[ -~]+$")]
        | None,
        Field(alias="Idempotency-Key"),
        Told(
            msg(
                "Any text of your own. The same call with the same key answers with the first "
                "mission and makes no second one"
            ),
            "autumn-2026-11-22",
        ),
    ] = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> CreateHeaders:
        """Raises InvalidInput."""
        name = "Idempotency-Key"
        return _checked(cls, {name: headers[name]} if name in headers else {})


# Errors in plain words

Model = TypeVar("Model", bound=BaseModel)


def read_options(model: type[Model], options: object) -> Model:
    """An action's options. Raises InvalidInput that names every field that does not fit."""
    return _checked(model, options)


def _checked(model: type[Model], values: object) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found: dict[str, FieldError] = {}
        for detail in error.errors(include_url=False):
            name = str(detail["loc"][0])[:80] if detail["loc"] else "cause"
            # A list has one sentence for all its entries.
            found.setdefault(name, FieldError(name, _sentence(name, detail)))
        raise InvalidInput.of(list(found.values())) from error


def _sentence(name: str, detail: ErrorDetails) -> Message:
    context = detail.get("ctx") or {}
    match detail["type"]:
        case "extra_forbidden":
            return msg("“%(name)s” is not a known field.", name=name)
        case "cause_and_items":
            return msg("Give either cause or item_indexes, not both.")
        case "bool_type":
            return msg("%(field)s must be true or false.", field=name)
        case "not_one_of":
            return _not_one_of(name, detail, context["words"])
        case "string_too_long" if name in ("q", "cause"):
            return msg(
                "%(field)s may have up to %(limit)s characters.", field=name, limit=MAX_SEARCH
            )
    tell = _SENTENCES.get(name)
    return tell() if tell else msg("%(field)s does not fit.", field=name)


def _not_one_of(name: str, detail: ErrorDetails, words: tuple[str, ...]) -> Message:
    return msg(
        "%(field)s cannot be “%(value)s”; choose one of %(choices)s.",
        field=name,
        value=str(detail["input"])[:60],
        choices=", ".join(words),
    )


def _number(name: str, high: int) -> Message:
    return msg("%(field)s must be a whole number from 1 to %(high)s.", field=name, high=high)


def _no_day(name: str) -> Message:
    return msg("%(field)s must be a day like 2026-11-22.", field=name)


_SENTENCES: Mapping[str, Callable[[], Message]] = {
    "cause": lambda: msg("cause must be a text like “content:1501”."),
    "item_indexes": lambda: msg(
        "item_indexes must be a list of up to %(high)s item numbers from 1 to %(high)s.",
        high=f"{MAX_ITEMS:,}",
    ),
    "action": lambda: msg("action must be one of %(choices)s.", choices=", ".join(_ACTIONS)),
    "runninghub_task_id": lambda: msg("runninghub_task_id must be a text, in quotes."),
    "attempt": lambda: _number("attempt", _MANY_TRIES),
    "page": lambda: _number("page", _MAX_PAGE),
    "page_size": lambda: _number("page_size", MAX_PAGE_SIZE),
    "from": lambda: _no_day("from"),
    "to": lambda: _no_day("to"),
    "owner_id": lambda: msg("owner_id must be a whole number."),
    "Idempotency-Key": lambda: msg(
        "Idempotency-Key must have 1 to %(high)s plain characters.", high=KEY_MAX
    ),
}
"""What each field must be, whatever is wrong with it."""
