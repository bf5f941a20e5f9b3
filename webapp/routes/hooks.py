"""RunningHub tells us that a task has ended (protocol.md §1.6). The body is only a hint: the truth is
asked for with our own key."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webapp.server.secret import webhook_ok


async def runninghub(request: Request) -> Response:
    """Answers at once, the same for every attempt: duplicates and disorder do no harm."""
    attempt_id = int(request.path_params["attempt_id"])
    app = request.app.state
    if not webhook_ok(app.secret, attempt_id, request.path_params["mac"]):
        return JSONResponse({"code": 404, "message": "Not Found"}, 404)
    task_id = _task_id(await request.body())
    if app.manager is None:
        # Nobody here could make use of it; they call again, and by then somebody may.
        return JSONResponse({"code": 503, "message": "Service Unavailable"}, 503)
    if task_id:
        app.manager.hint(attempt_id, task_id)
    return JSONResponse({"code": 0})


def _task_id(body: bytes) -> str | None:
    """The only word that is taken from the body."""
    try:
        value = json.loads(body).get("taskId")
    except (ValueError, AttributeError, RecursionError):
        return None
    text = str(value)
    return text if text.isascii() and text.isdecimal() and len(text) <= 32 else None
