"""GET /missions/{id} and its items, and the polls that keep them fresh."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from webapp.htmx import history_header, is_htmx, unchanged
from webapp.messages import Message
from webapp.missions import Missions
from webapp.pages.id_ranges import pack, unpack
from webapp.pages.live import milestone, poll_interval_s
from webapp.routes.filters import ITEM_SIZES, ItemFilter, Query, whole_number
from webapp.services import services
from webapp.states import ItemState
from webapp.templating import fragment, render, service_away, top_of_page, trouble_changed
from webapp.views import CauseView, ItemView, MissionView

_DEEDS = 5  # of what people did, on the mission's own page


def mission_detail(request: Request) -> Response:
    """The whole page, also for htmx: it takes its part by hx-select."""
    return show_mission(
        request,
        request.path_params["mission_id"],
        request.query_params,
        headers=history_header(request),
    )


def show_mission(
    request: Request,
    mission_id: int,
    query: Query,
    *,
    status: int = 200,
    problem: Message | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A mission's page; `problem` is a sentence on top, why an action was not done. Blocks."""
    missions = services(request).missions
    mission = missions.get(mission_id)
    chosen = ItemFilter.of(query)
    page = missions.items(
        mission_id,
        page=chosen.page,
        page_size=chosen.size,
        state=chosen.state,
        q=chosen.q,
        cause=chosen.cause,
    )
    context = _live_context(missions, mission, chosen) | {
        "page": page,
        "problem": problem,
        "sizes": ITEM_SIZES,
        "shown": pack(item.id for item in page.rows),
        "seen": page.total,
        "deeds": services(request).trail.of_mission(mission_id, page_size=_DEEDS),
        "section": "/missions",
    }
    return render(request, "missions/detail.html", context, status=status, headers=headers)


def mission_live(request: Request) -> Response:
    """What changed since the page's `rev`: 204, or the summary and those shown items that changed."""
    missions = services(request).missions
    mission_id: int = request.path_params["mission_id"]
    before = whole_number(request.query_params, "rev")
    rev = missions.rev(mission_id)
    if rev is None:
        # Deleted meanwhile; the page itself says so best.
        return Response(headers={"HX-Refresh": "true"})
    told_away = request.query_params.get("away") == "1"
    news = trouble_changed(request)
    if rev == before and told_away == service_away(request) and not news:
        return unchanged()
    mission = missions.get(mission_id)
    chosen = ItemFilter.of(request.query_params)
    shown = unpack(request.query_params.get("shown", ""))
    context = (
        _live_context(missions, mission, chosen)
        | top_of_page(request)
        | {
            "trouble_changed": news,
            "changed": missions.items_since(mission_id, before, shown),
            "shown": pack(shown),
            "seen": whole_number(request.query_params, "seen"),
        }
    )
    return fragment(request, "missions/_update.html", context)


def mission_item(request: Request) -> Response:
    """One item with its recipe and history: a page, and the inside of the lightbox."""
    missions = services(request).missions
    mission_id: int = request.path_params["mission_id"]
    query = request.query_params
    polled = is_htmx(request) and "rev" in query
    news = trouble_changed(request) if polled else None
    if polled and not news:
        current = missions.item(mission_id, request.path_params["index"]).item
        if current.rev == whole_number(query, "rev"):
            return unchanged()
    return show_item(request, mission_id, request.path_params["index"], news=news)


def show_item(
    request: Request,
    mission_id: int,
    index: int,
    *,
    status: int = 200,
    problem: Message | None = None,
    news: bool | None = None,
) -> Response:
    """An item's page; `problem` is a sentence on top, why an action was not done; for a poll
    `news` says whether there is other trouble with the account. Blocks."""
    missions = services(request).missions
    mission = missions.get(mission_id)
    detail = missions.item(mission_id, index)
    context = {
        "mission": mission,
        "detail": detail,
        "item": detail.item,
        "moving": moving(detail.item),
        "interval": poll_interval_s(mission, missions.pace(mission_id)),
        "problem": problem,
        "polled": news is not None,
        "trouble_changed": news,
        "section": "/missions",
    }
    return render(request, "missions/item.html", context, status=status)


def moving(item: ItemView) -> bool:
    """Whether an item can still change by itself."""
    waits = (ItemState.PENDING, ItemState.PROCESSING, ItemState.UNKNOWN)
    return item.state in waits or item.downloading


def _live_context(
    missions: Missions, mission: MissionView, chosen: ItemFilter
) -> dict[str, object]:
    pace = missions.pace(mission.id)
    causes = missions.causes(mission.id) if mission.counts.failed else ()
    return {
        "mission": mission,
        "chosen": chosen,
        "pace": pace,
        "causes": causes,
        "interval": poll_interval_s(mission, pace),
        "milestone": milestone(mission),
        "matching": _matching(mission, chosen, causes),
    }


def _matching(
    mission: MissionView, chosen: ItemFilter, causes: tuple[CauseView, ...]
) -> int | None:
    """How many items the filter has now, where it costs no query to know; the page shows a link
    when there are more than when it was made."""
    if chosen.q or not chosen.state:
        return None
    if chosen.cause:
        return sum(cause.count for cause in causes if cause.key == chosen.cause)
    return mission.counts.of(ItemState(chosen.state))
