"""Reading what a caller sent."""

import json
import math
from typing import Any, NoReturn

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
        data = read_json(await request.body())
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def read_json(raw: bytes) -> Any:
    """What can be said again in an answer and in a file: ValueError or RecursionError for the rest. Half of a
    surrogate pair becomes a question mark."""
    data = json.loads(raw, parse_constant=_refuse, parse_float=_finite)
    if rb"\ud" in raw.lower():
        return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
    return data


def _refuse(word: str) -> NoReturn:
    """NaN and Infinity, which are no JSON."""
    raise ValueError(word)


def _finite(digits: str) -> float:
    """A number that an answer of ours can carry: 1e999 would be infinite."""
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


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
