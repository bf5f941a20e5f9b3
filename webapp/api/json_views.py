"""View objects as JSON (design.md §7). What a page shows and what this says come from one object."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from decimal import Decimal

from webapp.api.json_shapes import (
    FieldOut,
    ImageOut,
    ItemOut,
    ItemsFoot,
    MissionDetail,
    MissionHead,
    MissionPage,
    MissionPlan,
    MissionRow,
    QueueOut,
    ResultOut,
    StateCounts,
    TaskTypeOut,
    TemplateOut,
    UnknownOut,
    UnknownPage,
)
from webapp.clock import format_utc
from webapp.messages import Message, msg
from webapp.pages.explanations import explain_error
from webapp.task_types import TaskField, TaskType
from webapp.views import (
    Counts,
    ErrorView,
    ImageView,
    ItemView,
    MissionPreview,
    MissionView,
    Page,
    QueueView,
    ResultView,
    TemplateView,
    UnknownView,
)

Say = Callable[[Message], str]
"""A sentence in the reader's language."""


def mission_json(mission: MissionView, say: Say) -> MissionRow:
    """A mission as a row of a list."""
    return {
        "id": mission.id,
        "name": mission.name,
        "description": mission.description,
        "task_type": mission.task_type,
        "provider": mission.provider,
        "owner": mission.owner,
        "owner_id": mission.owner_id,
        "status": mission.state,
        "total_count": mission.counts.total,
        "completed_count": mission.counts.completed,
        "failed_count": mission.counts.failed,
        "counts": counts_json(mission.counts),
        "progress": mission.progress,
        "priority": mission.priority,
        "scheduled_at": format_utc(mission.scheduled_at),
        "failure_threshold": mission.failure_threshold,
        "resubmit_unknown_after": mission.resubmit_unknown_after,
        "paused_because": _error_text(mission.pause, say),
        "cost": _number(mission.cost),
        "estimate": _number(mission.estimate),
        "currency": mission.currency,
        "files_pending": mission.files_pending,
        "files_failed": mission.files_failed,
        "created_at": format_utc(mission.created_at),
        "updated_at": format_utc(mission.updated_at),
        "started_at": format_utc(mission.started_at),
        "ended_at": format_utc(mission.ended_at),
    }


def mission_page_json(page: Page[MissionView], say: Say) -> MissionPage:
    """One page of missions."""
    return {
        "items": [mission_json(mission, say) for mission in page.rows],
        "total": page.total,
        "page": page.number,
        "page_size": page.size,
    }


def mission_detail_json(
    mission: MissionView, items: Page[ItemView], base_url: str, say: Say
) -> MissionDetail:
    """A mission with its config and one page of its items."""
    return {
        **mission_json(mission, say),
        "config": mission.config,
        "items": [item_json(item, base_url, say) for item in items.rows],
        "items_total": items.total,
        "page": items.number,
        "page_size": items.size,
    }


def plan_json(plan: MissionPreview) -> MissionPlan:
    """What a call would make."""
    return {
        "total_count": plan.total,
        "repeat": plan.repeat,
        "duplicates": plan.duplicates,
        "unit_price": _number(plan.unit_price),
        "estimate": _number(plan.price),
        "currency": plan.currency,
        "seconds": None if plan.seconds is None else round(float(plan.seconds), 1),
        "items": [{"item_index": row.index, "input_params": row.params} for row in plan.rows],
    }


def mission_parts(
    mission: MissionView, parts: Iterable[tuple[ItemView, ...]], base_url: str, say: Say
) -> deque[bytes]:
    """The whole answer about a mission with all its items, envelope included, as pieces of JSON: the
    items of one part at a time are objects, the others are bytes already."""
    head: MissionHead = {**mission_json(mission, say), "config": mission.config}
    told = deque([b'{"code":0,"data":' + _encoded(head)[:-1] + b',"items":['])
    total = 0
    for items in parts:
        rows = _encoded([item_json(item, base_url, say) for item in items])[1:-1]
        told.append(b"," + rows if total else rows)
        total += len(items)
    foot: ItemsFoot = {"items_total": total, "page": 1, "page_size": max(1, total)}
    told.append(b"]," + _encoded(foot)[1:] + b"}")
    return told


