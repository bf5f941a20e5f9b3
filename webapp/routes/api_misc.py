"""The small calls: what can be made, how busy we are, whether we are well (design.md §7)."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webapp import going_on
from webapp.accounts.identity import find_person
from webapp.api.api_requests import NoOptions
from webapp.api.json_shapes import ResumedCount, TaskTypeList
from webapp.api.json_views import queue_json, task_type_json
from webapp.errors import Conflict
from webapp.messages import msg
from webapp.routes.answers import ok, speaker
from webapp.routes.bodies import read_options
from webapp.server.health import report
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


async def resume_after_trouble(request: Request) -> Response:
    """Test the account, and go on with all missions that were paused because of it."""
    await read_options(request, NoOptions)
    found = services(request)
    outcome = await run_in_threadpool(going_on.test_and_go_on, found.missions, found.account)
    if outcome.problem is not None:
        title, advice = outcome.problem.title, outcome.problem.advice
        raise Conflict(msg("%(title)s. %(advice)s", title=title, advice=advice))
    answer: ResumedCount = {"resumed_count": outcome.resumed}
    return ok(answer)


def show_health(request: Request) -> Response:
    """For a monitor: no envelope, 503 when something that we need does not answer. Who is not signed
    in learns whether all is well, and no more."""
    state = request.app.state
    found = report(services(request), state.write_probe, state.manager)
    status = 200 if found["status"] == "ok" else 503
    if find_person(request) is not None:
        return JSONResponse(found, status_code=status)
    shown: dict[str, str] = {"status": found["status"]}
    if services(request).storage.lasting and found["trouble"]:  # then nobody is known
        shown |= {"database": found["database"], "trouble": found["trouble"]}
    return JSONResponse(shown, status_code=status)
