"""/metrics, for Prometheus. In team mode it needs a person or a token, as every address does that is
not named open."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp.server.metrics import Metrics


def show_metrics(request: Request) -> Response:
    """GET /metrics. Blocks: some numbers are asked of the database now."""
    metrics: Metrics = request.app.state.metrics
    return Response(
        generate_latest(metrics.registry),
        headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"},
    )


routes: list[BaseRoute] = [Route("/metrics", show_metrics, methods=["GET"], name="metrics")]
