"""JSON schemas of everything that calls take and give, made from the models that check and the shapes that
mypy holds the views to. Sentences stay `Message`s until the document is shown in a language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter

from webapp.api.described import SOMETHING
from webapp.expansion import MAX_ITEMS, MAX_REPEAT
from webapp.messages import msg
from webapp.mission_requests import MissionBody, TemplateBody
from webapp.task_types import TASK_TYPES, FieldKind, TaskField, TaskType

Schema = dict[str, Any]

REF = "#/components/schemas/{model}"
_AS_IT_IS = frozenset({"examples", "example", "default", "const", "enum"})
NOT_GIVEN = "NotGiven"
_ADDRESS = r"^\s*(https?://[^\s/?#]|/api/images/)"
_ADDRESS_MAX = 2000


def schemas_of(bodies: Iterable[Any], answers: Iterable[Any]) -> tuple[dict[Any, Schema], Schema]:
    """The schema of each model and shape, and the components that they refer to."""
    wanted = [(one, "validation", TypeAdapter(one)) for one in bodies]
    wanted += [(one, "serialization", TypeAdapter(one)) for one in answers]
    found, definitions = TypeAdapter.json_schemas(wanted, ref_template=REF)  # type: ignore[arg-type]
    components: Schema = _without_names(definitions.get("$defs", {}))
    for model in (MissionBody, TemplateBody):
        if model.__name__ in components:
            components[model.__name__]["oneOf"] = [
                _of_type(entry, model) for entry in TASK_TYPES.values()
            ]
    components |= _config_schemas()
    return {key: _without_names(schema) for (key, _), schema in found.items()}, components


def parameters_of(model: type[BaseModel]) -> list[tuple[str, Schema, bool]]:
    """Name, schema and whether it is required, for each field of a query or of headers."""
    whole = TypeAdapter(model).json_schema(ref_template=REF)
    required = whole.get("required", [])
    return [
        (name, _not_null(_without_names(schema)), name in required)
        for name, schema in whole["properties"].items()
    ]


def _not_null(schema: Schema) -> Schema:
    """In an address there is no null: not given is not given."""
    if "anyOf" not in schema:
        return schema
    [kind] = [one for one in schema["anyOf"] if one != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**kind, **rest}


def _without_names(value: Any) -> Any:
    """Pydantic's titles and our docstrings are for developers of this program; what is left are
    sentences that can be translated."""
    if isinstance(value, list):
        return [_without_names(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: one if name in _AS_IT_IS else _without_names(one)
        for name, one in value.items()
        if not (name in ("title", "description") and type(one) is str)
    }


# The parameters of each task type


def config_name(task_type: TaskType, model: type[BaseModel]) -> str:
    """The component's name of a type's `config`: a template's may leave everything open."""
    words = "".join(word.capitalize() for word in task_type.name.split("_"))
    return f"{words}{'Config' if model is MissionBody else 'Parameters'}"


def _of_type(task_type: TaskType, model: type[BaseModel]) -> Schema:
    reference = REF.format(model=config_name(task_type, model))
    return {
        "properties": {"task_type": {"const": task_type.name}, "config": {"$ref": reference}},
        "required": ["task_type", "config"],
    }


def _config_schemas() -> Schema:
    made: Schema = {
        NOT_GIVEN: {"enum": ["", None, []], "description": msg("Counts as not given")},
    }
    for entry in TASK_TYPES.values():
        parameters = {one.name: _or_not_given(_parameter(one)) for one in entry.fields}
        shared = {"type": "object", "properties": parameters, "additionalProperties": False}
        batch = {
            "properties": {**parameters, **_batch(entry, shared)},
            "anyOf": [{"required": ["batch_input"]}, {"required": [entry.batch_field]}],
        }
        made[config_name(entry, TemplateBody)] = {
            **shared,
            "properties": {**parameters, **_left_open(_batch(entry, shared))},
        }
        made[config_name(entry, MissionBody)] = {**shared, **batch}
    return made


def _batch(task_type: TaskType, entry: Schema) -> Schema:
    """batch_input and how it is read. A plain text stands for the type's batch field."""
    text = _parameter(task_type.by_name[task_type.batch_field])
    if text["type"] != "string":
        text = text["items"]
    text = {name: value for name, value in text.items() if name != "description"}
    return {
        "batch_input": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_ITEMS,
            "items": {"anyOf": [text, entry]},
            "description": msg(
                "One entry for each item: an object of parameters, or a text for %(field)s",
                field=task_type.batch_field,
            ),
        },
        "batch_fields": {
            "type": "array",
            "minItems": 1,
            "items": {"enum": list(task_type.by_name)},
            "description": msg("Which parameters entries may set; a text stands for the first"),
        },
        "repeat": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_REPEAT,
            "default": 1,
            "description": msg("So many items of each entry"),
        },
    }


def _left_open(batch: Schema) -> Schema:
    """As a template may hold it: entries too may be left empty."""
    entries = batch["batch_input"]
    kinds = [*entries["items"]["anyOf"], {"const": ""}]
    # How many fit depends on repeat.
    kept = {"type": "array", "items": {"anyOf": kinds}, "description": entries["description"]}
    return {
        "batch_input": _or_not_given(kept),
        "batch_fields": _or_not_given(batch["batch_fields"]),
        "repeat": batch["repeat"],
    }


def _parameter(field: TaskField) -> Schema:
    made: Schema
    match field.kind:
        case FieldKind.TEXT:
            made = {"type": "string", "pattern": SOMETHING, "maxLength": field.max_length}
        case FieldKind.CHOICE:
            made = {"type": "string", "enum": list(field.choices)}
        case FieldKind.FLAG:
            made = {"type": "boolean"}
        case FieldKind.NUMBER:
            made = _number(field)
        case FieldKind.IMAGE:
            made = _address()
        case FieldKind.IMAGES:
            made = {
                "type": "array",
                "minItems": 1,
                "maxItems": field.max_items,
                "items": _address(),
            }
    made["description"] = field.label
    if field.default is not None:
        made["default"] = field.default
    return made


def _number(field: TaskField) -> Schema:
    limits = {"minimum": field.min, "maximum": field.max, "multipleOf": field.step}
    kind = "integer" if field.is_whole else "number"
    return {"type": kind, **{name: limit for name, limit in limits.items() if limit is not None}}


def _or_not_given(schema: Schema) -> Schema:
    about: Schema = {
        name: schema.pop(name) for name in ("description", "default") if name in schema
    }
    return {"anyOf": [schema, {"$ref": REF.format(model=NOT_GIVEN)}], **about}


def _address() -> Schema:
    return {"type": "string", "pattern": _ADDRESS, "maxLength": _ADDRESS_MAX}
