"""The control calls under /_sim/, for tests and demos; the platform has nothing like them."""

from collections.abc import Awaitable, Callable
from decimal import InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from webapp.simulator.faults import Rule
from webapp.simulator.requests_in import read_json, world_of

_NONSENSE = (
    *(ValueError, TypeError, KeyError, AttributeError),
    *(OverflowError, RecursionError, InvalidOperation),
)

Handler = Callable[[Request], Awaitable[Response]]


def _strict(handler: Handler) -> Handler:
    """Answers 400 with the reason for a control call that makes no sense."""

    async def checked(request: Request) -> Response:
        try:
            return await handler(request)
        except _NONSENSE as error:
            return JSONResponse({"error": str(error)}, 400)

    return checked


async def _body(request: Request) -> Any:
    text = await request.body()
    return read_json(text) if text else {}


async def index(request: Request) -> Response:
    """One sentence for whoever opens it in a browser."""
    return PlainTextResponse(
        "This is a simulator of RunningHub's v2 interface for tests and demos: "
        "it makes up pictures and videos, costs nothing and calls nobody.\n"
    )


async def ledger(request: Request) -> Response:
    return JSONResponse(world_of(request).ledger())


async def stats(request: Request) -> Response:
    return JSONResponse(world_of(request).stats_view())


@_strict
async def scenario(request: Request) -> Response:
    """GET shows the rules; POST adds one rule or a list of them."""
    world = world_of(request)
    if request.method == "POST":
        data = await _body(request)
        rules = [Rule.parse(dict(item)) for item in (data if isinstance(data, list) else [data])]
        for rule in rules:
            world.scenario.add(rule)
    return JSONResponse(world.scenario.view())


async def reset(request: Request) -> Response:
    world_of(request).reset()
    request.app.state.webhooks.clear()
    return JSONResponse({"ok": True})


@_strict
async def configure(request: Request) -> Response:
    world_of(request).configure(await _body(request))
    return JSONResponse({"ok": True})


@_strict
async def advance(request: Request) -> Response:
    """Let `seconds` pass, or with `"finish": true` end every task now; `match` chooses by prompt."""
    world, body = world_of(request), await _body(request)
    world.advance(float(body.get("seconds", 0)))
    if body.get("finish"):
        world.finish_all(str(body.get("match", "")))
    request.app.state.webhooks.poke()
    return JSONResponse({"ok": True})
