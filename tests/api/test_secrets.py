"""The API key is in no answer and in no log line, whatever is asked and whatever goes wrong."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.routing import Route

from tests.conftest import KEY, StartApp
from tests.helpers.live import LiveApp
from webapp.server import logs
from webapp.services import services
from webapp.simulator import Simulator


def spill(request: Request) -> None:
    """An error whose text has the key in it."""
    raise RuntimeError(services(request).settings.runninghub_api_key.get_secret_value())


@pytest.fixture
def log(start_app: StartApp) -> Iterator[tuple[LiveApp, io.StringIO]]:
    app = start_app(poll_interval=0.2)
    app.app.router.routes.insert(0, Route("/api/spill", spill))
    stream = io.StringIO()
    handler = logs.configure(app.settings.model_copy(update={"log_level": "debug"}), stream)
    yield app, stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.usefixtures("spilled_on_purpose")
def test_the_key_is_nowhere(log: tuple[LiveApp, io.StringIO], simulator: Simulator) -> None:
    app, stream = log
    simulator.scenario("submit", "http", match="badly", status=401, times=1)
    simulator.scenario("query", "http", match="", status=500, times=3)
    mission_id = app.create(config={"batch_input": ["fox", "elk badly [fail:1015]"]})
    app.post(f"/api/api-missions/{mission_id}/pause")  # the refusal may have done so already
    answers = [
        app.get(path)
        for path in (
            "/missions",
            f"/missions/{mission_id}",
            f"/missions/{mission_id}/items/1",
            "/missions/new",
            "/templates",
            "/settings",
            "/nothing",
            "/health",
            "/api/queue",
            "/api/task-types",
            "/api/api-missions",
            f"/api/api-missions/{mission_id}",
            f"/api/api-missions/{mission_id}/download",
            "/api/spill",
        )
    ]
    answers.append(app.post("/settings/test"))
    assert answers[-2].status_code == 500
    for answer in answers:
        seen = answer.content + repr(answer.headers).encode()
        assert KEY.encode() not in seen, answer.url
    assert "/api/spill failed" in stream.getvalue()
    assert "RuntimeError: ***" in stream.getvalue()
    assert KEY not in stream.getvalue()
    assert KEY not in repr(app.settings)
