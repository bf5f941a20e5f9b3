"""Reading what a caller sent."""

import json
from typing import Any

from starlette.requests import Request

from webapp.simulator.world import World


def bearer_key(request: Request) -> str:
    """The key of the Authorization header; the official tools sometimes leave out "Bearer"."""
    value = request.headers.get("authorization", "")
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value.strip()


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON object of the body; an empty one for anything else, which then fails its check."""
    try:
        data = json.loads(await request.body())
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def base_url(request: Request) -> str:
    """Our address as this caller knows it."""
    return str(request.base_url).rstrip("/")


def world_of(request: Request) -> World:
    world: World = request.app.state.world
    return world
