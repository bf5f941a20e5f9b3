"""The OpenAPI document as a page shows it: rows instead of schemas, and a curl line for each call. Reads nothing but the
document."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from webapp.api.openapi_schemas import NOT_GIVEN, Schema

_REF = "#/components/schemas/"
_NOTHING = ({"type": "null"}, {"$ref": _REF + NOT_GIVEN})
_COUNTED = {"string": "characters", "array": "entries"}
_NO_BODY = "NoOptions"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is: `string`, `array` of something, or a link to a schema; `shape` is its name."""

    words: str
    shape: str | None = None
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A field of a schema, or a parameter."""

    name: str
    kind: Kind
    required: bool
    meaning: str
    choices: tuple[str, ...]
    limits: str
    counted: str  #: what `limits` count: characters, entries, or nothing but the number itself
    default: str | None
    variants: tuple[str, ...] = ()  #: shapes, one of which it has


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema with fields, or with the words that it may be. `sent`: it is a part of a body."""

    name: str
    sent: bool
    rows: tuple[Row, ...]
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One operation. `answer` is None for a file, whose types are `files`."""

    name: str
    method: str
    path: str
    summary: str
    detail: str
    role: str | None
    parameters: tuple[Row, ...]
    body: Kind | None
    curl: str
    answer: Kind | None
    files: tuple[str, ...]
    refusals: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """The whole page. Calls stand under their group."""

    groups: tuple[tuple[str, tuple[Call, ...]], ...]
    shapes: tuple[Shape, ...]


def guide(document: Schema) -> Guide:
    """From a document that is said in one language."""
    calls = [
        (operation["tags"][0], _call(document, path, method, operation))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    sent = _sent_shapes(document)
    return Guide(
        groups=tuple(
            (tag["name"], tuple(call for group, call in calls if group == tag["name"]))
            for tag in document["tags"]
        ),
        shapes=tuple(
            Shape(name, name in sent, _fields(schema), _choices(schema))
            for name, schema in sorted(document["components"]["schemas"].items())
            if schema.get("properties") or "enum" in schema
        ),
    )


def _call(document: Schema, path: str, method: str, operation: Schema) -> Call:
    content: Schema = operation["responses"]["200"]["content"]
    schema = content.get("application/json", {}).get("schema")
    body = _body(operation)
    return Call(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        detail=operation.get("description", ""),
        role=operation.get("x-role"),
        parameters=tuple(_parameter(one) for one in operation.get("parameters", [])),
        body=_kind(body) if body else None,
        curl=_curl(document, path, method.upper(), operation),
        answer=_kind(schema.get("properties", {}).get("data", schema)) if schema else None,
        files=() if schema else tuple(content),
        refusals=tuple(
            (status, _referred(document, answer).get("description", ""))
            for status, answer in operation["responses"].items()
            if status != "200"
        ),
    )


def _body(operation: Schema) -> Schema | None:
    """The body's schema; None where there are no fields to give."""
    if "requestBody" not in operation:
        return None
    [content] = operation["requestBody"]["content"].values()
    schema: Schema = content["schema"]
    return None if schema.get("$ref") == _REF + _NO_BODY else schema


def _referred(document: Schema, value: Schema) -> Schema:
    """What a reference into the document stands for."""
    found: Any = document
    if "$ref" not in value:
        return value
    for part in str(value["$ref"]).removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _parameter(one: Schema) -> Row:
    schema = {**one["schema"], "description": one.get("description", "")}
    return _row(one["name"], schema, one["required"])


def _fields(schema: Schema) -> tuple[Row, ...]:
    required = schema.get("required", ())
    properties: Mapping[str, Schema] = schema.get("properties", {})
    return tuple(
        replace(_row(name, one, name in required), variants=_variants(schema, name))
        for name, one in properties.items()
    )


