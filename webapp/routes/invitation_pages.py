"""/invitation/…: a link with which somebody makes their account, or chooses a new password."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp.accounts.people import Person
from webapp.errors import FieldError, InvalidInput
from webapp.htmx import see_other
from webapp.messages import msg
from webapp.routes.letting_in import let_in
from webapp.routes.page_forms import read_form
from webapp.routes.password_turns import take_turn
from webapp.services import services
from webapp.templating import render


def show_invitation(request: Request) -> Response:
    """GET /invitation/{secret}. Looking uses nothing up: programs that preview links in messages look
    too. Raises NotFound."""
    return _page(request)


def _page(
    request: Request, name: str = "", errors: Sequence[FieldError] = (), status: int = 200
) -> Response:
    secret: str = request.path_params["secret"]
    link = services(request).team.users.invitation(secret)
    context = {"link": link, "secret": secret, "name": name, "errors": tuple(errors)}
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return render(request, "team/invitation.html", context, status=status, headers=headers)


async def accept(request: Request) -> Response:
    """POST /invitation/{secret}: makes the account and signs in. Raises NotFound."""
    form = await read_form(request)
    name, password, again = (str(form.get(key, "")) for key in ("name", "password", "again"))
    secret: str = request.path_params["secret"]
    users = services(request).team.users
    await run_in_threadpool(users.invitation, secret)  # before a turn is taken for it
    try:
        if password != again:
            raise InvalidInput.field("again", msg("These are two different passwords."))
        person: Person = await take_turn(users.accept, secret, name, password)
    except InvalidInput as error:
        return await run_in_threadpool(_page, request, name, error.errors, error.status)
    response = see_other("/missions")
    await run_in_threadpool(let_in, request, response, person)
    return response


routes: list[BaseRoute] = [
    Route("/invitation/{secret}", show_invitation, methods=["GET"], name="invitation"),
    Route("/invitation/{secret}", accept, methods=["POST"]),
]
