"""The one button of the banner about money or the key: test, and when it works, go on."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp import going_on
from webapp.htmx import leave_to, see_other
from webapp.pages.notices import leave_notice
from webapp.routes.preferences import came_from
from webapp.services import services
from webapp.templating import render


async def test_and_go_on(request: Request) -> Response:
    """POST /account/resume: two free questions; all missions that waited for the account go on, or the
    banner says what is still wrong."""
    return await run_in_threadpool(_test_and_go_on, request)


def _test_and_go_on(request: Request) -> Response:
    missions = services(request).missions
    back = came_from(request)
    if back.startswith("/account/"):  # the page of an earlier test
        back = "/missions"
    outcome = going_on.test_and_go_on(missions, services(request).account)
    if outcome.problem is not None:
        context = {
            "account_trouble": outcome.trouble,
            "trouble_problem": outcome.problem,
            "unknown_total": missions.unknown_total(),
            "back": back,
        }
        return render(request, "account/trouble.html", context, status=409)
    response = leave_to(request, back)
    leave_notice(response, "went_on", outcome.resumed)
    return response


def back_to_missions(request: Request) -> Response:
    """GET of the test's address, as after a change of language there."""
    return see_other("/missions")


routes: list[BaseRoute] = [
    Route("/account/resume", test_and_go_on, methods=["POST"], name="account_resume"),
    Route("/account/resume", back_to_missions, methods=["GET"]),
]
