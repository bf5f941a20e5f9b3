"""/unknown: every item of which nobody knows whether it was paid for, and the three ways on."""

from __future__ import annotations

import hashlib
from typing import cast
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp.addresses import split_address
from webapp.deciding import Pick, decide
from webapp.errors import AppError, InvalidInput, NotFound
from webapp.htmx import see_other, unchanged
from webapp.messages import Message, msg
from webapp.mission_items import ResolveAction
from webapp.pages.live import LIST_S
from webapp.pages.notices import redirect_with
from webapp.pages.questions import ask_give_up, ask_resubmit_many
from webapp.routes.filters import Query, UnknownFilter
from webapp.routes.page_forms import read_form
from webapp.routes.preferences import came_from
from webapp.services import services
from webapp.templating import fragment, render, top_of_page, trouble_changed
from webapp.views import Page, UnknownView

PAGE = "/unknown"
PAGE_SIZE = 20
_PICKS = 200  #: at most so many at once; a page shows far fewer
_DONE = {"attach": "attached", "fail": "given_up", "resubmit": "resubmitted"}


def unknown_items(request: Request) -> Response:
    """GET /unknown. With `ask=1` the account is asked before the page is shown."""
    return _show(request, request.query_params)


def unknown_live(request: Request) -> Response:
    """The poll: 204, or the list anew when something in it has changed."""
    chosen = UnknownFilter.of(request.query_params)
    page = _page(request, chosen)
    news = trouble_changed(request)
    if request.query_params.get("mark") == _mark(page) and not news:
        return unchanged()
    context = _context(request, chosen, page) | top_of_page(request) | {"trouble_changed": news}
    return fragment(request, "unknown/_update.html", context)


def account_now(request: Request) -> Response:
    """GET /unknown/now: what the account has under way, asked at most once a minute. Blocks."""
    return fragment(request, "unknown/_now.html", _now(request))


async def decide_about(request: Request) -> Response:
    """POST /unknown/decide: the same for all picked items."""
    form = await read_form(request)
    return await run_in_threadpool(_decide, request, form)


def _decide(request: Request, form: FormData) -> Response:
    services(request).missions.check_may_create()
    back = _back(request, form)
    picks, action = _picks(form), _text(form, "action")
    try:
        if action not in _DONE:
            raise InvalidInput.field("action", msg("Choose what to do with this item."))
        if picks and action != "attach" and form.get("confirmed") != "yes":
            return _ask(request, action, picks, back)
        done = decide(
            services(request).missions,
            picks,
            cast(ResolveAction, action),
            remote_task_id=_text(form, "remote_task_id"),
            confirm=True,
        )
    except AppError as error:
        query = dict(parse_qsl(split_address(back).query))
        return _show(request, query, status=error.status, problem=error.message)
    return redirect_with(back, _DONE[action], done)


def _ask(request: Request, action: str, picks: tuple[Pick, ...], back: str) -> Response:
    question = ask_give_up(len(picks)) if action == "fail" else ask_resubmit_many(len(picks))
    fields = [("action", action), *(("pick", _pick(pick)) for pick in picks)]
    context = {"question": question, "fields": fields, "back": back, "section": PAGE}
    return render(request, "unknown/confirm.html", context)


def back_to_list(request: Request) -> Response:
    """GET of the form's address, as after a change of language there."""
    return see_other(PAGE)


def _show(
    request: Request,
    query: Query,
    *,
    status: int = 200,
    problem: Message | None = None,
) -> Response:
    chosen = UnknownFilter.of(query)
    context = _context(request, chosen, _page(request, chosen)) | {"problem": problem}
    context |= _now(request) if query.get("ask") == "1" else {"connection": None}
    return render(request, "unknown/list.html", context, status=status)


def _page(request: Request, chosen: UnknownFilter) -> Page[UnknownView]:
    return services(request).unclear.page(
        page=chosen.page, page_size=PAGE_SIZE, mission_id=chosen.mission_id
    )


def _context(request: Request, chosen: UnknownFilter, page: Page[UnknownView]) -> dict[str, object]:
    mission = None
    if chosen.mission_id is not None:
        try:
            mission = services(request).missions.get(chosen.mission_id)
        except NotFound:
            mission = None
    return {
        "chosen": chosen,
        "page": page,
        "mission_shown": mission,
        "mark": _mark(page),
        "interval": LIST_S,
        "key_fingerprint": services(request).unclear.key_fingerprint,
        "section": PAGE,
    }


def _now(request: Request) -> dict[str, object]:
    found = services(request)
    return {"connection": found.account.latest(), "known": found.unclear.known_running()}


def _mark(page: Page[UnknownView]) -> str:
    """Another one as soon as anything on the page would look otherwise."""
    return hashlib.sha256(repr((page.total, page.rows)).encode()).hexdigest()[:16]


def _back(request: Request, form: FormData) -> str:
    """The page of the list that was shown, never another address."""
    for address in (_text(form, "back"), came_from(request, PAGE)):
        if split_address(address).path == PAGE and address.startswith(PAGE):
            return address
    return PAGE


def _picks(form: FormData) -> tuple[Pick, ...]:
    """The chosen items, `mission-index-try` or without the try; what is none of these is left out."""
    found: dict[Pick, None] = {}
    for value in form.getlist("pick")[:_PICKS]:
        parts = value.split("-") if isinstance(value, str) else []
        if len(parts) in (2, 3) and all(_is_number(part) for part in parts):
            number = int(parts[2]) if len(parts) == 3 else None
            found[int(parts[0]), int(parts[1]), number] = None
    return tuple(found)


def _pick(pick: Pick) -> str:
    return "-".join(str(part) for part in pick if part is not None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


routes: list[BaseRoute] = [
    Route(PAGE, unknown_items, methods=["GET"], name="unknown"),
    Route(PAGE + "/live", unknown_live, methods=["GET"], name="unknown_live"),
    Route(PAGE + "/now", account_now, methods=["GET"], name="unknown_now"),
    Route(PAGE + "/decide", decide_about, methods=["POST"], name="unknown_decide"),
    Route(PAGE + "/decide", back_to_list, methods=["GET"]),
]
