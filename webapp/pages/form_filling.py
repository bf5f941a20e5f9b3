"""The way back: from a stored config (a mission's, a template's, one item's) to a filled form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo

from webapp.expansion import fixed_parameters
from webapp.mission_requests import MissionRequest
from webapp.pages.form_fields import shown
from webapp.pages.forms import FAILURE_PERCENT, MissionForm
from webapp.pages.pairing import Pairing, combine
from webapp.pages.prompt_text import PromptMode, join_prompts, write_rows
from webapp.task_types import TaskType

Row = Mapping[str, object]


def form_of_config(task_type: TaskType, config: Mapping[str, object]) -> MissionForm:
    """A form that makes the same items. What no form can say becomes one JSON object a line."""
    fixed = fixed_parameters(config)
    rows = _rows(task_type, config, fixed)
    repeat = config.get("repeat") or 1
    shared = _shared_values(task_type, rows or [fixed])
    form = MissionForm(task_type, params=shared or {}, repeat=str(repeat))
    if not rows:
        return form
    if shared is not None:
        filled = _with_prompts(form, rows)
        if filled is not None:
            return filled
        rows = [{name: row[name] for name in row if name not in shared} for row in rows]
    return replace(form, mode=PromptMode.JSON, prompts=write_rows(rows))


def form_of_request(task_type: TaskType, request: MissionRequest, zone: tzinfo) -> MissionForm:
    """The same with the name and what is under “advanced”; a start time that has passed stays."""
    threshold = request.failure_threshold
    start = request.scheduled_at
    again = request.resubmit_unknown_after
    return replace(
        form_of_config(task_type, request.config),
        name=request.name,
        description=request.description,
        priority=str(request.priority),
        scheduled_at=start.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if start else "",
        failure_percent=FAILURE_PERCENT if threshold is None else f"{threshold * 100:g}",
        resubmit_after="" if again is None else str(again),
    )


def with_template(
    typed: MissionForm, task_type: TaskType, config: Mapping[str, object]
) -> MissionForm:
    """A form with a template's type and parameters; prompts and images that were typed stay."""
    loaded = form_of_config(task_type, config)
    if typed.prompts.strip():
        loaded = replace(loaded, prompts=typed.prompts, mode=typed.mode)
    if typed.images:
        loaded = replace(loaded, images=typed.images, pairing=typed.pairing)
    return replace(
        loaded,
        name=typed.name,
        description=typed.description,
        priority=typed.priority,
        scheduled_at=typed.scheduled_at,
        failure_percent=typed.failure_percent,
        resubmit_after=typed.resubmit_after,
        key=typed.key,
    )


def _rows(task_type: TaskType, config: Mapping[str, object], fixed: Row) -> list[Row]:
    """Every entry with all that it sets, the mission's own values included."""
    entries = config.get("batch_input")
    if not isinstance(entries, list):
        varying = (task_type.prompt_field, task_type.image_field)
        given = any(entry is not None and entry.name in fixed for entry in varying)
        return [fixed] if given else []
    names = config.get("batch_fields")
    lead = str(names[0]) if isinstance(names, list) and names else task_type.batch_field
    return [
        {**fixed, **({lead: entry} if isinstance(entry, str) else dict(entry))}
        for entry in entries
        if isinstance(entry, (str, dict))
    ]


def _shared_values(task_type: TaskType, rows: Sequence[Row]) -> dict[str, str] | None:
    """What all rows share, as the form's fields have them; None when the rows do not agree on one."""
    shared: dict[str, str] = {}
    for entry in task_type.fixed_fields:
        values = {shown(row.get(entry.name)) for row in rows}
        if len(values) > 1:
            return None
        shared[entry.name] = values.pop()
    return shared


def _with_prompts(form: MissionForm, rows: Sequence[Row]) -> MissionForm | None:
    prompts = [str(row.get(form.prompt_field.name) or "") for row in rows]
    pairing: tuple[Sequence[str], tuple[str, ...], Pairing] | None = (prompts, (), Pairing.ALL)
    field = form.task_type.image_field
    if field is not None:
        pairing = _pairing(prompts, [field.addresses_in(row) for row in rows])
    if pairing is None:
        return None
    chosen, images, how = pairing
    joined = join_prompts(chosen) if any(chosen) else ("", PromptMode.LINES)
    if joined is None:
        return None
    text, mode = joined
    return replace(form, prompts=text, mode=mode, images=images, pairing=how)


def _pairing(
    prompts: Sequence[str], images: Sequence[tuple[str, ...]]
) -> tuple[Sequence[str], tuple[str, ...], Pairing] | None:
    """Prompts, images and the way to combine them that give these rows again, if there is one."""
    wanted = list(zip(prompts, images, strict=True))
    if not any(images):
        return prompts, (), Pairing.ALL
    alone = (
        tuple(dict.fromkeys(prompts)),
        tuple(dict.fromkeys(one for many in images for one in many)),
    )
    if all(len(many) == 1 for many in images):
        if combine(*alone, Pairing.ALL) == wanted:
            return (*alone, Pairing.ALL)
        return prompts, tuple(many[0] for many in images), Pairing.PAIR
    if len(set(images)) == 1:
        return prompts, images[0], Pairing.TOGETHER
    return None
