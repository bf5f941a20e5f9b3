"""The URL table of the simulator."""

from concurrent.futures import Executor

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from webapp.simulator import (
    account_routes,
    answers,
    control_routes,
    file_routes,
    model_routes,
)
from webapp.simulator.gallery import Gallery
from webapp.simulator.webhooks import Webhooks
from webapp.simulator.world import World

V2 = "/openapi/v2"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ONE_METHOD = ("query", "media/upload/binary", "queue/status", "api-key/list")


async def _unknown(request: Request) -> Response:
    """Bad paths get HTTP 200 and 1001, like everything that is the caller's fault."""
    return JSONResponse(answers.refused("1001"))


async def _wrong_method(request: Request) -> Response:
    return JSONResponse(answers.refused("1009"))


def build(world: World, webhooks: Webhooks, executor: Executor) -> Starlette:
    """The ASGI app; the caller runs `webhooks` and owns `executor`."""
    app = Starlette(routes=[*_v2_routes(), *_other_routes(), *_control_routes()])
    app.state.world = world
    app.state.webhooks = webhooks
    app.state.gallery = Gallery(world, executor)
    return app


def _v2_routes() -> list[Route]:
    return [
        Route(f"{V2}/query", model_routes.query, methods=["POST"]),
        Route(f"{V2}/media/upload/binary", account_routes.upload, methods=["POST"]),
        Route(f"{V2}/queue/status", account_routes.queue_status, methods=["GET"]),
        Route(f"{V2}/api-key/list", account_routes.key_list, methods=["GET"]),
        Route(
            f"{V2}/price-preview/{{endpoint:path}}", model_routes.price_preview, methods=["POST"]
        ),
        *(Route(f"{V2}/{path}", _wrong_method, methods=_METHODS) for path in _ONE_METHOD),
        Route(f"{V2}/{{endpoint:path}}", model_routes.Submit()),
    ]


def _other_routes() -> list[Route]:
    return [
        Route("/", control_routes.index),
        Route("/uc/openapi/accountStatus", account_routes.account_status, methods=["POST"]),
        Route("/files/output/{task_id}/{name}", file_routes.result_file),
        Route("/files/openapi/{name}", file_routes.uploaded_file),
    ]


def _control_routes() -> list[Route]:
    return [
        Route("/_sim/ledger", control_routes.ledger),
        Route("/_sim/stats", control_routes.stats),
        Route("/_sim/scenario", control_routes.scenario, methods=["GET", "POST"]),
        Route("/_sim/reset", control_routes.reset, methods=["POST"]),
        Route("/_sim/config", control_routes.configure, methods=["POST"]),
        Route("/_sim/advance", control_routes.advance, methods=["POST"]),
        Route("/{path:path}", _unknown, methods=_METHODS),
    ]
