"""What an idempotency key has made is remembered for longer than the mission itself."""

from __future__ import annotations

from typing import Any

from peewee import Database


def up(migrator: Any, db: Database) -> None:
    """Make the table. A key belongs to the person who chose it."""
    db.execute_sql(
        """CREATE TABLE used_keys (
            owner_id INTEGER NOT NULL, idempotency_key VARCHAR(200) NOT NULL,
            mission_id INTEGER NOT NULL, at DATETIME NOT NULL,
            PRIMARY KEY (owner_id, idempotency_key))"""
    )
