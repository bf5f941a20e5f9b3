"""The create form: what a browser posts, and the mission request that it stands for.

The request holds every item by name, so that what was previewed is what is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import TypeVar

from webapp.errors import FieldError, InvalidInput
from webapp.expansion import check_fixed, check_repeat
from webapp.item_checks import missing
from webapp.messages import msg
from webapp.mission_requests import MissionRequest
from webapp.pages.form_fields import shown, typed
from webapp.pages.pairing import Pairing, combine, combining_errors, size_errors
from webapp.pages.prompt_text import Prompt, PromptMode, line_errors, read_rows, split_prompts
from webapp.task_types import TASK_TYPES, FieldKind, TaskField, TaskType

SUGGESTED_NAME = 40  #: characters of the first prompt that make the default name
FAILURE_PERCENT = "50"
PARAM_PREFIX = "param."
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class MissionForm:
    """The form's values as they were typed, so that nothing is lost when some do not fit."""

    task_type: TaskType
    name: str = ""
    description: str = ""
    prompts: str = ""
    mode: PromptMode = PromptMode.LINES
    images: tuple[str, ...] = ()
    pairing: Pairing = Pairing.ALL
    params: Mapping[str, str] = field(default_factory=dict)
    repeat: str = "1"
    priority: str = "0"
    scheduled_at: str = ""  #: local time, as <input type=datetime-local> gives it
    failure_percent: str = FAILURE_PERCENT
    resubmit_after: str = ""  #: minutes; empty: never
    key: str = ""  #: made when the form is shown; the same key never makes two missions. Or empty

    @classmethod
    def read(
        cls, fields: Iterable[tuple[str, str]], *, from_type: TaskType | None = None
    ) -> MissionForm:
        """Read posted names and values. Never fails: what does not fit is found by `request`.

        `from_type` is the type that was shown when a person has just chosen another: what that
        one had by default, or this one does not have, becomes this one's default.
        """
        values: dict[str, str] = {}
        images: list[str] = []
        for name, value in fields:
            if name in ("image", "image_urls"):
                images.extend(value.split())
            elif name.startswith(PARAM_PREFIX):  # twice: an address and a file
                values[name] = f"{values.get(name, '')}\n{value}".strip()
            else:
                values[name] = value
        task_type = TASK_TYPES.get(values.get("task_type", ""), first_task_type())
        return cls(
            task_type=task_type,
            name=values.get("name", ""),
            description=values.get("description", ""),
            prompts=values.get("prompts", ""),
            mode=_member(PromptMode, values.get("mode"), PromptMode.LINES),
            images=tuple(images),
            pairing=_pairing(task_type, values.get("pairing")),
            params=_params(task_type, values, from_type),
            repeat=values.get("repeat", "1"),
            priority=values.get("priority", "0"),
            scheduled_at=values.get("scheduled_at", ""),
            failure_percent=values.get("failure_percent", FAILURE_PERCENT),
            resubmit_after=values.get("resubmit_after", ""),
            key=values["key"] if _KEY.fullmatch(values.get("key", "")) else "",
        )

    @property
    def prompt_field(self) -> TaskField:
        """The text that is asked for line by line."""
        return self.task_type.prompt_field

    @property
    def suggested_name(self) -> str:
        """The start of the first prompt: what the mission is called when no name is typed."""
        line = " ".join(self._first_prompt().split())
        return line if len(line) <= SUGGESTED_NAME else line[: SUGGESTED_NAME - 1].rstrip() + "…"

    def split(self) -> tuple[Prompt, ...]:
        """The prompts in the box."""
        return split_prompts(self.prompts, self.mode)

    def request(self, zone: tzinfo) -> MissionRequest:
        """The mission that this form stands for.

        Raises InvalidInput in which each field has the name of its place in the form.
        """
        rows, errors = self._rows()
        start, problems = _start(self.scheduled_at, zone)
        errors += problems
        threshold, problems = _threshold(self.failure_percent)
        errors += problems
        fixed = self.fixed()
        errors += self._missing(fixed)
        errors += self._placed(check_fixed(self.task_type, fixed))
        config = {**fixed, "batch_input": rows, "repeat": integer(self.repeat or "1")}
        errors += self._placed(check_repeat(config))
        body: dict[str, object] = {
            "name": self.name.strip() or self.suggested_name or self.task_type.name,
            "description": self.description,
            "task_type": self.task_type.name,
            "config": config,
            "priority": integer(self.priority or "0"),
            "scheduled_at": start,
            "failure_threshold": threshold,
            "resubmit_unknown_after": _minutes(self.resubmit_after),
        }
        try:
            request = MissionRequest.from_json(body)
        except InvalidInput as error:
            raise InvalidInput.of([*errors, *self._placed(error.errors)]) from error
        if errors:
            raise InvalidInput.of(errors)
        return request

    def fixed(self) -> dict[str, object]:
        """The parameters that all items share."""
        fixed: dict[str, object] = {}
        for entry in self.task_type.fixed_fields:
            value = self.params.get(entry.name, "").strip()
            if value:
                fixed[entry.name] = typed(entry, value)
        return fixed

    def in_form(self, error: InvalidInput) -> InvalidInput:
        """The same refusal, its fields named as in the form."""
        return InvalidInput(error.message, errors=self._placed(error.errors))

    def place_of(self, path: str) -> str:
        """`config.batch_input[2].imageUrl` → `images`; `config.aspectRatio` → `param.aspectRatio`."""
        if path.startswith("config.batch_input"):
            return self._place_in_row(path.rpartition(".")[2])
        if path.startswith("config."):
            name = path.removeprefix("config.")
            return name if name == "repeat" else PARAM_PREFIX + name
        return _PLACES.get(path, path)

    def _place_in_row(self, name: str) -> str:
        images = self.task_type.image_field
        if images is not None and name == images.name:
            return "images"
        # In a row of the form's own making, everything else is what all rows share.
        shared = self.mode is not PromptMode.JSON and name in {
            entry.name for entry in self.task_type.fixed_fields
        }
        return PARAM_PREFIX + name if shared else "prompts"

    def _placed(self, errors: Iterable[FieldError]) -> list[FieldError]:
        return [replace(error, field=self.place_of(error.field)) for error in errors]

    def _missing(self, fixed: Mapping[str, object]) -> list[FieldError]:
        """Told once, not for each row; rows of JSON may bring it themselves."""
        if self.mode is PromptMode.JSON:
            return []
        return [
            FieldError(PARAM_PREFIX + entry.name, missing(entry))
            for entry in self.task_type.fixed_fields
            if entry.required and entry.default is None and entry.name not in fixed
        ]

    def _first_prompt(self) -> str:
        first = self.split()[:1]
        if not first or self.mode is not PromptMode.JSON:
            return first[0].text if first else ""
        row = read_rows(first)[0][0]
        text = str(row.get(self.prompt_field.name, "")) if isinstance(row, dict) else ""
        # JSON can name half a character, which no page can show.
        return text.encode("utf-8", "replace").decode()

    def _rows(self) -> tuple[list[object], list[FieldError]]:
        """All items as objects; none of them when something does not fit."""
        prompts = self.split()
        if not prompts:
            return [], [FieldError("prompts", msg("Write at least one prompt."))]
        if self.mode is PromptMode.JSON:
            rows, errors = read_rows(prompts)
            errors += size_errors(len(rows), 1, self._times())
            return [] if errors else rows, errors
        errors = line_errors(prompts, self.mode, self.prompt_field.max_length)
        images = self.task_type.image_field
        # An image that may be left out is left out where there is none.
        if images is None or not (images.required or self.images):
            errors += size_errors(len(prompts), 1, self._times())
            return [] if errors else [self._row(prompt) for prompt in prompts], errors
        errors += combining_errors(
            len(prompts), len(self.images), self._times(), self.pairing, images
        )
        if errors:
            return [], errors
        return [self._row(*pair) for pair in combine(prompts, self.images, self.pairing)], []

    def _row(self, prompt: Prompt, images: tuple[str, ...] = ()) -> dict[str, object]:
        row: dict[str, object] = {self.prompt_field.name: prompt.text}
        field_ = self.task_type.image_field
        if field_ is not None and images:
            row[field_.name] = list(images) if field_.kind is FieldKind.IMAGES else images[0]
        return row

    def _times(self) -> int:
        """Repeat, for the arithmetic: 1 while it is not a number that fits."""
        times = integer(self.repeat or "1")
        return times if isinstance(times, int) and not check_repeat({"repeat": times}) else 1


