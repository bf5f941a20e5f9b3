"""What is known about unclear submits, and missions that submit them again by themselves."""

from __future__ import annotations

from typing import Any

from peewee import Database

_STATEMENTS = (
    "ALTER TABLE attempts ADD COLUMN account_running INTEGER",
    "ALTER TABLE attempts ADD COLUMN own_running INTEGER",
    "ALTER TABLE attempts ADD COLUMN account_asked_at DATETIME",
    "ALTER TABLE api_missions ADD COLUMN resubmit_unknown_after INTEGER",
    # Every page shows how many items are unclear.
    "CREATE INDEX api_missions_unclear ON api_missions (unknown_count) WHERE unknown_count > 0",
)


def up(migrator: Any, db: Database) -> None:
    """Add the columns; what is older has no evidence, and no mission submits again by itself."""
    for statement in _STATEMENTS:
        db.execute_sql(statement)
