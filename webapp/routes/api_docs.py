"""The JSON interface described: as an OpenAPI document, and as a page made from it."""

from __future__ import annotations

from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from webapp.accounts.cookies import session_name
from webapp.api.openapi import OpenApi
from webapp.api.openapi_page import guide
from webapp.api.openapi_schemas import Schema
from webapp.api.operations import Operation
from webapp.messages import msg
from webapp.routes.answers import base_url, speaker
from webapp.routes.api import OPERATIONS, REST
from webapp.services import services
from webapp.templating import render


def show_openapi(request: Request) -> Response:
    """GET /api/openapi.json, in the language of the call."""
    return JSONResponse(_document(request))


def show_docs(request: Request) -> Response:
    """GET /api/docs: the same for people."""
    document = _document(request)
    return render(
        request,
        "api_docs.html",
        {"guide": guide(document), "info": document["info"], "version": document["openapi"]},
    )


def _document(request: Request) -> Schema:
    found = services(request)
    cookie = session_name(request, found.settings.public_url) if found.team.exists() else None
    return _openapi().document(speaker(request), base_url(request), cookie)


@cache
def _openapi() -> OpenApi:
    """Made at the first call: most starts of the program need none."""
    return OpenApi(ALL)


_OWN = (
    Operation(
        method="GET",
        path="/api/openapi.json",
        endpoint=show_openapi,
        group=REST,
        summary=msg("This description as an OpenAPI document"),
        detail=msg("For programs that make clients."),
        answer=dict[str, object],
        enveloped=False,
    ),
    Operation(
        method="GET",
        path="/api/docs",
        endpoint=show_docs,
        group=REST,
        summary=msg("This description as a page"),
        media_types=("text/html",),
        route_name="api_docs",
    ),
)

ALL = (*OPERATIONS, *_OWN)
"""Every operation there is."""

routes: list[BaseRoute] = [operation.route() for operation in _OWN]