def first_task_type() -> TaskType:
    """The type that an empty form shows."""
    return next(iter(TASK_TYPES.values()))


_PLACES = {
    "failure_threshold": "failure_percent",
    "resubmit_unknown_after": "resubmit_after",
    "config": "prompts",
}


def _params(
    task_type: TaskType, values: Mapping[str, str], from_type: TaskType | None
) -> dict[str, str]:
    params: dict[str, str] = {}
    for entry in task_type.fixed_fields:
        value = values.get(PARAM_PREFIX + entry.name, "")
        before = from_type.by_name.get(entry.name) if from_type else None
        untouched = before is not None and value == shown(before.default)
        unknown = from_type is not None and entry.choices and value not in entry.choices
        if not (untouched or unknown):
            params[entry.name] = value
    return params


def _pairing(task_type: TaskType, value: str | None) -> Pairing:
    chosen = _member(Pairing, value, Pairing.ALL)
    images = task_type.image_field
    if chosen is Pairing.TOGETHER and images is not None and images.kind is FieldKind.IMAGE:
        return Pairing.ALL
    return chosen


def _start(text: str, zone: tzinfo) -> tuple[str | None, list[FieldError]]:
    if not text.strip():
        return None, []
    try:
        moment = datetime.fromisoformat(text.strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC).isoformat(), []
    except (ValueError, OverflowError):
        problem = msg("Start time must look like 2026-01-31 18:30.")
        return None, [FieldError("scheduled_at", problem)]


def _threshold(text: str) -> tuple[float | None, list[FieldError]]:
    number = text.strip().removesuffix("%").strip()
    if not number:
        return None, []
    try:
        percent = float(number)
    except ValueError:
        percent = -1.0
    if 0 <= percent <= 100:
        return percent / 100, []
    problem = msg("Failure limit must be a number from 0 to 100.")
    return None, [FieldError("failure_percent", problem)]


def _minutes(text: str) -> int | str | None:
    return integer(text) if text.strip() else None


def integer(text: str) -> int | str:
    """The number, or the text itself, which a request then refuses with a sentence."""
    return int(text) if re.fullmatch(r"\s*[+-]?[0-9]{1,6}\s*", text) else text


_Choice = TypeVar("_Choice", bound=StrEnum)


def _member(kind: type[_Choice], value: str | None, default: _Choice) -> _Choice:
    return kind(value) if value in {member.value for member in kind} else default
