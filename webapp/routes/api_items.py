"""Single items over JSON: try again, stop, decide about an unknown one (design.md §7)."""

from __future__ import annotations

from typing import Literal, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from webapp.errors import InvalidInput
from webapp.json_views import item_json
from webapp.messages import msg
from webapp.routes.answers import base_url, ok, speaker
from webapp.routes.bodies import JsonObject, read_options
from webapp.services import services
from webapp.views import ItemView

Action = Literal["attach", "fail", "resubmit"]
_ACTIONS = ("attach", "fail", "resubmit")


async def retry_item(request: Request) -> Response:
    """One more try. An unknown item may be paid for already and needs `confirm`."""
    options = await read_options(request, known=("confirm",))
    mission_id, index = _address(request)
    confirm = _flag(options, "confirm")
    item = await run_in_threadpool(
        lambda: services(request).missions.retry_item(mission_id, index, confirm_unknown=confirm)
    )
    return _answer(request, item)


async def cancel_item(request: Request) -> Response:
    """Stop one item."""
    await read_options(request)
    mission_id, index = _address(request)
    item = await run_in_threadpool(services(request).missions.cancel_item, mission_id, index)
    return _answer(request, item)


async def resolve_item(request: Request) -> Response:
    """What a person knows about an item whose submit was never answered."""
    options = await read_options(request, known=("action", "runninghub_task_id", "confirm"))
    mission_id, index = _address(request)
    action, task_id, confirm = _action(options), _task_id(options), _flag(options, "confirm")
    item = await run_in_threadpool(
        lambda: services(request).missions.resolve_item(
            mission_id, index, action=action, remote_task_id=task_id, confirm=confirm
        )
    )
    return _answer(request, item)


def _address(request: Request) -> tuple[int, int]:
    return request.path_params["mission_id"], request.path_params["item_index"]


def _answer(request: Request, item: ItemView) -> Response:
    return ok(item_json(item, base_url(request), speaker(request)))


def _action(options: JsonObject) -> Action:
    action = options.get("action")
    if action not in _ACTIONS:
        raise InvalidInput.field(
            "action", msg("action must be one of %(choices)s.", choices=", ".join(_ACTIONS))
        )
    return cast(Action, action)


def _task_id(options: JsonObject) -> str | None:
    """RunningHub's ids have 19 digits: as a JSON number many clients would have rounded it."""
    task_id = options.get("runninghub_task_id")
    if task_id is None or isinstance(task_id, str):
        return task_id
    raise InvalidInput.field(
        "runninghub_task_id", msg("runninghub_task_id must be a text, in quotes.")
    )


def _flag(options: JsonObject, name: str) -> bool:
    value = options.get(name, False)
    if not isinstance(value, bool):
        raise InvalidInput.field(name, msg("%(field)s must be true or false.", field=name))
    return value
