"""The small calls: what can be made, how busy we are, whether we are well (design.md §7)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webapp.health import report
from webapp.json_shapes import TaskTypeList
from webapp.json_views import queue_json, task_type_json
from webapp.routes.answers import ok, speaker
from webapp.services import services
from webapp.task_types import TASK_TYPES


def list_task_types(request: Request) -> Response:
    """The catalogue."""
    say = speaker(request)
    answer: TaskTypeList = {"items": [task_type_json(entry, say) for entry in TASK_TYPES.values()]}
    return ok(answer)


def show_queue(request: Request) -> Response:
    """Slots, waiting items, throughput."""
    return ok(queue_json(services(request).missions.queue()))


def show_health(request: Request) -> Response:
    """For a monitor: no envelope, 503 when something that we need does not answer."""
    found = report(services(request))
    return JSONResponse(found, status_code=200 if found["status"] == "ok" else 503)
