"""What must be true after whatever happened (the invariants of docs/faults.md): counters, histories,
the ledger of money, files, secrets."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conftest import KEY
from webapp.db import close_idle, database, open_database, reading
from webapp.models import Attempt, Event, Image, Item, Mission, Result
from webapp.safety.disk import PART
from webapp.settings import Settings
from webapp.simulator import Simulator
from webapp.states import (
    ENDED_MISSIONS,
    ITEM_TRANSITIONS,
    LIVE_ATTEMPTS,
    MISSION_TRANSITIONS,
    AttemptState,
    FileState,
    ItemState,
    MissionState,
)
from webapp.store.rows import dicts

_NOT_ANSWERED = {AttemptState.SUBMITTING, AttemptState.UNKNOWN, AttemptState.ABANDONED}
_IN_FLIGHT = {AttemptState.PREPARING, AttemptState.SUBMITTING, AttemptState.SUBMITTED}


def check_books() -> None:
    """Everything that must be true of the database between two transactions."""
    with reading():
        items: list[dict[str, Any]] = dicts(Item.select())
        attempts: list[dict[str, Any]] = dicts(Attempt.select().order_by(Attempt.id))
        events: list[dict[str, Any]] = dicts(Event.select().order_by(Event.id))
        results: list[dict[str, Any]] = dicts(Result.select())
        missions: list[dict[str, Any]] = dicts(Mission.select())
    _check_live_attempts(items, attempts)
    _check_histories(items, missions, events)
    for mission in missions:
        mine = [item for item in items if item["mission"] == mission["id"]]
        _check_counters(mission, mine)
        _check_end(mission)
        files = Counter(r["file_state"] for r in results if r["mission_id"] == mission["id"])
        assert mission["files_pending"] == files[FileState.PENDING], mission
        assert mission["files_failed"] == files[FileState.FAILED], mission
        paid = sum(
            (a["cost"] or 0 for a in attempts if a["mission_id"] == mission["id"]), Decimal(0)
        )
        assert mission["cost"] == paid, mission


def _check_counters(mission: dict[str, Any], items: list[dict[str, Any]]) -> None:
    rows = Counter(item["status"] for item in items)
    counters = {state: mission[f"{state}_count"] for state in ItemState}
    assert counters == {state: rows[state] for state in ItemState}, mission
    assert mission["total_count"] == len(items), mission


def _check_end(mission: dict[str, Any]) -> None:
    """A mission is open exactly as long as something can still happen in it by itself."""
    moving = mission["pending_count"] + mission["processing_count"]
    if mission["status"] not in ENDED_MISSIONS:
        assert moving, mission
        assert mission["ended_at"] is None, mission
        return
    assert mission["ended_at"] is not None, mission
    if mission["status"] == MissionState.COMPLETED:
        assert not moving, mission
        assert mission["completed_count"], mission
    elif mission["status"] == MissionState.CANCELLED:
        assert not mission["pending_count"], mission
    elif not mission["pending_count"] and not mission["pause_cause"]:  # that is the breaker's
        assert not mission["completed_count"], mission


def _check_live_attempts(items: list[dict[str, Any]], attempts: list[dict[str, Any]]) -> None:
    """An item is in flight when it has an attempt in flight, and never has two."""
    live: dict[int, list[str]] = defaultdict(list)
    for attempt in attempts:
        if attempt["state"] in LIVE_ATTEMPTS:
            assert attempt["ended_at"] is None, attempt
            live[attempt["item_id"]].append(attempt["state"])
        else:
            assert attempt["ended_at"] is not None, attempt
    for item in items:
        match item["status"], live.pop(item["id"], []):
            case ItemState.PROCESSING, [state]:
                assert state in _IN_FLIGHT, item
            case ItemState.UNKNOWN, [state]:
                assert state == AttemptState.UNKNOWN, item
            case _, found:
                assert not found, item
    assert not live, f"live attempts of items that are gone: {live}"


def _check_histories(
    items: list[dict[str, Any]], missions: list[dict[str, Any]], events: list[dict[str, Any]]
) -> None:
    """Every event is a legal step from where the one before it ended, up to the present state."""
    of_items = {item["id"]: ItemState.PENDING for item in items}
    of_missions: dict[int, MissionState | None] = {mission["id"]: None for mission in missions}
    for event in events:
        item_id, mission_id = event["item_id"], event["mission_id"]
        if item_id in of_items:
            was, now = of_items[item_id], ItemState(event["after"])
            assert event["before"] == was, event
            if now == was:  # a remark
                assert event["note"], event
                continue
            assert now in ITEM_TRANSITIONS[was], event
            of_items[item_id] = now
        elif item_id is None and mission_id in of_missions:
            before, after = of_missions[mission_id], MissionState(event["after"])
            assert event["before"] == before, event
            if before == after:  # a remark
                assert event["note"], event
                continue
            assert before is None or after in MISSION_TRANSITIONS[before], event
            of_missions[mission_id] = after
    assert of_items == {item["id"]: item["status"] for item in items}
    assert of_missions == {mission["id"]: mission["status"] for mission in missions}


def check_ledger(entries: list[dict[str, Any]], *, twice: Counter[str] | None = None) -> None:
    """Nothing was paid for twice, but for what a person confirmed (`twice`, by prompt), and whatever
    was accepted is on an attempt, or its item is known to be unknown."""
    paid = Counter(str(entry["body"]["prompt"]) for entry in entries)
    allowed = twice or Counter()
    too_often = {prompt: n for prompt, n in paid.items() if n > 1 + allowed[prompt]}
    assert not too_often, f"paid for more than once: {too_often}"
    with reading():
        attempts: list[dict[str, Any]] = dicts(Attempt.select())
        prompts = {item.id: str(item.prompt) for item in Item.select()}
    known = {attempt["runninghub_task_id"] for attempt in attempts}
    unsure = Counter(
        prompts[attempt["item_id"]]
        for attempt in attempts
        if attempt["item_id"] in prompts  # else its mission is gone for good
        and attempt["runninghub_task_id"] is None
        and attempt["state"] in _NOT_ANSWERED
    )
    stray = Counter(str(e["body"]["prompt"]) for e in entries if e["task_id"] not in known)
    assert stray <= unsure, f"accepted and forgotten: {stray - unsure}"


def check_sound() -> None:
    """SQLite finds nothing wrong with its file."""
    with reading():
        assert database.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]


def check_files(uploads: Path) -> None:
    """Every file that a row names is there, byte for byte, but for missions that are being purged."""
    with reading():
        saved: list[dict[str, Any]] = dicts(
            Result.select()
            .join(Item)
            .join(Mission)
            .where(Result.file_state == FileState.SAVED, Mission.deleted_at.is_null())
        )
        images: list[dict[str, Any]] = dicts(Image.select())
    for row in saved:
        _check_file(uploads / "results" / row["filename"], row)
        stem = row["filename"].rpartition(".")[0]
        for preview in uploads.glob(f"previews/*/{stem}.webp") if row["has_preview"] else ():
            assert preview.stat().st_size, preview
    for row in images:
        _check_file(uploads / "references" / row["filename"], row)


def check_no_orphans(uploads: Path) -> None:
    """No result or preview is on disk that no row names. For a program that was stopped, not killed."""
    with reading():
        named = {row["filename"] for row in dicts(Result.select()) if row["filename"]}
    found = [path for path in uploads.glob("results/*") if path.suffix != PART]
    assert {path.name for path in found} <= named
    previews = {path.stem for path in uploads.glob("previews/*/*") if path.suffix != PART}
    assert previews <= {name.rpartition(".")[0] for name in named}


def _check_file(path: Path, row: dict[str, Any]) -> None:
    content = path.read_bytes()
    assert len(content) == row["size"], path
    assert hashlib.sha256(content).hexdigest() == row["sha256"], path


def check_secrets(folder: Path) -> None:
    """The API key is nowhere: not in the database, not in a file, not in a log."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert KEY.encode() not in path.read_bytes(), path


def audit(simulator: Simulator, settings: Settings, *, twice: Counter[str] | None = None) -> None:
    """All of it, for an app that has stopped."""
    open_database(settings)
    check_sound()
    check_books()
    check_ledger(simulator.ledger, twice=twice)
    check_files(settings.uploads)
    check_no_orphans(settings.uploads)
    close_idle()
    check_secrets(settings.data_dir)
