"""Signing a browser in: after a password, an invitation, or a change of the password."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from webapp.accounts.cookies import read_mark, read_session, set_session
from webapp.accounts.people import Person
from webapp.pages.visitor import client_name
from webapp.routes.password_turns import take_turn
from webapp.services import services


async def check_password(request: Request, name: str, password: str) -> Person:
    """Whose password it is. Raises InvalidInput, and TooManyTries before it is looked at."""
    found = services(request)
    mark = read_mark(request, found.settings.public_url)
    address = request.client.host if request.client else ""
    attempt = await run_in_threadpool(found.team.sign_in.count, name, address, mark)
    return await take_turn(found.team.sign_in.check, attempt, password)


def let_in(request: Request, response: Response, person: Person) -> None:
    """Sign this browser in, with a session that nobody has seen before. Blocks. Raises InvalidInput
    when the account was shut meanwhile."""
    found = services(request)
    public_url = found.settings.public_url
    client = client_name(request.headers.get("user-agent", ""))
    before = read_session(request, public_url)
    session = found.team.sign_in.start(person, client, before)
    set_session(response, request, public_url, session, found.team.sign_in.mark(person))
