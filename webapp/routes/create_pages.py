"""/missions/new: the form, its live preview, and making the mission."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp.errors import AppError, Conflict, FieldError, Forbidden, InvalidInput, NotFound
from webapp.htmx import is_htmx, see_other
from webapp.messages import Message, msg
from webapp.mission_requests import TemplateRequest
from webapp.pages.form_filling import form_of_config, form_of_request, with_template
from webapp.pages.forms import MissionForm, first_task_type, integer
from webapp.pages.notices import redirect_with
from webapp.pages.plan import Plan, idempotency_key, make_plan
from webapp.pages.visitor import visitor_of
from webapp.routes.filters import whole_number
from webapp.routes.posted_forms import FORM_BYTES, Posted, read_posted
from webapp.server.body_limit import body_limit
from webapp.services import foreseen, services
from webapp.task_types import TASK_TYPES, TaskType
from webapp.templating import fragment, render
from webapp.views import MissionView, TemplateView

MADE_COOKIE = "made"
_MONTH_S = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Shown:
    """What one answer shows around the form."""

    errors: Sequence[FieldError] = ()
    headline: Message | None = None  #: why it was not made; with errors or alone
    origin: Message | None = None  #: where the values come from
    saved: TemplateView | None = None  #: the template that was just made
    template_errors: Sequence[FieldError] = ()
    asks: bool = False  #: the plan is large: a button starts what the preview shows, and names it
    status: int = 200


def show_form(request: Request) -> Response:
    """GET: empty, or filled from a template, a mission or one item of a mission."""
    services(request).missions.check_may_create()
    query = request.query_params
    if query.get("template"):
        template = services(request).templates.get(whole_number(query, "template"))
        form = form_of_config(_offered(template.task_type), template.config)
        return _page(
            request, form, Shown(origin=msg("From template “%(name)s”.", name=template.name))
        )
    if query.get("from"):
        mission_id = whole_number(query, "from")
        if query.get("cause"):
            form, origin = _failed_items(request, mission_id, query["cause"])
        else:
            form, origin = _copy(request, mission_id, whole_number(query, "item"))
        return _page(request, form, Shown(origin=origin))
    task_type = TASK_TYPES.get(query.get("type", ""), first_task_type())
    return _page(request, MissionForm(task_type), Shown())


def _offered(name: str) -> TaskType:
    if name not in TASK_TYPES:
        raise NotFound(msg("The task type “%(name)s” is not offered any more.", name=name))
    return TASK_TYPES[name]


def _copy(request: Request, mission_id: int, item: int) -> tuple[MissionForm, Message]:
    missions = services(request).missions
    copied = missions.duplicate_request(mission_id)
    task_type = _offered(copied.task_type)
    if not item:
        form = form_of_request(task_type, copied, visitor_of(request).zone)
        return form, msg("Copied from mission “%(name)s”.", name=copied.name)
    form = form_of_config(task_type, missions.item(mission_id, item).item.params)
    origin = msg("Copied from item %(item)s of mission “%(name)s”.", item=item, name=copied.name)
    return replace(form, name=copied.name), origin


def _failed_items(request: Request, mission_id: int, cause: str) -> tuple[MissionForm, Message]:
    """Only what failed for one cause, to be changed and made again."""
    copied = services(request).missions.duplicate_request(mission_id, cause=cause)
    form = form_of_request(_offered(copied.task_type), copied, visitor_of(request).zone)
    return form, msg("The failed items of mission “%(name)s”.", name=copied.name)


async def show_again(request: Request) -> Response:
    """POST: the whole page with what was typed, after a change of type, a template, an image moved."""
    posted = await read_posted(request)
    return await run_in_threadpool(_shown_again, request, posted)


def _shown_again(request: Request, posted: Posted) -> Response:
    changed = posted.get("shown_type") != posted.get("task_type")
    before = TASK_TYPES.get(posted.get("shown_type")) if changed else None
    form = MissionForm.read(posted.fields, from_type=before)
    form = replace(form, images=moved(form.images, posted.get("move")))
    try:
        services(request).missions.check_may_create()
    except Forbidden as error:
        return _refused(request, form, error)
    shown = Shown(posted.errors)
    if posted.get("load"):
        template_id = whole_number({"template": posted.get("template")}, "template")
        try:
            template = services(request).templates.get(template_id)
            task_type = _offered(template.task_type)
        except NotFound as error:  # somebody deleted it meanwhile
            return _refused(request, form, error)
        form = with_template(form, task_type, template.config)
        shown = replace(shown, origin=msg("From template “%(name)s”.", name=template.name))
    return _page(request, form, shown)


def moved(images: tuple[str, ...], move: str) -> tuple[str, ...]:
    """`2:earlier`, `2:later` or `2:remove`, counted from 0; anything else changes nothing."""
    place, _, what = move.partition(":")
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 6 else len(images)
    if at >= len(images):
        return images
    rest = [*images[:at], *images[at + 1 :]]
    if what in ("earlier", "later"):
        rest.insert(max(0, at - 1) if what == "earlier" else at + 1, images[at])
    return tuple(rest) if what in ("earlier", "later", "remove") else images


async def preview(request: Request) -> Response:
    """POST: what the form would make. To htmx the pieces that change, else the whole page."""
    posted = await read_posted(request)
    if not is_htmx(request):
        return await run_in_threadpool(_shown_again, request, posted)
    return await run_in_threadpool(_pieces, request, posted)


def _pieces(request: Request, posted: Posted) -> Response:
    services(request).missions.check_may_create()
    plan = _plan(request, MissionForm.read(posted.fields))
    return fragment(request, "missions/new/_plan_pieces.html", {"plan": plan})


async def create(request: Request) -> Response:
    """POST /missions: make it, or show the form again with what does not fit."""
    posted = await read_posted(request)
    return await run_in_threadpool(_create, request, posted)


def _create(request: Request, posted: Posted) -> Response:
    form = MissionForm.read(posted.fields)
    try:
        services(request).missions.check_may_create()
        if posted.errors:
            raise InvalidInput.of(posted.errors)
        wanted = form.request(visitor_of(request).zone)
        plan = _plan(request, form)
        if plan.errors:
            raise InvalidInput.of(plan.errors)
        unread = _unread(posted, form, plan)
        if unread is not None:
            return _page(request, form, unread, plan)
        mission = services(request).missions.create(wanted, idempotency_key(form, wanted))
    except Conflict:
        # Who submits this form again wants it once more, and then says so under another key.
        return _page(request, replace(form, key=""), Shown(headline=_DELETED, status=409))
    except Exception as error:
        # A full disk too leaves what was typed in the form.
        return _refused(request, form, foreseen(request, error))
    return _made(form, mission)


_DELETED = msg(
    "This mission was already made, and then deleted. Submit again to make it once more."
)
_LOOK = msg("Nothing was started yet. Look at the items and the price, then submit again.")
_CHANGED = msg("The items changed since you last saw them.")
_LOOK_AGAIN = msg(
    "The items changed since you last saw them. Look at the preview and the price, then submit again."
)


def _unread(posted: Posted, form: MissionForm, plan: Plan) -> Shown | None:
    """What a person must look at before anything is paid for: items that they have not seen, or a
    question that they have not answered. Without a key nothing could stop a second click."""
    before, asks = posted.get("seen"), plan.large and posted.get("confirmed") != plan.seen
    seen = form.key and plan.preview and before == plan.seen
    if asks:
        return Shown(headline=_CHANGED if before and not seen else None, asks=True, status=422)
    return None if seen else Shown(headline=_LOOK_AGAIN if before else _LOOK, status=422)


def _refused(request: Request, form: MissionForm, error: AppError) -> Response:
    fields = form.in_form(error).errors if isinstance(error, InvalidInput) else ()
    headline = msg("Nothing was started yet. Please correct:") if fields else error.message
    return _page(request, form, Shown(fields, headline, status=error.status))


def _made(form: MissionForm, mission: MissionView) -> Response:
    response = redirect_with(f"/missions/{mission.id}", "created", mission.counts.total)
    # create.js reads it, to throw away the draft of what has been made.
    response.set_cookie(MADE_COOKIE, form.key, _MONTH_S, samesite="lax")
    return response


async def save_template(request: Request) -> Response:
    """POST: keep the form's type and parameters, and on request what is in it, as a template."""
    posted = await read_posted(request)
    return await run_in_threadpool(_save_template, request, posted)


