"""Missions over JSON: create, list, show, steer (design.md §7)."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from webapp.api.api_requests import (
    DEFAULT_ITEMS,
    CreateHeaders,
    ItemsQuery,
    MissionsQuery,
    NoOptions,
    RetryBody,
)
from webapp.api.json_shapes import CancelledCount, Deleted, MissionMade, RefetchCount, RetryCount
from webapp.api.json_views import (
    mission_detail_json,
    mission_json,
    mission_page_json,
    mission_parts,
    plan_json,
)
from webapp.api.whole_requests import read_mission
from webapp.mission_requests import MissionChange
from webapp.routes.answers import base_url, in_pieces, ok, speaker
from webapp.routes.bodies import read_object, read_options
from webapp.services import services


async def create_mission(request: Request) -> Response:
    """With an Idempotency-Key, the same call again answers with the first mission."""
    key = CreateHeaders.of(request.headers).idempotency_key
    body = await read_object(request)
    # Checking and storing 10,000 entries takes a while: not on the event loop.
    mission = await run_in_threadpool(
        lambda: services(request).missions.create(read_mission(body), key)
    )
    made: MissionMade = {
        "api_mission_id": mission.id,
        "total_count": mission.counts.total,
        "status": mission.state,
    }
    return ok(made)


async def preview_mission(request: Request) -> Response:
    """What the call that makes a mission would make of this body; nothing is made."""
    missions = services(request).missions
    missions.check_may_create()
    body = await read_object(request)
    plan = await run_in_threadpool(lambda: missions.preview(read_mission(body)))
    return ok(plan_json(plan))


def list_missions(request: Request) -> Response:
    """One page, newest first."""
    query = MissionsQuery.of(request.query_params)
    page = services(request).missions.list(
        page=query.page,
        page_size=query.page_size,
        state=query.status,
        task_type=query.task_type,
        q=query.q,
        mine=query.owner == "me",
    )
    return ok(mission_page_json(page, speaker(request)))


def show_mission(request: Request) -> Response:
    """The mission with all its items, or with one page of them when the call asks for pages."""
    mission_id: int = request.path_params["mission_id"]
    query = ItemsQuery.of(request.query_params)
    missions, say, address = services(request).missions, speaker(request), base_url(request)
    if not query.paged:
        return in_pieces(
            missions.tell_all(
                mission_id,
                lambda mission, parts: mission_parts(mission, parts, address, say),
                state=query.status,
                q=query.q,
                cause=query.cause,
            )
        )
    mission = missions.get(mission_id, with_config=True)
    items = missions.items(
        mission_id,
        page=query.page or 1,
        page_size=query.page_size or DEFAULT_ITEMS,
        state=query.status,
        q=query.q,
        cause=query.cause,
    )
    return ok(mission_detail_json(mission, items, address, say))


async def change_mission(request: Request) -> Response:
    """Another name, another description, or both."""
    body = await read_object(request)
    mission_id: int = request.path_params["mission_id"]
    mission = await run_in_threadpool(
        lambda: services(request).missions.change(mission_id, MissionChange.from_json(body))
    )
    return ok(mission_json(mission, speaker(request)))


async def cancel_mission(request: Request) -> Response:
    """Waiting items end at once; running ones, which are paid for, finish."""
    await read_options(request, NoOptions)
    mission_id: int = request.path_params["mission_id"]
    count = await run_in_threadpool(services(request).missions.cancel, mission_id)
    answer: CancelledCount = {"cancelled_count": count}
    return ok(answer)


async def pause_mission(request: Request) -> Response:
    """Nothing new is submitted; what runs goes on."""
    await read_options(request, NoOptions)
    mission_id: int = request.path_params["mission_id"]
    mission = await run_in_threadpool(services(request).missions.pause, mission_id)
    return ok(mission_json(mission, speaker(request)))


async def resume_mission(request: Request) -> Response:
    """Go on after a pause or after the breaker."""
    await read_options(request, NoOptions)
    mission_id: int = request.path_params["mission_id"]
    mission = await run_in_threadpool(services(request).missions.resume, mission_id)
    return ok(mission_json(mission, speaker(request)))


async def retry_mission(request: Request) -> Response:
    """All failed items again, or those of one cause, or the chosen ones. May cost money."""
    wish = await read_options(request, RetryBody)
    mission_id: int = request.path_params["mission_id"]
    causes = None if wish.cause is None else [wish.cause]
    count = await run_in_threadpool(
        lambda: services(request).missions.retry(
            mission_id, causes=causes, indexes=wish.item_indexes
        )
    )
    answer: RetryCount = {"retry_count": count}
    return ok(answer)


async def refetch_mission(request: Request) -> Response:
    """Failed downloads again, never a new generation."""
    await read_options(request, NoOptions)
    mission_id: int = request.path_params["mission_id"]
    count = await run_in_threadpool(services(request).missions.refetch_files, mission_id)
    answer: RefetchCount = {"refetch_count": count}
    return ok(answer)


async def delete_mission(request: Request) -> Response:
    """Gone from every list; what was paid stays in the ledger."""
    await read_options(request, NoOptions)
    mission_id: int = request.path_params["mission_id"]
    await run_in_threadpool(services(request).missions.delete, mission_id)
    gone: Deleted = {"id": mission_id}
    return ok(gone)
