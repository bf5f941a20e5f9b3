"""Accounts, sessions, tokens and invitations; who owns a mission or template; who did what."""

from __future__ import annotations

from typing import Any

from peewee import Database

# Of every secret only its SHA-256 is kept. `audit` outlives what it tells of, as `events` does.
_STATEMENTS = (
    """CREATE TABLE users (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(64) NOT NULL COLLATE NOCASE,
        role VARCHAR(16) NOT NULL, password_hash TEXT NOT NULL, created_at DATETIME NOT NULL,
        password_at DATETIME NOT NULL, seen_at DATETIME, disabled_at DATETIME)""",
    "CREATE UNIQUE INDEX users_name ON users (name)",
    """CREATE TABLE sessions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        token_hash VARCHAR(64) NOT NULL, created_at DATETIME NOT NULL, used_at DATETIME NOT NULL,
        client VARCHAR(200) NOT NULL)""",
    "CREATE UNIQUE INDEX sessions_token_hash ON sessions (token_hash)",
    "CREATE INDEX sessions_user ON sessions (user_id)",
    """CREATE TABLE api_tokens (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        name VARCHAR(100) NOT NULL, token_hash VARCHAR(64) NOT NULL, hint VARCHAR(8) NOT NULL,
        created_at DATETIME NOT NULL, used_at DATETIME)""",
    "CREATE UNIQUE INDEX api_tokens_token_hash ON api_tokens (token_hash)",
    "CREATE INDEX api_tokens_user ON api_tokens (user_id)",
    """CREATE TABLE invitations (
        id INTEGER PRIMARY KEY AUTOINCREMENT, token_hash VARCHAR(64) NOT NULL,
        role VARCHAR(16) NOT NULL, made_by VARCHAR(64) NOT NULL, created_at DATETIME NOT NULL,
        expires_at DATETIME NOT NULL, used_at DATETIME, used_by VARCHAR(64),
        user_id INTEGER REFERENCES users (id) ON DELETE CASCADE)""",
    "CREATE UNIQUE INDEX invitations_token_hash ON invitations (token_hash)",
    """CREATE TABLE sign_in_tries (
        id INTEGER PRIMARY KEY AUTOINCREMENT, subject VARCHAR(200) NOT NULL,
        at DATETIME NOT NULL)""",
    "CREATE INDEX sign_in_tries_subject ON sign_in_tries (subject, at)",
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at DATETIME NOT NULL, user_id INTEGER NOT NULL,
        who VARCHAR(64) NOT NULL, action VARCHAR(32) NOT NULL, mission_id INTEGER,
        item_index INTEGER, subject VARCHAR(200) NOT NULL, count INTEGER)""",
    "CREATE INDEX audit_mission ON audit (mission_id, id) WHERE mission_id IS NOT NULL",
    "ALTER TABLE api_missions ADD COLUMN owner_id INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX api_missions_owner ON api_missions (owner_id)",
    "ALTER TABLE api_templates ADD COLUMN owner_id INTEGER NOT NULL DEFAULT 0",
)


def up(migrator: Any, db: Database) -> None:
    """Make the tables, and add the owners: what is there belongs to the local user."""
    for statement in _STATEMENTS:
        db.execute_sql(statement)
