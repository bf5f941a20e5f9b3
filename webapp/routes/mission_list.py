"""GET /missions: all missions as cards, and the poll that keeps the cards fresh."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from webapp.htmx import history_header, see_other, unchanged
from webapp.missions import Missions
from webapp.pages.id_ranges import pack, unpack
from webapp.pages.live import LIST_S
from webapp.routes.filters import LIST_SIZE, MISSION_STATES, ListFilter, whole_number
from webapp.services import services
from webapp.templating import fragment, render, top_of_page, trouble_changed
from webapp.views import MissionView, Page


def home(request: Request) -> Response:
    """GET /: the missions."""
    return see_other("/missions")


def mission_list(request: Request) -> Response:
    """The whole page, also for htmx: a filter takes its part of it by hx-select."""
    missions = services(request).missions
    chosen = ListFilter.of(request.query_params)
    rev = missions.list_rev()
    page, counts = _page(missions, chosen)
    context = _context(missions, chosen, rev, page, counts) | {"page": page, "section": "/missions"}
    return render(request, "missions/list.html", context, headers=history_header(request))


def mission_list_live(request: Request) -> Response:
    """What changed since the page's `rev`: 204, or the poller anew and the cards that changed."""
    missions = services(request).missions
    rev = missions.list_rev()
    before = whole_number(request.query_params, "rev")
    news = trouble_changed(request)
    if rev == before and not news:
        return unchanged()
    chosen = ListFilter.of(request.query_params)
    shown = unpack(request.query_params.get("shown", ""))
    page, counts = _page(missions, chosen)
    context = (
        _context(missions, chosen, rev, page, counts)
        | top_of_page(request)
        | {
            "trouble_changed": news,
            "shown": pack(shown),
            "changed": missions.list_since(before, shown),
            "gone": _gone(missions, shown, page),
            "unseen": sum(1 for mission in page.rows if mission.id not in shown),
        }
    )
    return fragment(request, "missions/_list_update.html", context)


def _page(missions: Missions, chosen: ListFilter) -> tuple[Page[MissionView], dict[str, int]]:
    return missions.list_with_counts(
        page=chosen.page,
        page_size=LIST_SIZE,
        state=chosen.state,
        task_type=chosen.task_type,
        q=chosen.q,
        mine=chosen.mine,
    )


def _gone(missions: Missions, shown: tuple[int, ...], page: Page[MissionView]) -> list[int]:
    """Shown missions that were deleted meanwhile, for they are no longer here to have changed."""
    here = {mission.id for mission in page.rows}
    gone: list[int] = []
    for mission_id in shown:
        if mission_id not in here and missions.rev(mission_id) is None:
            gone.append(mission_id)
    return gone


def _context(
    missions: Missions,
    chosen: ListFilter,
    rev: int,
    page: Page[MissionView],
    counts: dict[str, int],
) -> dict[str, object]:
    return {
        "chosen": chosen,
        "counts": counts,
        "states": MISSION_STATES,
        "rev": rev,
        "live": missions.any_live(),
        "interval": LIST_S,
        "shown": pack(mission.id for mission in page.rows),
        "unseen": 0,
    }
