"""Column types: aware UTC times, exact money, compact JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from peewee import BigIntegerField, Field, TextField

_MICRO = Decimal(1_000_000)


class UtcField(Field):
    """Aware UTC in Python; in the database text of one width, so that it sorts and compares."""

    field_type = "DATETIME"

    def db_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            # Not strftime: its %Y has three digits in the year 999.
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        return value

    def python_value(self, value: Any) -> Any:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime) and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value


class MoneyField(BigIntegerField):
    """A Decimal kept as whole millionths, so that sums are exact in every database."""

    def db_value(self, value: Any) -> Any:
        return int((value * _MICRO).to_integral_value()) if isinstance(value, Decimal) else value

    def python_value(self, value: Any) -> Any:
        return None if value is None else Decimal(value) / _MICRO


class CompactJsonField(TextField):
    """JSON as text, replaced whole; never filtered by a key inside it."""

    def db_value(self, value: Any) -> Any:
        return (
            None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        )

    def python_value(self, value: Any) -> Any:
        return None if value is None else json.loads(value)
