"""What was made and what it cost, over JSON."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from webapp.api.api_requests import UsageQuery
from webapp.api.usage_json import usage_json
from webapp.routes.answers import ok, speaker
from webapp.services import services
from webapp.spending.periods import PeriodName
from webapp.spending.usage import UsageRequest


def show_usage(request: Request) -> Response:
    """The same numbers as on the page; days are those of UTC."""
    query = UsageQuery.of(request.query_params)
    usual = PeriodName.DATES if query.first or query.last else PeriodName.MONTH
    wish = UsageRequest(
        PeriodName(query.period) if query.period else usual,
        query.first,
        query.last,
        query.owner_id,
        query.task_type,
        query.provider,
    )
    return ok(usage_json(services(request).usage.show(wish), speaker(request)))
