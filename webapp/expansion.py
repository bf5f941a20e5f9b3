"""From a request to the exact items that would be made and paid for. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from webapp.errors import FieldError, InvalidInput
from webapp.item_checks import check_item, in_row
from webapp.messages import Message, msg, nmsg
from webapp.mission_requests import MissionRequest
from webapp.task_types import TASK_TYPES, TaskType

MAX_ITEMS = 10_000
MAX_REPEAT = 100
SHOWN_ERRORS = 50

_NOT_PARAMETERS = frozenset({"batch_input", "batch_fields", "repeat"})

Params = dict[str, object]


@dataclass(frozen=True, slots=True)
class Expansion:
    """The items of a mission in their order; repeats of one entry share one dict, so do not change it."""

    task_type: TaskType
    items: tuple[Params, ...]
    inputs: int  #: entries before repeating
    repeat: int
    duplicates: int  #: entries that are the same as an earlier one


def expand(request: MissionRequest) -> Expansion:
    """Raises InvalidInput naming field, row and reason; checks everything before giving up."""
    return expand_config(TASK_TYPES[request.task_type], request.config)


def expand_config(task_type: TaskType, config: Mapping[str, object]) -> Expansion:
    """The same for a type and a config alone."""
    repeat, names, entries = _shape(task_type, config)
    _limit(len(entries), repeat)
    fixed = fixed_parameters(config)
    clean: list[Params] = []
    errors: list[FieldError] = []
    for position, entry in enumerate(entries):
        params, problems = _row(task_type, fixed, names, position, entry)
        clean.append(params)
        errors.extend(problems)
    if errors:
        raise _refusal(errors)
    return Expansion(
        task_type,
        tuple(params for params in clean for _ in range(repeat)),
        len(clean),
        repeat,
        len(clean) - len({repr(params) for params in clean}),
    )


def fixed_parameters(config: Mapping[str, object]) -> Params:
    """The parameters that all items share, without batch_input, batch_fields and repeat."""
    return {name: value for name, value in config.items() if name not in _NOT_PARAMETERS}


def check_fixed(task_type: TaskType, config: Mapping[str, object]) -> list[FieldError]:
    """What is wrong with the shared parameters that are given; missing ones are not an error."""
    given = {
        name: value
        for name, value in fixed_parameters(config).items()
        if name not in task_type.by_name or value not in (None, "", [])
    }
    _, errors = check_item(task_type, given, where="config", row=None)
    named = {f"config.{name}" for name in given}
    return [error for error in errors if error.field in named]


def check_repeat(config: Mapping[str, object]) -> list[FieldError]:
    """What is wrong with `repeat`, if it is given."""
    repeat = config.get("repeat")
    if repeat is None or (type(repeat) is int and 1 <= repeat <= MAX_REPEAT):
        return []
    problem = msg("Repeat must be a whole number from 1 to %(high)s.", high=MAX_REPEAT)
    return [FieldError("config.repeat", problem)]


def _shape(
    task_type: TaskType, config: Mapping[str, object]
) -> tuple[int, tuple[str, ...], Sequence[object]]:
    """repeat, the names that entries may set (the first is what a string stands for), entries."""
    errors = check_fixed(task_type, config) + check_repeat(config)
    names, problem = _batch_fields(task_type, config.get("batch_fields"))
    if problem is not None:
        errors.append(FieldError("config.batch_fields", problem))
    entries, problem = _entries(config, names)
    if problem is not None:
        errors.append(FieldError("config.batch_input", problem))
    if errors:
        raise _refusal(errors)
    repeat = config.get("repeat")
    return (repeat if isinstance(repeat, int) else 1), names, entries


def _batch_fields(task_type: TaskType, value: object) -> tuple[tuple[str, ...], Message | None]:
    others = tuple(name for name in task_type.by_name if name != task_type.batch_field)
    everything = (task_type.batch_field, *others)
    if value is None:
        return everything, None
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        return everything, msg("config.batch_fields must be a list of parameter names.")
    for name in value:
        if name not in task_type.by_name:
            return everything, _not_a_parameter(name)
    return tuple(value), None


def _entries(
    config: Mapping[str, object], names: tuple[str, ...]
) -> tuple[Sequence[object], Message | None]:
    value = config.get("batch_input")
    if value is None:
        if config.get(names[0]):
            return [{}], None
        return [], msg("config.batch_input is missing.")
    if not isinstance(value, list):
        return [], msg("config.batch_input must be a list.")
    return value, None if value else msg("config.batch_input is empty.")


def _limit(inputs: int, repeat: int) -> None:
    total = inputs * repeat
    if total <= MAX_ITEMS:
        return
    numbers = {"total": f"{total:,}", "limit": f"{MAX_ITEMS:,}"}
    if repeat == 1:
        problem = msg("%(total)s items; at most %(limit)s fit in one mission.", **numbers)
    else:
        problem = msg(
            "%(inputs)s entries × %(repeat)s = %(total)s items; at most %(limit)s fit in one mission.",
            inputs=f"{inputs:,}",
            repeat=repeat,
            **numbers,
        )
    raise InvalidInput.field("config.batch_input", problem)


def _row(
    task_type: TaskType, fixed: Params, names: tuple[str, ...], position: int, entry: object
) -> tuple[Params, Iterable[FieldError]]:
    where, row = f"config.batch_input[{position}]", position + 1
    own: Mapping[str, object]
    if isinstance(entry, str):
        own = {names[0]: entry}
    elif isinstance(entry, dict):
        own = entry
    else:
        problem = msg("an entry must be a text, or an object of parameters.")
        return {}, [FieldError(where, in_row(row, problem), row)]
    refused = [
        FieldError(f"{where}.{name}", in_row(row, _may_not_set(task_type, name)), row)
        for name in own
        if name not in names
    ]
    if refused:
        return {}, refused
    return check_item(task_type, {**fixed, **own}, where=where, row=row)


def _may_not_set(task_type: TaskType, name: str) -> Message:
    if name not in task_type.by_name:
        return _not_a_parameter(name)
    return msg("“%(name)s” is not one of config.batch_fields.", name=name)


def _not_a_parameter(name: str) -> Message:
    return msg("“%(name)s” is not a parameter of this type.", name=name[:80])


def _refusal(errors: list[FieldError]) -> InvalidInput:
    more = len(errors) - SHOWN_ERRORS
    if more > 0:
        rest = nmsg("And %(count)s more.", "And %(count)s more.", more)
        errors = [*errors[:SHOWN_ERRORS], FieldError("config.batch_input", rest)]
    return InvalidInput.of(errors)
