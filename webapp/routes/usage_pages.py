"""GET /usage: what was made and what it cost, on a page and as a file."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from webapp.pages.visitor import visitor_of
from webapp.routes.filters import UsageFilter
from webapp.services import services
from webapp.spending.periods import PeriodName
from webapp.templating import render


def show_usage(request: Request) -> Response:
    """The whole page, also for htmx: a filter takes its part of it by hx-select."""
    found = services(request)
    chosen = UsageFilter.of(request.query_params)
    context = {
        "usage": found.usage.show(chosen.request(visitor_of(request).zone)),
        "chosen": chosen,
        "periods": tuple(PeriodName),
        # Without accounts there is only one person.
        "owners": found.usage.owners() if found.person.id else [],
        "section": "/usage",
    }
    return render(request, "usage/page.html", context)


def download_usage(request: Request) -> Response:
    """GET /usage.csv: one row for each try of these days that was paid for, or may have been."""
    usage = services(request).usage
    wish = UsageFilter.of(request.query_params).request(visitor_of(request).zone)
    days = usage.days(wish)
    parts = iter(()) if request.method == "HEAD" else usage.csv(wish)
    headers = {
        "Content-Disposition": f'attachment; filename="usage-{days.first}-{days.last}.csv"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=headers)


routes: list[BaseRoute] = [
    Route("/usage", show_usage, methods=["GET"], name="usage"),
    Route("/usage.csv", download_usage, methods=["GET"], name="usage_csv"),
]
