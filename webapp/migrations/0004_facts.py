"""What is true of this database as a whole, by name. A copy is born with one (webapp/backups/backup.py), so the
table may be there already."""

from __future__ import annotations

from typing import Any

from peewee import Database


def up(migrator: Any, db: Database) -> None:
    """Make the table."""
    db.execute_sql(
        """CREATE TABLE IF NOT EXISTS facts (
            name VARCHAR(64) NOT NULL PRIMARY KEY, value TEXT NOT NULL, at DATETIME NOT NULL)"""
    )
