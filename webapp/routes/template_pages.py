"""/templates: a list with use, rename and delete."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from webapp.errors import Forbidden, InvalidInput
from webapp.htmx import history_header, leave_to
from webapp.messages import Message
from webapp.pages.form_filling import form_of_config
from webapp.pages.notices import leave_notice, redirect_with
from webapp.routes.convertors import register
from webapp.routes.filters import search_words
from webapp.routes.page_forms import read_form
from webapp.services import services
from webapp.task_types import TASK_TYPES, TaskType, task_type_of
from webapp.templating import render
from webapp.views import TemplateView

register()

SEARCH_FROM = 9  #: templates; fewer are seen at once
SHOWN_PICTURES = 5


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """A template as the list shows it."""

    template: TemplateView
    kind: TaskType
    choices: tuple[str, ...]  #: the shared parameters' values
    prompts: tuple[str, ...]
    start: str  #: of the first prompt
    images: tuple[str, ...]
    repeat: str

    @property
    def pictures(self) -> tuple[str, ...]:
        """The first of its images that are stored here."""
        ours = [image for image in self.images if image.startswith("/api/images/")]
        return tuple(ours[:SHOWN_PICTURES])

    def fits(self, words: str) -> bool:
        """Whether a search for this finds it."""
        text = "\n".join([self.template.name, self.template.description, *self.prompts])
        return words.casefold() in text.casefold()


@dataclass(frozen=True, slots=True)
class Refused:
    """A name that did not fit, shown again in its place."""

    template_id: int
    name: str
    problem: Message


def show_templates(request: Request) -> Response:
    """GET /templates, all, or those of one type and with some words."""
    return _list(request)


def _list(request: Request, refused: Refused | None = None, status: int = 200) -> Response:
    task_type = request.query_params.get("type", "")
    task_type = task_type if task_type in TASK_TYPES else ""
    words = search_words(request.query_params)
    every = [_card(template) for template in services(request).templates.list()]
    found = [card for card in every if not words or card.fits(words)]
    context = {
        "groups": _groups(found, task_type),
        "counts": Counter(card.kind.name for card in found),
        "total": len(every),
        "found": len(found),
        "searchable": bool(words) or len(every) >= SEARCH_FROM,
        "chosen": task_type,
        "q": words,
        "refused": refused,
    }
    return render(
        request,
        "mission_templates/list.html",
        context,
        status=status,
        headers=history_header(request),
    )


def _groups(cards: list[TemplateCard], task_type: str) -> list[tuple[TaskType, list[TemplateCard]]]:
    # In the order of the catalogue; behind it what is of a type that is gone.
    names = dict.fromkeys([*TASK_TYPES, *(card.kind.name for card in cards)])
    kinds = [task_type_of(name) for name in names if task_type in ("", name)]
    grouped = [(kind, [card for card in cards if card.kind.name == kind.name]) for kind in kinds]
    return [(kind, of_kind) for kind, of_kind in grouped if of_kind]


def _card(template: TemplateView) -> TemplateCard:
    kind = task_type_of(template.task_type)
    form = form_of_config(kind, template.config)
    return TemplateCard(
        template,
        kind,
        tuple(_choice(name, value) for name, value in form.fixed().items() if value is not False),
        tuple(prompt.text for prompt in form.split()),
        form.suggested_name,
        form.images,
        form.repeat,
    )


def _choice(name: str, value: object) -> str:
    """A flag that is on is shown by its name, a length with its unit."""
    if value is True:
        return name
    return f"{value} s" if name == "duration" else str(value)


async def rename_template(request: Request) -> Response:
    """POST /templates/{id}/rename."""
    data = await read_form(request)
    name = str(data.get("name", ""))
    template_id: int = request.path_params["template_id"]
    return await run_in_threadpool(_rename, request, template_id, name)


def _rename(request: Request, template_id: int, name: str) -> Response:
    try:
        services(request).templates.rename(template_id, name)
    except (Forbidden, InvalidInput) as error:
        return _list(request, Refused(template_id, name, error.message), status=error.status)
    return redirect_with("/templates", "renamed")


async def delete_template(request: Request) -> Response:
    """POST /templates/{id}/delete: asks first, unless the question was already answered."""
    data = await read_form(request)
    template_id: int = request.path_params["template_id"]
    if data.get("confirmed") != "yes":
        return await run_in_threadpool(_ask, request, template_id)
    await run_in_threadpool(services(request).templates.delete, template_id)
    response = leave_to(request, "/templates")
    leave_notice(response, "template_deleted")
    return response


def _ask(request: Request, template_id: int) -> Response:
    template = services(request).templates.mine(template_id)
    return render(request, "mission_templates/delete.html", {"template": template})


def back_to_list(request: Request) -> Response:
    """GET of an action's address, as after a change of language there: the list."""
    return leave_to(request, "/templates")


_ONE = "/templates/{template_id:id}"

routes: list[BaseRoute] = [
    Route("/templates", show_templates, methods=["GET"], name="template_list"),
    Route(_ONE + "/rename", rename_template, methods=["POST"], name="template_rename"),
    Route(_ONE + "/delete", delete_template, methods=["POST"], name="template_delete"),
    Route(_ONE + "/{action}", back_to_list, methods=["GET"]),
]
