"""/settings: what is in force, and whether the key works."""

from __future__ import annotations

import platform

import apsw
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp import __version__
from webapp.account import Connection
from webapp.htmx import see_other
from webapp.services import services
from webapp.templating import fragment, render


def show_settings(request: Request) -> Response:
    """GET /settings. Asks nobody: the page does, once it is there."""
    return _page(request, None)


def connection(request: Request) -> Response:
    """GET /settings/connection: the part of the page that says what the service answers, at most a
    minute old. Blocks."""
    return fragment(
        request, "settings/_connection.html", {"connection": services(request).account.latest()}
    )


async def test_connection(request: Request) -> Response:
    """POST /settings/test: ask the service anew, and show the page with the answer."""
    answer = await run_in_threadpool(services(request).account.test)
    return await run_in_threadpool(_page, request, answer)


def _page(request: Request, answer: Connection | None) -> Response:
    found = services(request)
    context = {
        "account": found.account,
        "settings": found.settings,
        "connection": answer,
        "queue": found.missions.queue(),
        "version": __version__,
        "python_version": platform.python_version(),
        "sqlite_version": apsw.sqlite_lib_version(),
    }
    return render(request, "settings/index.html", context)


def back_to_settings(request: Request) -> Response:
    """GET of the test's address, as after a change of language there."""
    return see_other("/settings")


routes: list[BaseRoute] = [
    Route("/settings", show_settings, methods=["GET"], name="settings"),
    Route("/settings/connection", connection, methods=["GET"], name="settings_connection"),
    Route("/settings/test", test_connection, methods=["POST"], name="settings_test"),
    Route("/settings/test", back_to_settings, methods=["GET"]),
]
