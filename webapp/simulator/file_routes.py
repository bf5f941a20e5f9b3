"""The files behind result and upload links."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from webapp.simulator import answers
from webapp.simulator.gallery import MIME_TYPES, Gallery
from webapp.simulator.injection import injected
from webapp.simulator.requests_in import world_of
from webapp.simulator.tasks import Task

_EXPIRED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
)


async def result_file(request: Request) -> Response:
    """GET /files/output/{task_id}/{index}.{ext}: drawn when it is first asked for."""
    world = world_of(request)
    world.saw("download")
    task_id, name = request.path_params["task_id"], request.path_params["name"]
    task = world.find_task(task_id)

    async def proceed() -> Response:
        return await _result(request, task, name)

    rule = world.strike("download", task_id, task.prompt if task else "")
    return await (injected(rule, proceed, answers.refused) if rule else proceed())


async def _result(request: Request, task: Task | None, name: str) -> Response:
    world = world_of(request)
    names = [f"{i}.{ext}" for i, ext in enumerate(task.extensions())] if task else []
    if task is None or name not in names or not task.is_over(world.clock.now()):
        return PlainTextResponse("not found", 404)
    if world.link_is_expired(task):
        return Response(_EXPIRED, world.config.expired_status, media_type="application/xml")
    gallery: Gallery = request.app.state.gallery
    data = await gallery.result(task, names.index(name))
    return Response(data, media_type=MIME_TYPES[name.rpartition(".")[2]])


async def uploaded_file(request: Request) -> Response:
    """GET /files/openapi/{name}: an upload as it came."""
    world = world_of(request)
    upload = world.uploads.find(request.path_params["name"], world.clock.now())
    if upload is None:
        return Response(_EXPIRED, world.config.expired_status, media_type="application/xml")
    return Response(upload.data, media_type=upload.mime)
