"""The JSON interface as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.1), made from the table of
operations. Texts are in one language at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from webapp import __version__
from webapp.api.described import Sentence
from webapp.api.json_shapes import Problem
from webapp.api.openapi_schemas import REF, Schema, parameters_of, schemas_of
from webapp.api.operations import Operation
from webapp.messages import Message, msg

Say = Callable[[Message], str]

_JSON = "application/json"
_HTML = "text/html"
_ID_MAX = 10**18 - 1

ERRORS: Mapping[int, tuple[str, Message]] = {
    400: (
        "Unreadable",
        msg("The body is no valid JSON, or the server was called by a name that is not its own."),
    ),
    401: ("NotSignedIn", msg("Team mode: no valid token and nobody is signed in.")),
    403: (
        "NotAllowed",
        msg("The role does not allow it, or another website asked in a browser."),
    ),
    404: ("NotFound", msg("It does not exist, or was deleted.")),
    408: ("TooSlow", msg("The body came too slowly. Try again.")),
    409: ("NotNow", msg("The state does not allow it, or somebody else was first.")),
    413: ("TooLarge", msg("The body is too large.")),
    415: ("NotThisKind", msg("The body is of a kind that is not taken.")),
    422: ("DoesNotFit", msg("A field does not fit; errors names each, up to 50.")),
    500: ("OurFault", msg("Our fault; request_id leads to the place in the log.")),
    503: ("Busy", msg("The database is busy. Try again after Retry-After seconds.")),
}
"""Every error status, its component's name and what it means."""

_PATH_WORDS: Mapping[str, tuple[Message, object]] = {
    "mission_id": (msg("The mission’s number"), 17),
    "item_index": (msg("The item’s number in its mission, from 1"), 1),
    "template_id": (msg("The template’s number"), 3),
    "filename": (msg("As the upload named it"), "5cf3b3a6696701a7.png"),
}
"""What each name in an address means, and an example."""


class OpenApi:
    """Made once; said in a language for each call."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = tuple(operations)
        bodies = {one.body: None for one in operations if one.body}
        answers = {one.answer: None for one in operations if one.answer}
        self._schemas, components = schemas_of(bodies, [*answers, Problem])
        self._paths: Schema = {}
        for one in operations:
            self._paths.setdefault(one.public_path, {})[one.method.lower()] = self._operation(one)
        self._components: Schema = {
            "schemas": components,
            "responses": {name: _refusal(status) for status, (name, _) in ERRORS.items()},
        }

    def document(self, say: Say, base_url: str, cookie: str | None) -> Schema:
        """In the language of `say`. `cookie` is the name of the session's cookie in team mode, None
        where nobody signs in."""
        components = dict(self._components)
        if cookie is not None:
            components["securitySchemes"] = _security_schemes(cookie)
        made: Schema = {
            "openapi": "3.1.1",
            "info": {
                "title": "RunningHub Missions",
                "version": __version__,
                "description": msg(
                    "Whatever the pages do with missions, items, images and templates can be done by a "
                    "program. Accounts, settings, the history of single tries, the audit trail and the "
                    "decision after a restore are on pages only. Times are in UTC. Messages come in the "
                    "language of Accept-Language."
                ),
            },
            "servers": [{"url": base_url}],
            "tags": [{"name": group} for group in self._groups()],
            "paths": _secured(self._paths, self.operations) if cookie else self._paths,
            "components": components,
        }
        found: Schema = said(made, say)
        return found

    def _groups(self) -> list[Message]:
        groups: list[Message] = []
        for one in self.operations:
            if one.group not in groups:
                groups.append(one.group)
        return groups

    def _operation(self, one: Operation) -> Schema:
        made: Schema = {
            "operationId": one.name,
            "tags": [one.group],
            "summary": one.summary,
            "responses": {"200": self._answer(one, msg("It worked"))}
            | self._refusals(one)
            | {str(status): self._answer(one, ERRORS[status][1]) for status in one.same_on},
        }
        if one.detail is not None:
            made["description"] = one.detail
        if one.role is not None:
            made["x-role"] = one.role.value
        parameters = [*_path_parameters(one), *_named_parameters(one)]
        if parameters:
            made["parameters"] = parameters
        if one.body is not None:
            made["requestBody"] = self._body(one)
        return made

    def _refusals(self, one: Operation) -> Schema:
        if _HTML not in one.media_types:
            return {str(status): _reference(status) for status in one.statuses}
        # A page's errors are pages, and whoever is not signed in is led to where they can be.
        pages: Schema = {
            str(status): {"description": ERRORS[status][1], "content": {_HTML: {}}}
            for status in one.statuses
            if status != 401
        }
        location = {"Location": {"schema": {"type": "string"}}}
        return {"303": {"description": ERRORS[401][1], "headers": location}} | pages

    def _body(self, one: Operation) -> Schema:
        content: Schema = {"schema": self._schemas[one.body]}
        if one.example is not None:
            content["example"] = one.example
        kind = "multipart/form-data" if one.form else _JSON
        return {"required": one.body_required, "content": {kind: content}}

    def _answer(self, one: Operation, words: Message) -> Schema:
        if one.answer is None:
            return {"description": words, "content": {kind: {} for kind in one.media_types}}
        schema = self._schemas[one.answer]
        if one.enveloped:
            schema = {
                "type": "object",
                "properties": {"code": {"const": 0}, "data": schema},
                "required": ["code", "data"],
            }
        return {"description": words, "content": {_JSON: {"schema": schema}}}


def said(value: Any, say: Say) -> Any:
    """A copy with every Message in a language."""
    if isinstance(value, Message):
        return say(value)
    if isinstance(value, Sentence):
        return say(value.message)
    if isinstance(value, Mapping):
        return {name: said(one, say) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [said(one, say) for one in value]
    return value


def _path_parameters(one: Operation) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_WORDS[name][0],
            "example": _PATH_WORDS[name][1],
            "schema": {"type": "integer", "minimum": 1, "maximum": _ID_MAX}
            if kind == "id"
            else {"type": "string", "minLength": 1},
        }
        for name, kind in one.path_parameters.items()
    ]


def _named_parameters(one: Operation) -> list[Schema]:
    found: list[Schema] = []
    for place, model in (("query", one.query), ("header", one.headers)):
        for name, schema, required in parameters_of(model) if model else ():
            description = schema.pop("description", None)
            made: Schema = {"name": name, "in": place, "required": required, "schema": schema}
            if place == "query":
                made["allowEmptyValue"] = True  # `?status=` means no filter
            found.append(made | ({"description": description} if description else {}))
    return found


def _reference(status: int) -> Schema:
    return {"$ref": f"#/components/responses/{ERRORS[status][0]}"}


def _refusal(status: int) -> Schema:
    made: Schema = {
        "description": ERRORS[status][1],
        "content": {_JSON: {"schema": {"$ref": REF.format(model=Problem.__name__)}}},
    }
    if status == 503:
        made["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 0}}}
    if status == 401:
        made["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return made


def _security_schemes(cookie: str) -> Schema:
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": msg("A personal token, made in the settings"),
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie,
            "description": msg("A browser in which somebody is signed in"),
        },
    }


def _secured(paths: Schema, operations: Sequence[Operation]) -> Schema:
    """Team mode: who must be known. Everything else stays as it is."""
    made = {path: dict(methods) for path, methods in paths.items()}
    for one in operations:
        needed: list[Schema] = [{"token": []}, {"session": []}] if one.role is not None else []
        methods = made[one.public_path]
        methods[one.method.lower()] = {**methods[one.method.lower()], "security": needed}
    return made