def _save_template(request: Request, posted: Posted) -> Response:
    form = MissionForm.read(posted.fields)
    try:
        services(request).missions.check_may_create()
        saved = services(request).templates.create(
            TemplateRequest.from_json(
                {
                    "name": posted.get("template_name"),
                    "task_type": form.task_type.name,
                    "config": _template_config(request, form, whole=bool(posted.get("with_items"))),
                }
            )
        )
    except InvalidInput as error:
        return _page(request, form, Shown(template_errors=form.in_form(error).errors, status=422))
    except Exception as error:
        told = foreseen(request, error)
        if not is_htmx(request):
            return _refused(request, form, told)
        # Only that corner of the page is put in.
        problem = FieldError("template_name", told.message)
        return _page(request, form, Shown(template_errors=[problem], status=told.status))
    return _page(request, form, Shown(saved=saved))


def _template_config(request: Request, form: MissionForm, *, whole: bool) -> dict[str, object]:
    if whole:
        return form.request(visitor_of(request).zone).config
    return {**form.fixed(), "repeat": integer(form.repeat or "1")}


def back_to_form(request: Request) -> Response:
    """GET of an action's address, as after a change of language there: an empty form."""
    return see_other("/missions/new")


def _plan(request: Request, form: MissionForm) -> Plan:
    return make_plan(services(request).missions, form, visitor_of(request).zone)


def _page(request: Request, form: MissionForm, shown: Shown, plan: Plan | None = None) -> Response:
    form = replace(form, key=form.key or uuid.uuid4().hex)
    plan = plan or _plan(request, form)
    context = {
        "form": form,
        "plan": plan,
        "shown": shown,
        "errors": shown.errors,
        "templates": services(request).templates.list(),
        "max_upload_mb": services(request).settings.max_upload_mb,
    }
    return render(request, "missions/new.html", context, status=shown.status)


_LIMIT = body_limit(FORM_BYTES)

routes: list[BaseRoute] = [
    Route("/missions/new", show_form, methods=["GET"], name="mission_new"),
    Route("/missions/new", show_again, methods=["POST"], name="mission_form", middleware=_LIMIT),
    Route(
        "/missions/new/preview",
        preview,
        methods=["POST"],
        name="mission_preview",
        middleware=_LIMIT,
    ),
    Route(
        "/missions/new/template",
        save_template,
        methods=["POST"],
        name="template_from_form",
        middleware=_LIMIT,
    ),
    Route("/missions", create, methods=["POST"], name="mission_create", middleware=_LIMIT),
    Route("/missions/new/{action}", back_to_form, methods=["GET"]),
]
