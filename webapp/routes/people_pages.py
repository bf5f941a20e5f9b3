"""/settings/people: who has an account, and the links that make more. For admins."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp.accounts.identity import person_of
from webapp.accounts.people import Person, Role
from webapp.accounts.rights import must_be
from webapp.errors import AppError, InvalidInput, NotFound
from webapp.htmx import leave_to, see_other
from webapp.messages import Message, msg
from webapp.pages.notices import leave_notice, redirect_with
from webapp.routes.asking_first import ask_first
from webapp.routes.convertors import register
from webapp.routes.page_forms import read_form
from webapp.services import services
from webapp.templating import render

register()

_PAGE = "/settings/people"


def show_people(request: Request) -> Response:
    """GET /settings/people."""
    return _page(request)


def _page(
    request: Request,
    *,
    problem: Message | None = None,
    link: str = "",
    link_for: str = "",
    status: int = 200,
) -> Response:
    me, users = _admin(request), services(request).team.users
    context = {
        "members": users.list(),
        "invitations": users.invitations(me),
        "roles": list(Role),
        "problem": problem,
        "link": link,
        "link_for": link_for,
    }
    return render(request, "team/people.html", context, status=status)


def _admin(request: Request) -> Person:
    """Raises NotFound without accounts, and Forbidden."""
    person = person_of(request)
    if not person.id:
        raise NotFound
    must_be(person, Role.ADMIN)
    return person


async def set_role(request: Request) -> Response:
    """POST …/{id}/role."""
    me, form = _admin(request), await read_form(request)
    role = _role(form)
    users, user_id = services(request).team.users, _user_id(request)
    return await run_in_threadpool(
        _changed, request, lambda: users.set_role(user_id, role, me), "role_changed"
    )


async def disable(request: Request) -> Response:
    """POST …/{id}/disable: asks first, unless the question was already answered."""
    me, form = _admin(request), await read_form(request)
    users, user_id = services(request).team.users, _user_id(request)
    if form.get("confirmed") != "yes":
        member = await run_in_threadpool(users.get, user_id)
        question = msg(
            "Disable %(name)s? They are signed out everywhere at once. Their missions stay.",
            name=member.name,
        )
        return await run_in_threadpool(ask_first, request, question, _PAGE)
    return await run_in_threadpool(
        _changed, request, lambda: users.disable(user_id, me), "person_disabled"
    )


async def enable(request: Request) -> Response:
    """POST …/{id}/enable."""
    me, users, user_id = _admin(request), services(request).team.users, _user_id(request)
    return await run_in_threadpool(
        _changed, request, lambda: users.enable(user_id, me), "person_enabled"
    )


def _changed(request: Request, change: Callable[[], None], notice: str) -> Response:
    try:
        change()
    except AppError as error:
        if error.status == 404:
            raise
        return _page(request, problem=error.message, status=error.status)
    response = leave_to(request, _PAGE)
    leave_notice(response, notice)
    return response


async def invite(request: Request) -> Response:
    """POST …/invite: the page, with the link on it this once."""
    me, form = _admin(request), await read_form(request)
    role = _role(form)
    secret = await run_in_threadpool(services(request).team.users.invite, role, me)
    return await run_in_threadpool(_with_link, request, secret, "")


async def reset(request: Request) -> Response:
    """POST …/{id}/reset: a link with which somebody chooses a new password."""
    return await run_in_threadpool(_reset, request, _admin(request))


def _reset(request: Request, me: Person) -> Response:
    users, user_id = services(request).team.users, _user_id(request)
    member = users.get(user_id)
    try:
        secret = users.reset(user_id, me)
    except AppError as error:
        return _page(request, problem=error.message, status=error.status)
    return _with_link(request, secret, member.name)


def _with_link(request: Request, secret: str, link_for: str) -> Response:
    public_url = services(request).settings.public_url
    base = public_url or str(request.base_url).rstrip("/")
    return _page(request, link=f"{base}/invitation/{secret}", link_for=link_for)


async def revoke(request: Request) -> Response:
    """POST …/invitations/{id}/revoke."""
    me = _admin(request)
    invitation_id: int = request.path_params["invitation_id"]
    users = services(request).team.users
    await run_in_threadpool(users.revoke_invitation, invitation_id, me)
    return redirect_with(_PAGE, "link_revoked")


def back_to_people(request: Request) -> Response:
    """GET of an action's address, as after a change of language there: the page."""
    return see_other(_PAGE)


def _user_id(request: Request) -> int:
    user_id: int = request.path_params["user_id"]
    return user_id


def _role(form: FormData) -> Role:
    """Raises InvalidInput."""
    try:
        return Role(str(form.get("role", "")))
    except ValueError as error:
        raise InvalidInput.field("role", msg("Choose a role.")) from error


_ONE = f"{_PAGE}/{{user_id:id}}"

routes: list[BaseRoute] = [
    Route(_PAGE, show_people, methods=["GET"], name="people"),
    Route(f"{_PAGE}/invite", invite, methods=["POST"]),
    Route(f"{_PAGE}/invitations/{{invitation_id:id}}/revoke", revoke, methods=["POST"]),
    Route(f"{_ONE}/role", set_role, methods=["POST"]),
    Route(f"{_ONE}/disable", disable, methods=["POST"]),
    Route(f"{_ONE}/enable", enable, methods=["POST"]),
    Route(f"{_ONE}/reset", reset, methods=["POST"]),
    Route(f"{_PAGE}/{{rest:path}}", back_to_people, methods=["GET"]),
]
