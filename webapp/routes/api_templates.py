"""Templates over JSON (design.md §7)."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from webapp.api.api_requests import NoOptions, TemplatesQuery
from webapp.api.json_shapes import Deleted, TemplateList
from webapp.api.json_views import template_json
from webapp.api.whole_requests import read_template
from webapp.routes.answers import ok
from webapp.routes.bodies import read_object, read_options
from webapp.services import services


def list_templates(request: Request) -> Response:
    """All of them, or those of one task type."""
    query = TemplatesQuery.of(request.query_params)
    found = services(request).templates.list(query.task_type)
    answer: TemplateList = {"items": [template_json(one) for one in found], "total": len(found)}
    return ok(answer)


def show_template(request: Request) -> Response:
    """One template."""
    return ok(template_json(services(request).templates.get(request.path_params["template_id"])))


async def create_template(request: Request) -> Response:
    """Keep a task type with parameters under a name."""
    body = await read_object(request)
    template = await run_in_threadpool(
        lambda: services(request).templates.create(read_template(body))
    )
    return ok(template_json(template))


async def update_template(request: Request) -> Response:
    """Replace a template as a whole."""
    body = await read_object(request)
    template_id: int = request.path_params["template_id"]
    template = await run_in_threadpool(
        lambda: services(request).templates.update(template_id, read_template(body))
    )
    return ok(template_json(template))


async def delete_template(request: Request) -> Response:
    """Missions made from it stay as they are."""
    await read_options(request, NoOptions)
    template_id: int = request.path_params["template_id"]
    await run_in_threadpool(services(request).templates.delete, template_id)
    gone: Deleted = {"id": template_id}
    return ok(gone)
