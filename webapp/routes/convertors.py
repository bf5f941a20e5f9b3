"""Numbers in addresses."""

from __future__ import annotations

from typing import ClassVar

from starlette.convertors import Convertor, register_url_convertor


class IdConvertor(Convertor[int]):
    """A row's number: what SQLite can hold. Starlette's `int` takes any number of digits, and the
    database's complaint would be an error of ours instead of a 404."""

    regex: ClassVar[str] = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


def register() -> None:
    """Make `{name:id}` known. Must run before the first route with one is made."""
    register_url_convertor("id", IdConvertor())
