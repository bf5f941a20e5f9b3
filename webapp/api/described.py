"""What a field means, beside its type: the sentence goes into the OpenAPI document."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from webapp.messages import Message

SENDABLE = r"^[^\x00]*$"
"""A text without a NUL, which no provider and no page can show."""

SOMETHING = r"^[^\x00]*[^\s\x00\x1c-\x1f\x85][^\x00]*$"
"""The same with something in it. Python strips a few more characters than JSON Schema's `\\s` knows."""


class Sentence(str):
    """A Message on its way through a JSON schema, where pydantic wants what can be hashed."""

    message: Message

    def __new__(cls, message: Message) -> Sentence:
        made = super().__new__(cls, str(message))
        made.message = message
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """`Annotated[int, Told(msg("…"))]`. The sentence stands in the schema until it is shown in a
    language; see openapi.py. Costs nothing when values are checked."""

    message: Message
    example: object = None

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        made: dict[str, Any] = {**handler(schema), "description": Sentence(self.message)}
        if self.example is not None:
            made["examples"] = [self.example]
        return made


@dataclass(frozen=True, slots=True, eq=False)
class OneOf:
    """A text that is one of some words; the error's type is `not_one_of`. Read when it is needed: the
    words may be the names in a table."""

    words: Collection[str]

    @classmethod
    def of(cls, words: Collection[str]) -> OneOf:
        """The words of an enum as plain texts."""
        return cls(tuple(str(word) for word in words))

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "enum": list(self.words)}

    def _check(self, value: str) -> str:
        if value not in self.words:
            raise PydanticCustomError("not_one_of", "not one of them", {"words": tuple(self.words)})
        return value
