"""Bring the tables up to date at start."""

from __future__ import annotations

import logging
from pathlib import Path

from playhouse.migrations import Runner

from webapp.db import database, writing

log = logging.getLogger(__name__)


def migrate() -> list[str]:
    """Apply what is pending, in order; returns the names applied. Blocks; commits each step.

    The caller holds the manager's lock, so that two processes never migrate at once.
    """
    runner = Runner(database.obj, str(Path(__file__).parent / "migrations"))
    with writing():
        applied = [str(name) for name in runner.up()]
    if applied:
        log.info("database brought up to date: %s", ", ".join(applied))
    return applied


def pending() -> list[str]:
    """Migrations that this program knows and the database has not had."""
    runner = Runner(database.obj, str(Path(__file__).parent / "migrations"))
    with database.connection_context():
        return [row.name for row in runner.status() if row.path and not row.applied]


def older_version() -> str | None:
    """The first pending migration of a database that has had others; None for a new one, and for one
    that is up to date."""
    waiting = pending()
    runner = Runner(database.obj, str(Path(__file__).parent / "migrations"))
    with database.connection_context():
        return waiting[0] if waiting and runner.applied() else None
