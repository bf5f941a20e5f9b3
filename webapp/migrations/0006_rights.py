"""An idempotency key belongs to the person who chose it; the audit trail by person and by action."""

from __future__ import annotations

from typing import Any

from peewee import Database

# Of one person and of one action: the newest lines first, without reading all others.
_STATEMENTS = (
    "DROP INDEX api_missions_idempotency_key",
    """CREATE UNIQUE INDEX api_missions_idempotency_key
        ON api_missions (owner_id, idempotency_key) WHERE idempotency_key IS NOT NULL""",
    "CREATE INDEX audit_user ON audit (user_id, id)",
    "CREATE INDEX audit_action ON audit (action, id)",
)


def up(migrator: Any, db: Database) -> None:
    """Two people may use the same key; one who uses it twice still makes one mission."""
    for statement in _STATEMENTS:
        db.execute_sql(statement)
