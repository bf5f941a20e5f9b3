"""/restored: after a restore, a person looks at what may have been paid for since the backup."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp.accounts.people import Role
from webapp.backups.restored import SHOWN, Choice
from webapp.errors import InvalidInput
from webapp.htmx import see_other
from webapp.messages import msg
from webapp.pages.notices import redirect_with
from webapp.routes.page_forms import read_form
from webapp.services import services
from webapp.templating import render

_MISSION = "mission-"


def show(request: Request) -> Response:
    """GET /restored."""
    found = services(request).restored.review()
    if found is None:
        return see_other("/missions")
    context = {
        "review": found,
        "may_decide": services(request).person.may(Role.ADMIN),
        "site": services(request).settings.runninghub_base_url,
    }
    return render(request, "restored.html", context)


async def decide(request: Request) -> Response:
    """POST /restored: the choice for all missions, and those for single ones."""
    form = await read_form(request, max_files=0, max_fields=SHOWN + 10)
    return await run_in_threadpool(_decide, request, form)


def _decide(request: Request, form: FormData) -> Response:
    if form.get("looked") != "yes":
        raise InvalidInput.field(
            "looked", msg("Look into RunningHub’s call records first, then tick the box.")
        )
    choices = {
        int(name.removeprefix(_MISSION)): _choice(value)
        for name, value in form.multi_items()
        if name.startswith(_MISSION)
        and value != ""
        and name.removeprefix(_MISSION).isdecimal()
        and len(name) < 30
    }
    services(request).restored.decide(_choice(form.get("all")), choices)
    return redirect_with("/missions", "reviewed")


def _choice(value: object) -> Choice:
    try:
        return Choice(str(value))
    except ValueError as error:
        raise InvalidInput.field("all", msg("Choose what to do with the missions.")) from error


routes: list[BaseRoute] = [
    Route("/restored", show, methods=["GET"], name="restored"),
    Route("/restored", decide, methods=["POST"], name="restored_decide"),
]
