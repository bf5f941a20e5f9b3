"""/sign-in and /sign-out."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp.accounts.cookies import end_session
from webapp.accounts.identity import find_person, person_of, session_of
from webapp.errors import AppError, InvalidInput, TooManyTries
from webapp.htmx import own_path, see_other
from webapp.routes.letting_in import check_password, let_in
from webapp.routes.page_forms import read_form
from webapp.services import services
from webapp.templating import render


def show_sign_in(request: Request) -> Response:
    """GET /sign-in?next=…: who is signed in already, or needs not be, goes on to `next`."""
    next_page = _next(request.query_params.get("next", ""))
    if find_person(request) is not None:
        return see_other(next_page)
    return _page(request, next_page)


async def sign_in(request: Request) -> Response:
    """POST /sign-in. The same sentence for a wrong name, a wrong password and a disabled account."""
    form = await read_form(request)
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    next_page = _next(str(form.get("next", "")))
    if not await run_in_threadpool(services(request).team.exists):
        return see_other(next_page)
    try:
        person = await check_password(request, name, password)
        response = see_other(next_page)
        await run_in_threadpool(let_in, request, response, person)
        return response
    except (InvalidInput, TooManyTries) as error:
        return await run_in_threadpool(_page, request, next_page, name, error)


async def sign_out(request: Request) -> Response:
    """POST /sign-out: this browser only."""
    found = services(request)
    session_id = session_of(request)
    if session_id is not None:
        await run_in_threadpool(found.team.sign_in.end, person_of(request), session_id)
    response = see_other("/sign-in")
    end_session(response, request, found.settings.public_url)
    if request.url.scheme == "https":
        # Back must not show pages from the browser's memory. On plain http browsers ignore it.
        response.headers["Clear-Site-Data"] = '"cache"'
    return response


def back_to_start(request: Request) -> Response:
    """GET of the address for signing out, as after a change of language there."""
    return see_other("/missions")


def _page(
    request: Request, next_page: str, name: str = "", error: AppError | None = None
) -> Response:
    context = {"next": next_page, "name": name, "problem": error.message if error else None}
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(error.retry_after_s)
    status = error.status if error else 200
    return render(request, "team/sign_in.html", context, status=status, headers=headers)


def _next(wish: str) -> str:
    """Only a page of ours, and none from which one is sent back here."""
    path = own_path(wish)
    return "/missions" if path.startswith(("/sign-in", "/sign-out", "/invitation/")) else path


routes: list[BaseRoute] = [
    Route("/sign-in", show_sign_in, methods=["GET"], name="sign_in"),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"], name="sign_out"),
    Route("/sign-out", back_to_start, methods=["GET"]),
]
