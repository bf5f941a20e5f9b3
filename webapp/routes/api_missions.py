"""Missions over JSON: create, list, show, steer (design.md §7)."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from webapp.errors import InvalidInput
from webapp.expansion import MAX_ITEMS
from webapp.json_views import mission_detail_json, mission_json
from webapp.messages import msg
from webapp.mission_requests import MissionRequest
from webapp.routes.answers import base_url, choice, given, ok, paging, search, speaker
from webapp.routes.bodies import JsonObject, read_object, read_options
from webapp.services import services
from webapp.states import ItemState, MissionState
from webapp.task_types import TASK_TYPES
from webapp.views import Page

_LIST_STATES = (*MissionState, "attention")
_KEY_MAX = 200


async def create_mission(request: Request) -> Response:
    """With an Idempotency-Key, the same call again answers with the first mission."""
    key = _idempotency_key(request)
    body = await read_object(request)
    # Checking and storing 10,000 entries takes a while: not on the event loop.
    mission = await run_in_threadpool(
        lambda: services(request).missions.create(MissionRequest.from_json(body), key)
    )
    return ok(
        {
            "api_mission_id": mission.id,
            "total_count": mission.counts.total,
            "status": mission.state.value,
        }
    )


def list_missions(request: Request) -> Response:
    """One page, newest first."""
    number, size = paging(request, default_size=20)
    page = services(request).missions.list(
        page=number,
        page_size=size,
        state=choice(request, "status", _LIST_STATES),
        task_type=choice(request, "task_type", tuple(TASK_TYPES)),
        q=search(request),
    )
    say = speaker(request)
    rows = [mission_json(mission, say) for mission in page.rows]
    return ok({"items": rows, "total": page.total, "page": page.number, "page_size": page.size})


def show_mission(request: Request) -> Response:
    """The mission with all its items, or with one page of them when the call asks for pages."""
    mission_id: int = request.path_params["mission_id"]
    state = choice(request, "status", tuple(ItemState))
    missions = services(request).missions
    mission = missions.get(mission_id, with_config=True)
    if given(request, "page") or given(request, "page_size"):
        number, size = paging(request, default_size=60)
        items = missions.items(mission_id, page=number, page_size=size, state=state)
    else:
        everything = missions.all_items(mission_id, state=state)
        items = Page(everything, len(everything), 1, max(1, len(everything)))
    return ok(mission_detail_json(mission, items, base_url(request), speaker(request)))


async def cancel_mission(request: Request) -> Response:
    """Waiting items end at once; running ones, which are paid for, finish."""
    await read_options(request)
    mission_id: int = request.path_params["mission_id"]
    count = await run_in_threadpool(services(request).missions.cancel, mission_id)
    return ok({"cancelled_count": count})


async def pause_mission(request: Request) -> Response:
    """Nothing new is submitted; what runs goes on."""
    await read_options(request)
    mission_id: int = request.path_params["mission_id"]
    mission = await run_in_threadpool(services(request).missions.pause, mission_id)
    return ok(mission_json(mission, speaker(request)))


async def resume_mission(request: Request) -> Response:
    """Go on after a pause or after the breaker."""
    await read_options(request)
    mission_id: int = request.path_params["mission_id"]
    mission = await run_in_threadpool(services(request).missions.resume, mission_id)
    return ok(mission_json(mission, speaker(request)))


async def retry_mission(request: Request) -> Response:
    """All failed items again, or those of one cause, or the chosen ones. May cost money."""
    options = await read_options(request, known=("cause", "item_indexes"))
    mission_id: int = request.path_params["mission_id"]
    cause, indexes = _cause(options), _indexes(options)
    if cause is not None and indexes is not None:
        raise InvalidInput.field("cause", msg("Give either cause or item_indexes, not both."))
    count = await run_in_threadpool(
        lambda: services(request).missions.retry(mission_id, cause=cause, indexes=indexes)
    )
    return ok({"retry_count": count})


async def delete_mission(request: Request) -> Response:
    """Gone from every list; what was paid stays in the ledger."""
    await read_options(request)
    mission_id: int = request.path_params["mission_id"]
    await run_in_threadpool(services(request).missions.delete, mission_id)
    return ok({"id": mission_id})


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (1 <= len(key) <= _KEY_MAX and key.isascii() and key.isprintable()):
        raise InvalidInput.field(
            "Idempotency-Key",
            msg("Idempotency-Key must have 1 to %(high)s plain characters.", high=_KEY_MAX),
        )
    return key


def _cause(options: JsonObject) -> str | None:
    cause = options.get("cause")
    if cause is not None and (not isinstance(cause, str) or not cause):
        raise InvalidInput.field("cause", msg("cause must be a text like “content:1501”."))
    return cause


def _indexes(options: JsonObject) -> list[int] | None:
    """An empty list is refused: "retry nothing" must never be read as "retry everything"."""
    given = options.get("item_indexes")
    if given is None:
        return None
    if isinstance(given, list):
        indexes = [one for one in given if type(one) is int and 1 <= one <= MAX_ITEMS]
        if indexes and len(indexes) == len(given):
            return indexes
    raise InvalidInput.field(
        "item_indexes",
        msg("item_indexes must be a list of item numbers from 1 to %(high)s.", high=MAX_ITEMS),
    )
