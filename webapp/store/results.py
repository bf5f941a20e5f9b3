"""The files of results: what is to be fetched, what came of it, and who may be served."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN

from webapp.db import reading, writing
from webapp.models import Attempt, Item, Mission, Result
from webapp.states import FileState
from webapp.store.revisions import touch_item, touch_mission
from webapp.store.rows import has_come, row, rows

LINK_LIFE = timedelta(hours=24)
"""A result's link dies after a day (protocol.md §7)."""

DECODING = "decoding"
"""The error code of a file while a decoder works on it; stays only when that kills the program."""


@dataclass(frozen=True, slots=True)
class FileJob:
    """A file that is to be fetched. `type` is the provider's word, `tries` those that failed."""

    result_id: int
    mission_id: int
    item_id: int
    item_index: int
    position: int
    type: str
    url: str
    tries: int
    error_code: str
    expires_at: datetime | None
    remote_task_id: str | None


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file as it came; `kind` and `type` are from its bytes."""

    filename: str
    kind: str
    type: str
    content_type: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Looks:
    """What pages show of a file without opening it."""

    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    has_preview: bool = False


@dataclass(frozen=True, slots=True)
class FileTrouble:
    """Why a file did not come: a cause and code of download.py, and words for people who search."""

    cause: str
    code: str
    raw: str


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A saved file, with what a download is named after. `number` counts within the item."""

    filename: str
    type: str
    item_index: int
    prompt: str
    number: int


def files_due(now: datetime, limit: int, without: Collection[int] = ()) -> list[int]:
    """Results whose file may be fetched now, those whose link dies first at the front."""
    with reading():
        found = rows(
            _pending(Result.id)
            .where(
                has_come(Result.next_at, now),
                Result.id.not_in(list(without)),
            )
            .order_by(Result.expires_at, Result.id)
            .limit(limit)
        )
    return [entry[0] for entry in found]


def next_file_due(now: datetime) -> datetime | None:
    """When the next postponed file becomes due; None when no file waits for a time."""
    with reading():
        found = row(
            _pending(Result.next_at).where(Result.next_at > now).order_by(Result.next_at).limit(1)
        )
    return found[0] if found else None


def _pending(*columns: Any) -> Any:
    kept = Mission.select(Mission.id).where(Mission.deleted_at.is_null())
    return Result.select(*columns).where(
        Result.file_state == FileState.PENDING, Result.mission_id.in_(kept)
    )


def file_job(result_id: int) -> FileJob | None:
    """What a download needs to know; None when there is nothing (more) to fetch."""
    with reading():
        found = row(
            Result.select(
                Result.id,
                Result.mission_id,
                Result.item,
                Item.item_index,
                Result.position,
                Result.type,
                Result.url,
                Result.tries,
                Result.error_code,
                Result.expires_at,
                Attempt.runninghub_task_id,
            )
            .join(Item, on=(Item.id == Result.item))
            .join(Attempt, JOIN.LEFT_OUTER, on=(Attempt.id == Result.attempt_id))
            .where(Result.id == result_id, Result.file_state == FileState.PENDING)
        )
    return FileJob(*found) if found else None


def decoding_begins(job: FileJob, now: datetime) -> None:
    """Written before a decoder sees the file: if it kills the program, the next start knows."""
    with writing("decoding", durable=False):
        _settle(job, now, tries=Result.tries + 1, error_code=DECODING)


def file_saved(job: FileJob, file: SavedFile, looks: Looks, now: datetime) -> bool:
    """The file is on disk under its name. False: its mission was removed meanwhile, and nobody
    wants it. Of one result, only one download runs at a time."""
    with writing("file_saved"):
        changed = _settle(
            job,
            now,
            file_state=FileState.SAVED,
            filename=file.filename,
            kind=file.kind,
            type=file.type,
            content_type=file.content_type,
            sha256=file.sha256,
            size=file.size,
            width=looks.width,
            height=looks.height,
            seconds=looks.seconds,
            has_preview=looks.has_preview,
            error_class="",
            error_code="",
            error_raw="",
        )
        if changed:
            touch_item(job.item_id, now, files_pending=-1)
        return changed


