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
    """Our address as this caller knows it, so that links start like its own base URL.

    Some published clients always send the platform's name as Host, as its documents ask for;
    a link to there would leave the simulator, so these get the address they connected to.
    """
    if (request.url.hostname or "").endswith((".runninghub.cn", ".runninghub.ai")):
        host, port = request.scope["server"]
        return f"http://{host}:{port}"
    return str(request.base_url).rstrip("/")


def world_of(request: Request) -> World:
    world: World = request.app.state.world
    return world
