"""Who did what: a mission's history, and for admins the whole trail, on a page and as a file."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from webapp.accounts.audit_trail import AuditFilter
from webapp.accounts.people import Action
from webapp.errors import NotFound
from webapp.routes.convertors import register
from webapp.routes.filters import Query, page_number, whole_number
from webapp.services import services
from webapp.templating import render

register()

PAGE_SIZE = 50


def mission_history(request: Request) -> Response:
    """GET /missions/{id}/history, also of a mission that was deleted."""
    mission_id: int = request.path_params["mission_id"]
    found = services(request)
    page = found.trail.of_mission(
        mission_id, page=page_number(request.query_params), page_size=PAGE_SIZE
    )
    try:
        mission = found.missions.get(mission_id)
    except NotFound:
        if not page.total:
            raise
        mission = None
    context = {
        "mission": mission,
        "mission_id": mission_id,
        "page": page,
        "section": "/missions",
    }
    return render(request, "missions/history.html", context)


def show_audit(request: Request) -> Response:
    """GET /settings/audit: newest first, all lines or somebody's, of one action, of one mission."""
    query = request.query_params
    chosen = _chosen(query)
    trail = services(request).trail
    context = {
        "page": trail.page(page_number(query), PAGE_SIZE, chosen),
        "accounts": trail.accounts(),
        "actions": tuple(Action),
        "chosen": chosen,
        "query": _query(chosen),
        "section": "/settings",
    }
    return render(request, "settings/audit.html", context)


def download_audit(request: Request) -> Response:
    """GET /settings/audit.csv: the same lines, all pages of them."""
    parts = services(request).trail.csv(_chosen(request.query_params))
    if request.method == "HEAD":
        parts = iter(())
    headers = {
        "Content-Disposition": 'attachment; filename="audit.csv"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=headers)


def _chosen(query: Query) -> AuditFilter:
    """A value that we do not know counts as not given, as on every page."""
    person = whole_number(query, "person", -1)
    action = query.get("action", "")
    return AuditFilter(
        user_id=person if person >= 0 else None,
        action=action if action in tuple(Action) else None,
        mission_id=whole_number(query, "mission") or None,
    )


def _query(chosen: AuditFilter) -> dict[str, object]:
    return {
        "person": chosen.user_id,
        "action": chosen.action,
        "mission": chosen.mission_id,
    }


routes: list[BaseRoute] = [
    Route(
        "/missions/{mission_id:id}/history",
        mission_history,
        methods=["GET"],
        name="mission_history",
    ),
    Route("/settings/audit", show_audit, methods=["GET"], name="audit"),
    Route("/settings/audit.csv", download_audit, methods=["GET"], name="audit_csv"),
]
