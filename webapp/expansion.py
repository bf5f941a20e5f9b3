"""From a request to the exact items that would be made and paid for. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
Place = tuple[str, int | None]
"""An entry's path and its row; one that stands in the shared parameters has none."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """The items of a mission in their order; repeats of one entry share one dict, so do not change it."""

    task_type: TaskType
    items: tuple[Params, ...]
    inputs: int  #: entries before repeating
    repeat: int
    duplicates: int  #: entries that are the same as an earlier one
    shared: Params  #: as given; an item's own value wins over it


def expand(request: MissionRequest) -> Expansion:
    """Raises InvalidInput naming field, row and reason; checks everything before giving up."""
    return expand_config(TASK_TYPES[request.task_type], request.config)


def expand_config(task_type: TaskType, config: Mapping[str, object]) -> Expansion:
    """The same for a type and a config alone."""
    clean, repeat, errors = _items(task_type, config)
    if errors:
        raise refusal(errors)
    return Expansion(
        task_type,
        tuple(params for params in clean for _ in range(repeat)),
        len(clean),
        repeat,
        len(clean) - len({repr(params) for params in clean}),
        fixed_parameters(config),
    )


def check_whole(task_type: TaskType, config: Mapping[str, object]) -> list[FieldError]:
    """All that is wrong with a mission's config."""
    return _items(task_type, config)[2]


def _items(
    task_type: TaskType, config: Mapping[str, object]
) -> tuple[list[Params], int, list[FieldError]]:
    """Each entry's parameters, repeat, and what is wrong."""
    errors = check_fixed(task_type, config)
    wrong = {error.field.removeprefix("config.") for error in errors}
    repeat, names, entries, problems = _shape(task_type, config)
    errors += problems
    fixed = fixed_parameters(config)
    clean: list[Params] = []
    listed = config.get("batch_input") is not None
    for position, entry in enumerate(entries):
        place = _place(position) if listed else ("config", None)
        params, problems = _row(task_type, fixed, wrong, names, place, entry)
        clean.append(params)
        errors += problems
    return clean, repeat, errors


def fixed_parameters(config: Mapping[str, object]) -> Params:
    """The parameters that all items share, without batch_input, batch_fields and repeat."""
    return {name: value for name, value in config.items() if name not in _NOT_PARAMETERS}


def check_fixed(task_type: TaskType, config: Mapping[str, object]) -> list[FieldError]:
    """What is wrong with the shared parameters that are given; missing ones are not an error."""
    return _check_given(task_type, fixed_parameters(config), "config", None)


def check_open(task_type: TaskType, config: Mapping[str, object]) -> list[FieldError]:
    """The same for all of a config, also its entries: what a template may hold."""
    errors = check_fixed(task_type, config)
    given = dict(config)
    for name, instead in (("batch_input", [{}]), ("batch_fields", None)):
        if given.get(name) in (None, "", []):
            given[name] = instead
    _, names, entries, problems = _shape(task_type, given)
    errors += problems
    for position, entry in enumerate(entries):
        place = _place(position)
        own, problems = _own(task_type, names, place, entry)
        errors += problems + _check_given(task_type, own, *place)
    return errors


def _check_given(
    task_type: TaskType, values: Mapping[str, object], where: str, row: int | None
) -> list[FieldError]:
    given = {
        name: value
        for name, value in values.items()
        if name not in task_type.by_name or value not in (None, "", [])
    }
    _, errors = check_item(task_type, given, where=where, row=row)
    named = {f"{where}.{name}" for name in given}
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
) -> tuple[int, tuple[str, ...], Sequence[object], list[FieldError]]:
    """repeat, the names that entries may set (the first is what a string stands for), the entries,
    and what is wrong. There are no entries when they cannot be read, or are too many."""
    errors = check_repeat(config)
    repeat = config.get("repeat")
    times = repeat if isinstance(repeat, int) and not errors else 1
    names, problem = _batch_fields(task_type, config.get("batch_fields"))
    readable = problem is None
    if problem is not None:
        errors.append(FieldError("config.batch_fields", problem))
    entries, problem = _entries(config, names)
    problem = problem or _too_many(len(entries), times)
    if problem is not None:
        errors.append(FieldError("config.batch_input", problem))
    return times, names, entries if readable and problem is None else (), errors


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


def _too_many(inputs: int, repeat: int) -> Message | None:
    total = inputs * repeat
    if total <= MAX_ITEMS:
        return None
    numbers = {"total": f"{total:,}", "limit": f"{MAX_ITEMS:,}"}
    if repeat == 1:
        return msg("%(total)s items; at most %(limit)s fit in one mission.", **numbers)
    return msg(
        "%(inputs)s entries × %(repeat)s = %(total)s items; at most %(limit)s fit in one mission.",
        inputs=f"{inputs:,}",
        repeat=repeat,
        **numbers,
    )


def _place(position: int) -> Place:
    """Of an entry that is in the list."""
    return f"config.batch_input[{position}]", position + 1


def _row(
    task_type: TaskType,
    fixed: Params,
    wrong: Collection[str],
    names: tuple[str, ...],
    place: Place,
    entry: object,
) -> tuple[Params, list[FieldError]]:
    """An item, and what is wrong with it; not what is `wrong` with a shared value, which is said once."""
    where, row = place
    own, errors = _own(task_type, names, place, entry)
    if not isinstance(entry, (str, dict)):
        return {}, errors
    params, problems = check_item(task_type, {**fixed, **own}, where=where, row=row)
    if wrong:
        said = {f"{where}.{name}" for name in wrong if name not in own}
        problems = [one for one in problems if one.field not in said]
    return params, [*errors, *problems] if errors else problems


def _own(
    task_type: TaskType, names: tuple[str, ...], place: Place, entry: object
) -> tuple[Mapping[str, object], list[FieldError]]:
    """What an entry sets itself and may set, and what it may not."""
    if isinstance(entry, str):
        return {names[0]: entry}, []
    where, row = place
    if not isinstance(entry, dict):
        problem = msg("an entry must be a text, or an object of parameters.")
        return {}, [FieldError(where, in_row(row, problem), row)]
    refused = [name for name in entry if name not in names]
    if not refused:
        return entry, []
    return {name: value for name, value in entry.items() if name in names}, [
        FieldError(f"{where}.{name}", in_row(row, _may_not_set(task_type, name)), row)
        for name in refused
    ]


def _may_not_set(task_type: TaskType, name: str) -> Message:
    if name not in task_type.by_name:
        return _not_a_parameter(name)
    return msg("“%(name)s” is not one of config.batch_fields.", name=name)


def _not_a_parameter(name: str) -> Message:
    return msg("“%(name)s” is not a parameter of this type.", name=name[:80])


def refusal(errors: Sequence[FieldError]) -> InvalidInput:
    """The first SHOWN_ERRORS, and how many more there are."""
    more = len(errors) - SHOWN_ERRORS
    if more > 0:
        rest = nmsg("And %(count)s more.", "And %(count)s more.", more)
        errors = [*errors[:SHOWN_ERRORS], FieldError("config.batch_input", rest)]
    return InvalidInput.of(errors)