def _encoded(value: object) -> bytes:
    """As Starlette's JSONResponse writes it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def counts_json(counts: Counts) -> StateCounts:
    """Items per state."""
    return {
        "pending": counts.pending,
        "processing": counts.processing,
        "completed": counts.completed,
        "failed": counts.failed,
        "unknown": counts.unknown,
        "cancelled": counts.cancelled,
    }


def item_json(item: ItemView, base_url: str, say: Say) -> ItemOut:
    """An item with its results. `base_url` has no slash at its end."""
    error = item.error
    return {
        "item_index": item.index,
        "status": item.state,
        "phase": item.phase,
        "input_params": item.params,
        "result_url": item.results[0].url or None if item.results else None,
        "results": [result_json(result, base_url, say) for result in item.results],
        # Our words, and the provider's own beside them.
        "error_code": (error.code or error.cause) if error else None,
        "error_message": _error_text(error, say),
        "error_cause": error.key if error else None,
        "error_detail": error.raw if error else None,
        "runninghub_task_id": item.remote_task_id,
        "attempts": item.attempts,
        "cost": _number(item.cost),
        "seconds": item.seconds,
        "created_at": format_utc(item.created_at),
        "updated_at": format_utc(item.updated_at),
        "started_at": format_utc(item.started_at),
        "ended_at": format_utc(item.ended_at),
        "retry_at": format_utc(item.retry_at),
    }


def result_json(result: ResultView, base_url: str, say: Say) -> ResultOut:
    """One output: the provider's link (dies after a day), our copy, or a text."""
    return {
        "url": result.url or None,
        "file_url": f"{base_url}{result.file_url}" if result.file_url else None,
        "type": result.type,
        "text": result.text,
        "file_status": result.file_state,
        "file_error": _error_text(result.error, say),
        "size": result.size,
        "width": result.width,
        "height": result.height,
        "seconds": result.seconds,
    }


def unknown_page_json(
    page: Page[UnknownView], records_url: Callable[[str | None], str | None], say: Say
) -> UnknownPage:
    """Unknown items with their evidence. `records_url` is the provider's page of a call."""
    return {
        "items": [_unknown_json(item, records_url, say) for item in page.rows],
        "total": page.total,
        "page": page.number,
        "page_size": page.size,
    }


def _unknown_json(
    item: UnknownView, records_url: Callable[[str | None], str | None], say: Say
) -> UnknownOut:
    return {
        "api_mission_id": item.mission_id,
        "mission_name": item.mission_name,
        "item_index": item.index,
        "prompt": item.prompt,
        "task_type": item.task_type,
        "provider": item.provider,
        "attempt": item.attempt,
        "sent_at": format_utc(item.sent_at),
        "unknown_since": format_utc(item.unknown_since),
        "error_code": item.error.code or item.error.cause,
        "error_message": _error_text(item.error, say),
        "error_detail": item.error.raw,
        "runninghub_task_id": item.remote_task_id,
        "account_running": item.account_running,
        "own_running": item.own_running,
        "account_asked_at": format_utc(item.account_asked_at),
        "submitted_again_at": format_utc(item.submitted_again_at),
        "records_url": records_url(item.remote_task_id),
    }


def template_json(template: TemplateView) -> TemplateOut:
    """A template."""
    return {
        "id": template.id,
        "name": template.name,
        "description": template.description,
        "task_type": template.task_type,
        "owner": template.owner,
        "owner_id": template.owner_id,
        "config": template.config,
        "created_at": format_utc(template.created_at),
        "updated_at": format_utc(template.updated_at),
    }


def image_json(image: ImageView, base_url: str) -> ImageOut:
    """An uploaded reference image."""
    return {
        "filename": image.filename,
        "url": f"{base_url}/api/images/{image.filename}",
        "original_name": image.original_name,
        "size": image.size,
        "width": image.width,
        "height": image.height,
        "type": image.type,
    }


def task_type_json(task_type: TaskType, say: Say) -> TaskTypeOut:
    """One entry of the catalogue: enough to build a form from."""
    return {
        "name": task_type.name,
        "label": say(task_type.label),
        "output": task_type.output,
        "batch_field": task_type.batch_field,
        "price": float(task_type.price),
        "currency": task_type.currency,
        "fields": [_field_json(entry, say) for entry in task_type.fields],
    }


def queue_json(queue: QueueView) -> QueueOut:
    """The whole program's work right now."""
    return {
        "slots": queue.slots,
        "busy": queue.busy,
        "waiting": queue.waiting,
        "limit": queue.limit,
        "per_minute": queue.per_minute,
        "unknown": queue.unknown,
        "oldest_waiting_at": format_utc(queue.oldest_waiting_at),
        "manager": queue.manager,
    }


def _field_json(entry: TaskField, say: Say) -> FieldOut:
    made: FieldOut = {
        "name": entry.name,
        "kind": entry.kind,
        "label": say(entry.label),
        "required": entry.required,
        "choices": list(entry.choices),
        "default": entry.default,
    }
    if entry.max_length:
        made["max_length"] = entry.max_length
    if entry.is_image:
        made["max_items"] = entry.max_items
    if entry.max_mb:
        made["max_mb"] = entry.max_mb
    if entry.min is not None:
        made["min"] = entry.min
    if entry.max is not None:
        made["max"] = entry.max
    if entry.step is not None:
        made["step"] = entry.step
    return made


def _error_text(error: ErrorView | None, say: Say) -> str | None:
    if error is None:
        return None
    told = explain_error(error)
    return say(msg("%(title)s. %(advice)s", title=told.title, advice=told.advice))


def _number(amount: Decimal | None) -> float | None:
    """Money as a JSON number: no price here has more digits than a float keeps."""
    return None if amount is None else float(amount)
