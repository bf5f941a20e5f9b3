"""The first tables (design.md §5)."""

from __future__ import annotations

from typing import Any

from peewee import Database

# Ids are never used again (AUTOINCREMENT): the ledger outlives missions and names them by number.
_TABLES = (
    """CREATE TABLE api_missions (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(200) NOT NULL, description TEXT NOT NULL,
        task_type VARCHAR(64) NOT NULL, provider VARCHAR(32) NOT NULL,
        status VARCHAR(16) NOT NULL, total_count INTEGER NOT NULL,
        pending_count INTEGER NOT NULL, processing_count INTEGER NOT NULL,
        completed_count INTEGER NOT NULL, failed_count INTEGER NOT NULL,
        unknown_count INTEGER NOT NULL, cancelled_count INTEGER NOT NULL,
        files_pending INTEGER NOT NULL, files_failed INTEGER NOT NULL,
        config_json TEXT NOT NULL, first_prompt TEXT NOT NULL, priority INTEGER NOT NULL,
        scheduled_at DATETIME, failure_threshold REAL, judged_from DATETIME,
        idempotency_key VARCHAR(200), request_hash VARCHAR(64) NOT NULL,
        pause_cause VARCHAR(32) NOT NULL, pause_code VARCHAR(64) NOT NULL, pause_raw TEXT NOT NULL,
        cost BIGINT NOT NULL, estimate BIGINT, currency VARCHAR(8) NOT NULL,
        last_served INTEGER NOT NULL,
        rev INTEGER NOT NULL, created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL,
        started_at DATETIME, ended_at DATETIME, deleted_at DATETIME)""",
    "CREATE UNIQUE INDEX api_missions_idempotency_key ON api_missions (idempotency_key)",
    "CREATE INDEX api_missions_status ON api_missions (status)",
    "CREATE INDEX api_missions_task_type ON api_missions (task_type)",
    "CREATE INDEX api_missions_created_at ON api_missions (created_at)",
    "CREATE INDEX api_missions_rev ON api_missions (rev)",
    "CREATE INDEX api_missions_last_served ON api_missions (last_served)",
    """CREATE TABLE api_mission_items (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        api_mission_id INTEGER NOT NULL REFERENCES api_missions (id) ON DELETE CASCADE,
        item_index INTEGER NOT NULL, input_params TEXT NOT NULL, prompt TEXT NOT NULL,
        status VARCHAR(16) NOT NULL, result_url TEXT, error_class VARCHAR(32) NOT NULL,
        error_code VARCHAR(64) NOT NULL, error_message TEXT NOT NULL,
        runninghub_task_id VARCHAR(64), attempt_count INTEGER NOT NULL,
        transient_tries INTEGER NOT NULL, cost BIGINT, seconds REAL, next_at DATETIME,
        started_at DATETIME, ended_at DATETIME, rev INTEGER NOT NULL,
        created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL)""",
    """CREATE UNIQUE INDEX api_mission_items_index
        ON api_mission_items (api_mission_id, item_index)""",
    """CREATE INDEX api_mission_items_mission_status
        ON api_mission_items (api_mission_id, status, item_index)""",
    "CREATE INDEX api_mission_items_mission_rev ON api_mission_items (api_mission_id, rev)",
    "CREATE INDEX api_mission_items_status ON api_mission_items (status)",
    """CREATE INDEX api_mission_items_task_id ON api_mission_items (runninghub_task_id)
        WHERE runninghub_task_id IS NOT NULL""",
    """CREATE TABLE attempts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, mission_id INTEGER NOT NULL, item_id INTEGER NOT NULL,
        item_index INTEGER NOT NULL, number INTEGER NOT NULL, task_type VARCHAR(64) NOT NULL,
        provider VARCHAR(32) NOT NULL, key_fingerprint VARCHAR(64) NOT NULL,
        state VARCHAR(16) NOT NULL, phase VARCHAR(16), runninghub_task_id VARCHAR(64),
        created_at DATETIME NOT NULL, sent_at DATETIME, answered_at DATETIME, ended_at DATETIME,
        slot_until DATETIME, error_class VARCHAR(32) NOT NULL, error_code VARCHAR(64) NOT NULL,
        error_raw TEXT NOT NULL, answer_raw TEXT NOT NULL, cost BIGINT, currency VARCHAR(8),
        boot_id VARCHAR(36) NOT NULL)""",
    "CREATE UNIQUE INDEX attempts_item_number ON attempts (item_id, number)",
    """CREATE UNIQUE INDEX attempts_task_id ON attempts (provider, runninghub_task_id)
        WHERE runninghub_task_id IS NOT NULL""",
    # The database itself refuses a second attempt that may cost money while one is open.
    """CREATE UNIQUE INDEX attempts_one_live ON attempts (item_id)
        WHERE state IN ('preparing', 'submitting', 'submitted', 'unknown')""",
    """CREATE INDEX attempts_live ON attempts (state, mission_id)
        WHERE state IN ('preparing', 'submitting', 'submitted', 'unknown')""",
    "CREATE INDEX attempts_mission ON attempts (mission_id, ended_at)",
    "CREATE INDEX attempts_ended ON attempts (ended_at)",
    """CREATE TABLE results (
        id INTEGER PRIMARY KEY AUTOINCREMENT, mission_id INTEGER NOT NULL,
        item_id INTEGER NOT NULL REFERENCES api_mission_items (id) ON DELETE CASCADE,
        attempt_id INTEGER NOT NULL, position INTEGER NOT NULL, kind VARCHAR(16) NOT NULL,
        type VARCHAR(16) NOT NULL, url TEXT NOT NULL, text TEXT, filename VARCHAR(120),
        file_state VARCHAR(16) NOT NULL, content_type VARCHAR(100) NOT NULL, sha256 VARCHAR(64),
        size BIGINT, width INTEGER, height INTEGER, seconds REAL, has_preview INTEGER NOT NULL,
        tries INTEGER NOT NULL, next_at DATETIME, expires_at DATETIME,
        error_class VARCHAR(32) NOT NULL, error_code VARCHAR(64) NOT NULL,
        error_raw TEXT NOT NULL, created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL)""",
    "CREATE UNIQUE INDEX results_item_position ON results (item_id, attempt_id, position)",
    "CREATE UNIQUE INDEX results_filename ON results (filename)",
    "CREATE INDEX results_mission ON results (mission_id, has_preview, id)",
    "CREATE INDEX results_file_state ON results (file_state, next_at)",
    """CREATE TABLE images (
        id INTEGER PRIMARY KEY AUTOINCREMENT, filename VARCHAR(120) NOT NULL,
        sha256 VARCHAR(64) NOT NULL, original_name VARCHAR(255) NOT NULL,
        content_type VARCHAR(100) NOT NULL, size BIGINT NOT NULL, width INTEGER NOT NULL,
        height INTEGER NOT NULL, created_at DATETIME NOT NULL)""",
    "CREATE UNIQUE INDEX images_filename ON images (filename)",
    "CREATE UNIQUE INDEX images_sha256 ON images (sha256)",
    """CREATE TABLE image_uploads (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        provider VARCHAR(32) NOT NULL, key_fingerprint VARCHAR(64) NOT NULL, url TEXT NOT NULL,
        expires_at DATETIME NOT NULL)""",
    """CREATE UNIQUE INDEX image_uploads_key
        ON image_uploads (image_id, provider, key_fingerprint)""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT, mission_id INTEGER NOT NULL,
        item_id INTEGER, attempt_id INTEGER, at DATETIME NOT NULL, before VARCHAR(16),
        after VARCHAR(16) NOT NULL, note TEXT NOT NULL, who VARCHAR(64) NOT NULL)""",
    "CREATE INDEX events_mission ON events (mission_id, id)",
    "CREATE INDEX events_item ON events (item_id, id) WHERE item_id IS NOT NULL",
    """CREATE TABLE api_templates (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(200) NOT NULL, description TEXT NOT NULL,
        task_type VARCHAR(64) NOT NULL, config_json TEXT NOT NULL, created_at DATETIME NOT NULL,
        updated_at DATETIME NOT NULL)""",
    "CREATE INDEX api_templates_task_type ON api_templates (task_type)",
)


def up(migrator: Any, db: Database) -> None:
    """Make every table and index."""
    for statement in _TABLES:
        db.execute_sql(statement)
