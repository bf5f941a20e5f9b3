"""What people do with missions and items: a POST, then the page again.

Without JavaScript an action that costs or deletes is first answered by a question; with it the
question was asked in a dialog and the form says `confirmed`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from webapp.addresses import split_address
from webapp.errors import Conflict, Forbidden, InvalidInput
from webapp.htmx import leave_to
from webapp.messages import Message, msg
from webapp.missions import Missions
from webapp.pages.formatting import money
from webapp.pages.notices import leave_notice, redirect_with
from webapp.pages.questions import (
    ask_cancel,
    ask_cancel_item,
    ask_cancel_items,
    ask_delete,
    ask_resubmit,
    ask_retry,
    retry_price,
)
from webapp.pages.visitor import language_of
from webapp.routes.media import named_items, zip_of
from webapp.routes.mission_detail import show_item, show_mission
from webapp.routes.page_forms import read_form
from webapp.routes.preferences import came_from
from webapp.routes.ticked import all_matching, chosen_items, is_number, ticked
from webapp.services import services
from webapp.templating import render
from webapp.views import MissionView

Done = tuple[str, int]
Action = Callable[[Missions, int, FormData], Done]
Question = Callable[[Request, MissionView, FormData], Message]


async def pause(request: Request) -> Response:
    """POST …/pause."""
    return await _mission_action(
        request, lambda missions, id_, _: _one(missions.pause(id_), "paused")
    )


async def resume(request: Request) -> Response:
    """POST …/resume."""
    return await _mission_action(
        request, lambda missions, id_, _: _one(missions.resume(id_), "resumed")
    )


async def cancel(request: Request) -> Response:
    """POST …/cancel: what waits is not sent."""
    return await _mission_action(
        request,
        lambda missions, id_, _: ("cancelled", missions.cancel(id_)),
        lambda _, mission, __: ask_cancel(mission),
    )


async def retry(request: Request) -> Response:
    """POST …/retry: all failed items, those of each `cause`, or the chosen `index`es."""
    return await _mission_action(request, _retry, _ask_retry)


async def retry_chosen(request: Request) -> Response:
    """POST …/items/retry: only what is chosen, never by accident all."""
    return await _mission_action(request, _retry_chosen, _ask_retry_chosen)


async def cancel_chosen(request: Request) -> Response:
    """POST …/items/cancel: those of the chosen items that still wait."""
    return await _mission_action(
        request,
        _cancel_chosen,
        lambda request, mission, form: ask_cancel_items(_count(request, mission, form)),
    )


def download_chosen(request: Request) -> Response:
    """GET …/download: a zip of all items, of `?indexes=1,5-9`, of the ticked `index`es, or with `all` of
    those that match."""
    query = request.query_params
    mission_id: int = request.path_params["mission_id"]
    matching = all_matching(services(request).missions, mission_id, query)
    return zip_of(request, named_items(query) if matching is None else matching)


async def refetch(request: Request) -> Response:
    """POST …/refetch: failed downloads again, never a new generation."""
    return await _mission_action(
        request, lambda missions, id_, _: ("refetched", missions.refetch_files(id_))
    )


async def rename(request: Request) -> Response:
    """POST …/rename."""

    def save(missions: Missions, mission_id: int, form: FormData) -> Done:
        missions.rename(mission_id, _text(form, "name"))
        return "renamed", 0

    return await _mission_action(request, save)


async def delete(request: Request) -> Response:
    """POST …/delete, and on to the list."""
    form = await read_form(request)
    mission_id: int = request.path_params["mission_id"]
    missions = services(request).missions
    if not _confirmed(form):
        return await run_in_threadpool(
            _ask, request, mission_id, form, lambda _, mission, __: ask_delete(mission)
        )
    await run_in_threadpool(missions.delete, mission_id)
    response = leave_to(request, "/missions")
    leave_notice(response, "deleted")
    return response


async def retry_item(request: Request) -> Response:
    """POST …/items/{index}/retry."""

    def again(missions: Missions, mission_id: int, index: int, _: FormData) -> Done:
        missions.retry_item(mission_id, index)
        return "retried", 1

    return await _item_action(request, again, _ask_retry)


async def cancel_item(request: Request) -> Response:
    """POST …/items/{index}/cancel."""

    def stop(missions: Missions, mission_id: int, index: int, _: FormData) -> Done:
        missions.cancel_item(mission_id, index)
        return "cancelled", 1

    return await _item_action(request, stop, lambda *_: ask_cancel_item())


async def refetch_item(request: Request) -> Response:
    """POST …/items/{index}/refetch."""

    def fetch(missions: Missions, mission_id: int, index: int, _: FormData) -> Done:
        return "refetched", missions.refetch_files(mission_id, index)

    return await _item_action(request, fetch)


async def resolve_item(request: Request) -> Response:
    """POST …/items/{index}/resolve: what became of an item whose submit was never answered."""
    form = await read_form(request)
    action = _text(form, "action")
    question = (lambda *_: ask_resubmit()) if action == "resubmit" else None
    return await _item_action(request, _resolve, question)


def _resolve(missions: Missions, mission_id: int, index: int, form: FormData) -> Done:
    looked_at = _text(form, "try")
    number = int(looked_at) if is_number(looked_at) else None
    resolve = partial(missions.resolve_item, mission_id, index, number=number)
    match _text(form, "action"):
        case "attach":
            resolve(action="attach", remote_task_id=_text(form, "remote_task_id").strip())
            return "attached", 1
        case "fail":
            resolve(action="fail")
            return "failed", 1
        case "resubmit":
            resolve(action="resubmit", confirm=True)
            return "resubmitted", 1
    raise InvalidInput.field("action", msg("Choose what to do with this item."))


def _retry(missions: Missions, mission_id: int, form: FormData) -> Done:
    count = missions.retry(mission_id, causes=_causes(form) or None, indexes=ticked(form) or None)
    return "retried", count


def _retry_chosen(missions: Missions, mission_id: int, form: FormData) -> Done:
    chosen = chosen_items(missions, mission_id, form)
    return "retried", missions.retry(mission_id, indexes=chosen)


def _cancel_chosen(missions: Missions, mission_id: int, form: FormData) -> Done:
    return "cancelled", missions.cancel_items(mission_id, chosen_items(missions, mission_id, form))


def _ask_retry_chosen(request: Request, mission: MissionView, form: FormData) -> Message:
    return _ask_retry_of(request, mission, _count(request, mission, form))


def _count(request: Request, mission: MissionView, form: FormData) -> int:
    return len(chosen_items(services(request).missions, mission.id, form))


def _ask_retry(request: Request, mission: MissionView, form: FormData) -> Message:
    if "index" in request.path_params:
        return _ask_retry_of(request, mission, 1)
    count = len(ticked(form)) or _failed_with(request, mission, _causes(form))
    return _ask_retry_of(request, mission, count)


def _ask_retry_of(request: Request, mission: MissionView, count: int) -> Message:
    price = retry_price(mission, count)
    language = language_of(request)
    return ask_retry(count, None if price is None else money(price, mission.currency, language))


def _failed_with(request: Request, mission: MissionView, causes: list[str]) -> int:
    if not causes:
        return mission.counts.failed
    failed = services(request).missions.causes(mission.id)
    return sum(one.count for one in failed if one.key in causes)


def _causes(form: FormData) -> list[str]:
    return [cause for cause in form.getlist("cause") if isinstance(cause, str) and cause]


def _one(_: MissionView, notice: str) -> Done:
    return notice, 1


async def _mission_action(
    request: Request, action: Action, question: Question | None = None
) -> Response:
    form = await read_form(request)
    mission_id: int = request.path_params["mission_id"]
    back = _back(request, form, f"/missions/{mission_id}")
    try:
        if question is not None and not _confirmed(form):
            return await run_in_threadpool(_ask, request, mission_id, form, question)
        done = await run_in_threadpool(action, services(request).missions, mission_id, form)
    except (Conflict, Forbidden, InvalidInput) as error:
        query = dict(parse_qsl(split_address(back).query))
        show = partial(show_mission, request, mission_id, query)
        return await run_in_threadpool(show, status=error.status, problem=error.message)
    return redirect_with(back, *done)


async def _item_action(
    request: Request,
    action: Callable[[Missions, int, int, FormData], Done],
    question: Question | None = None,
) -> Response:
    form = await read_form(request)
    mission_id: int = request.path_params["mission_id"]
    index: int = request.path_params["index"]
    try:
        if question is not None and not _confirmed(form):
            return await run_in_threadpool(_ask, request, mission_id, form, question)
        done = await run_in_threadpool(action, services(request).missions, mission_id, index, form)
    except (Conflict, Forbidden, InvalidInput) as error:
        show = partial(show_item, request, mission_id, index)
        return await run_in_threadpool(show, status=error.status, problem=error.message)
    return redirect_with(f"/missions/{mission_id}/items/{index}", *done)


def _ask(request: Request, mission_id: int, form: FormData, question: Question) -> Response:
    # Who may not do it is told so at once.
    mission = services(request).missions.mine(mission_id)
    fields = [
        (name, value)
        for name, value in form.multi_items()
        if isinstance(value, str) and name not in ("confirmed", "back")
    ]
    context = {
        "question": question(request, mission, form),
        "mission": mission,
        "fields": fields,
        "back": _back(request, form, _page_of(request)),
        "section": "/missions",
    }
    return render(request, "missions/confirm.html", context)


def _page_of(request: Request) -> str:
    """The page that an action belongs to."""
    return request.url.path.rpartition("/")[0].removesuffix("/items")


def _back(request: Request, form: FormData, page: str) -> str:
    """Where to go on: the page as it was shown, with its filters. Never another page than `page`, and
    so never another site: an earlier answer to a POST has an address that cannot be opened."""
    for address in (_text(form, "back"), came_from(request, page)):
        if split_address(address).path == page and address.startswith(page):
            return address
    return page


def _confirmed(form: FormData) -> bool:
    return form.get("confirmed") == "yes"


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