def _variants(schema: Schema, name: str) -> tuple[str, ...]:
    """A mission's `config` has another shape for each task type."""
    found = [one.get("properties", {}).get(name, {}) for one in schema.get("oneOf", ())]
    return tuple(one["$ref"].removeprefix(_REF) for one in found if "$ref" in one)


def _sent_shapes(document: Schema) -> set[str]:
    """What bodies are made of: their schemas and all that those refer to."""
    bodies = [
        operation["requestBody"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if "requestBody" in operation
    ]
    found: set[str] = set()
    waiting = list(_references(bodies))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(document["components"]["schemas"][name])
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix(_REF)
        value = value.values()
    if not isinstance(value, str) and isinstance(value, Iterable):
        for one in value:
            yield from _references(one)


def _row(name: str, schema: Schema, required: bool) -> Row:
    kind, default = _kind(schema), schema.get("default")
    inner = _not_null(schema)
    return Row(
        name=name,
        kind=kind,
        required=required,
        meaning=schema.get("description", ""),
        choices=_choices(inner) or _choices(inner.get("items", {})),
        limits=_limits(inner),
        counted=_COUNTED.get(str(inner.get("type")), ""),
        default=None if default in (None, "") else str(default),
    )


def _not_null(schema: Schema) -> Schema:
    others = [one for one in schema.get("anyOf", ()) if one not in _NOTHING]
    return others[0] if len(others) == 1 else schema


def _kind(schema: Schema) -> Kind:
    inner = _not_null(schema)
    nullable = {"type": "null"} in schema.get("anyOf", ())
    if "$ref" in inner:
        return Kind("", inner["$ref"].removeprefix(_REF), nullable)
    if inner.get("type") == "array":
        items = _kind(inner["items"])
        return Kind(f"array of {items.words}".rstrip(), items.shape, nullable)
    if "anyOf" in inner:
        options = [_kind(one) for one in inner["anyOf"]]
        shapes = [one.shape for one in options if one.shape]
        words = " or ".join(one.words for one in options if one.words)
        return Kind(words, shapes[0] if shapes else None, nullable)
    return Kind(str(inner.get("type", "string")), None, nullable)


def _choices(schema: Schema) -> tuple[str, ...]:
    return tuple(str(one) for one in schema.get("enum", ()))


def _limits(schema: Schema) -> str:
    """`1 … 200`, or `≤ 200`; empty when there are none."""
    for low, high in (
        ("minimum", "maximum"),
        ("minLength", "maxLength"),
        ("minItems", "maxItems"),
    ):
        if high in schema and schema[high] < 10**12:
            first = schema.get(low, 0)
            return f"{first} … {schema[high]}" if first else f"≤ {schema[high]}"
    return ""


def _curl(document: Schema, path: str, method: str, operation: Schema) -> str:
    """A line that can be pasted into a shell; on several lines where it is long."""
    headers: list[str] = []
    for one in operation.get("parameters", []):
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", str(one["example"]))
        if one["in"] == "header":
            headers += [
                f"-H '{one['name']}: {value}'" for value in one["schema"].get("examples", [])
            ]
    parts = [f"curl -s {document['servers'][0]['url']}{path}"]
    if method not in ("GET", "POST") or (method == "POST" and not _sent(operation)):
        parts[0] = parts[0].replace("curl -s", f"curl -s -X {method}")
    if operation.get("security"):
        parts.append('-H "Authorization: Bearer $TOKEN"')
    parts += [*headers, *_sent(operation)]
    if "application/json" not in operation["responses"]["200"]["content"]:
        parts.append("-OJ")
    return " \\\n  ".join(parts)


def _sent(operation: Schema) -> Sequence[str]:
    content: Schema = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return ["-F file=@fox.jpg"]
    example = content.get("application/json", {}).get("example")
    if example is None:
        return []
    body = json.dumps(example, ensure_ascii=False)
    return ["-H 'Content-Type: application/json'", f"-d {shlex.quote(body)}"]
