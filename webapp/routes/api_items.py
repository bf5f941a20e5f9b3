"""Single items over JSON: try again, stop, decide about an unknown one (design.md §7)."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from webapp.api.api_requests import NoOptions, ResolveBody, RetryItemBody, UnknownQuery
from webapp.api.json_views import item_json, unknown_page_json
from webapp.routes.answers import base_url, ok, speaker
from webapp.routes.bodies import read_options
from webapp.services import services
from webapp.views import ItemView


async def retry_item(request: Request) -> Response:
    """One more try. An unknown item may be paid for already and needs `confirm`."""
    confirm = (await read_options(request, RetryItemBody)).confirm
    mission_id, index = _address(request)
    item = await run_in_threadpool(
        lambda: services(request).missions.retry_item(mission_id, index, confirm_unknown=confirm)
    )
    return _answer(request, item)


async def cancel_item(request: Request) -> Response:
    """Stop one item."""
    await read_options(request, NoOptions)
    mission_id, index = _address(request)
    item = await run_in_threadpool(services(request).missions.cancel_item, mission_id, index)
    return _answer(request, item)


async def refetch_item(request: Request) -> Response:
    """Its failed downloads again, never a new generation."""
    await read_options(request, NoOptions)
    mission_id, index = _address(request)
    missions = services(request).missions

    def fetch() -> ItemView:
        missions.refetch_files(mission_id, index)
        return missions.item(mission_id, index).item

    return _answer(request, await run_in_threadpool(fetch))


async def resolve_item(request: Request) -> Response:
    """What a person knows about an item whose submit was never answered."""
    wish = await read_options(request, ResolveBody)
    mission_id, index = _address(request)
    item = await run_in_threadpool(
        lambda: services(request).missions.resolve_item(
            mission_id,
            index,
            action=wish.action,
            number=wish.attempt,
            remote_task_id=wish.runninghub_task_id,
            confirm=wish.confirm,
        )
    )
    return _answer(request, item)


def list_unknown(request: Request) -> Response:
    """Every item of which nobody knows whether it was paid for, newest first."""
    query = UnknownQuery.of(request.query_params)
    found = services(request)
    page = found.unclear.page(
        page=query.page, page_size=query.page_size, mission_id=query.api_mission_id
    )
    return ok(unknown_page_json(page, found.account.records_url, speaker(request)))


def _address(request: Request) -> tuple[int, int]:
    return request.path_params["mission_id"], request.path_params["item_index"]


def _answer(request: Request, item: ItemView) -> Response:
    return ok(item_json(item, base_url(request), speaker(request)))
