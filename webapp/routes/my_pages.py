"""/settings/account: one's own password, signed-in browsers, and tokens."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp.accounts.identity import person_of, session_of
from webapp.accounts.people import Person
from webapp.errors import AppError, Conflict, FieldError, InvalidInput, NotFound, TooManyTries
from webapp.htmx import leave_to, see_other
from webapp.messages import msg
from webapp.pages.notices import leave_notice, redirect_with
from webapp.routes.asking_first import ask_first
from webapp.routes.convertors import register
from webapp.routes.letting_in import check_password, let_in
from webapp.routes.page_forms import read_form
from webapp.routes.password_turns import take_turn
from webapp.services import services
from webapp.templating import render

register()

_PAGE = "/settings/account"


def show_account(request: Request) -> Response:
    """GET /settings/account."""
    return _page(request)


def _page(
    request: Request,
    *,
    errors: Sequence[FieldError] = (),
    typed: str = "",
    token: str = "",
    status: int = 200,
) -> Response:
    me, team = _me(request), services(request).team
    context = {
        "sessions": team.sign_in.sessions(me),
        "this_session": session_of(request),
        "tokens": team.tokens.list(me),
        "errors": tuple(errors),
        "typed": typed,
        "new_token": token,
    }
    return render(request, "team/account.html", context, status=status)


def _me(request: Request) -> Person:
    """Raises NotFound without accounts: the local user has none."""
    person = person_of(request)
    if not person.id:
        raise NotFound
    return person


async def change_password(request: Request) -> Response:
    """POST …/password: signs out everywhere, and in again here."""
    me, form = _me(request), await read_form(request)
    old, new, again = (str(form.get(name, "")) for name in ("old_password", "password", "again"))
    try:
        await _check_old(request, me, old)
        if new != again:
            problem = msg("These are two different passwords.")
            raise InvalidInput.field("again", problem)
        await take_turn(services(request).team.users.change_password, me, new)
    except TooManyTries as error:
        field = FieldError("old_password", error.message)
        return await run_in_threadpool(_refused, request, error, [field])
    except InvalidInput as error:
        return await run_in_threadpool(_refused, request, error, error.errors)
    response = redirect_with(_PAGE, "password_changed")
    await run_in_threadpool(let_in, request, response, me)
    return response


async def _check_old(request: Request, me: Person, old: str) -> None:
    try:
        await check_password(request, me.name, old)
    except InvalidInput as error:
        problem = msg("This is not your present password.")
        raise InvalidInput.field("old_password", problem) from error


def _refused(
    request: Request, error: AppError, errors: Sequence[FieldError], typed: str = ""
) -> Response:
    response = _page(request, errors=errors, typed=typed, status=error.status)
    if isinstance(error, TooManyTries):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


async def end_session(request: Request) -> Response:
    """POST …/sessions/{id}/end: sign one browser out."""
    session_id: int = request.path_params["session_id"]
    await run_in_threadpool(services(request).team.sign_in.end, _me(request), session_id)
    return redirect_with(_PAGE, "signed_out_there")


async def end_sessions(request: Request) -> Response:
    """POST …/sessions/end: sign out everywhere, also here."""
    await run_in_threadpool(services(request).team.sign_in.end_all, _me(request))
    return see_other("/sign-in")


async def create_token(request: Request) -> Response:
    """POST …/tokens: the page, with the token on it this once."""
    me, form = _me(request), await read_form(request)
    return await run_in_threadpool(_create_token, request, me, str(form.get("token_name", "")))


def _create_token(request: Request, me: Person, name: str) -> Response:
    try:
        token = services(request).team.tokens.create(me, name)
    except Conflict as error:
        return _refused(request, error, [FieldError("token_name", error.message)], name)
    except InvalidInput as error:
        return _refused(request, error, error.errors, name)
    return _page(request, token=token)


async def revoke_token(request: Request) -> Response:
    """POST …/tokens/{id}/revoke: asks first, unless the question was already answered."""
    me, form = _me(request), await read_form(request)
    token_id: int = request.path_params["token_id"]
    if form.get("confirmed") != "yes":
        question = msg("Revoke this token? Programs that use it are refused from then on.")
        return await run_in_threadpool(ask_first, request, question, _PAGE)
    await run_in_threadpool(services(request).team.tokens.revoke, me, token_id)
    response = leave_to(request, _PAGE)
    leave_notice(response, "token_revoked")
    return response


def back_to_account(request: Request) -> Response:
    """GET of an action's address, as after a change of language there: the page."""
    return see_other(_PAGE)


routes: list[BaseRoute] = [
    Route(_PAGE, show_account, methods=["GET"], name="my_account"),
    Route(f"{_PAGE}/password", change_password, methods=["POST"]),
    Route(f"{_PAGE}/sessions/end", end_sessions, methods=["POST"]),
    Route(f"{_PAGE}/sessions/{{session_id:id}}/end", end_session, methods=["POST"]),
    Route(f"{_PAGE}/tokens", create_token, methods=["POST"]),
    Route(f"{_PAGE}/tokens/{{token_id:id}}/revoke", revoke_token, methods=["POST"]),
    Route(f"{_PAGE}/{{rest:path}}", back_to_account, methods=["GET"]),
]