def file_failed(
    job: FileJob, trouble: FileTrouble, now: datetime, *, retry_at: datetime | None
) -> None:
    """A download failed; without `retry_at` it is given up until a person asks for it again."""
    state = FileState.PENDING if retry_at else FileState.FAILED
    with writing("file_failed"):
        changed = _settle(
            job,
            now,
            file_state=state,
            next_at=retry_at,
            tries=Result.tries + 1,
            error_class=trouble.cause,
            error_code=trouble.code,
            error_raw=trouble.raw,
        )
        if changed and retry_at is None:
            touch_item(job.item_id, now, files_pending=-1, files_failed=1)


def link_renewed(job: FileJob, url: str, code: str, now: datetime, retry_at: datetime) -> None:
    """The provider gave another link to the same output, with a life of its own. `code` remembers
    that it was asked."""
    with writing("link_renewed"):
        _settle(
            job,
            now,
            url=url,
            next_at=retry_at,
            expires_at=now + LINK_LIFE,
            tries=Result.tries + 1,
            error_code=code,
        )


def hurry_files(cause: str, now: datetime) -> None:
    """What waits for a next try because of `cause` is due at once: the cause is gone."""
    with writing():
        Result.update(next_at=None, updated_at=now).where(
            Result.file_state == FileState.PENDING, Result.error_class == cause
        ).execute()


def retry_files(mission_id: int, now: datetime, *, item_id: int | None = None) -> int:
    """Files that were given up are fetched again, of one item or of all; returns how many.

    They are tried for as long as a new link lives: an old one that is dead is asked for anew.
    """
    with writing("retry_files"):
        chosen = [Result.mission_id == mission_id, Result.file_state == FileState.FAILED]
        if item_id is not None:
            chosen.append(Result.item == item_id)
        items = [entry[0] for entry in rows(Result.select(Result.item).where(*chosen).distinct())]
        count: int = (
            Result.update(
                file_state=FileState.PENDING,
                tries=0,
                next_at=None,
                expires_at=now + LINK_LIFE,
                error_code="",
                updated_at=now,
            )
            .where(*chosen)
            .execute()
        )
        if count:
            rev = touch_mission(mission_id, now, files_pending=count, files_failed=-count)
            Item.update(rev=rev, updated_at=now).where(Item.id.in_(items)).execute()
        return count


def _settle(job: FileJob, now: datetime, **columns: object) -> bool:
    return bool(
        Result.update(updated_at=now, **columns)
        .where(Result.id == job.result_id, Result.file_state == FileState.PENDING)
        .execute()
    )


def find_file(filename: str) -> ServedFile | None:
    """A saved file of a mission that is still there."""
    with reading():
        found = row(_served().where(Result.filename == filename))
        if found is None:
            return None
        filename, kind, index, prompt = found
        return ServedFile(filename, kind, index, prompt, _number(filename))


def _served() -> Any:
    return (
        Result.select(Result.filename, Result.type, Item.item_index, Item.prompt)
        .join(Item, on=(Item.id == Result.item))
        .join(Mission, on=(Mission.id == Item.mission))
        .where(Result.file_state == FileState.SAVED, Mission.deleted_at.is_null())
    )


def _number(filename: str) -> int:
    this = row(Result.select(Result.item, Result.id).where(Result.filename == filename))
    assert this is not None
    return int(Result.select().where(Result.item == this[0], Result.id <= this[1]).count())


def find_preview(result_id: int) -> str | None:
    """The name of the file behind a result that has previews."""
    with reading():
        found = row(_served().where(Result.id == result_id, Result.has_preview))
    return str(found[0]) if found else None
