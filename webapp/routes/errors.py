"""Every error as an answer: a page, a fragment for htmx, or the JSON envelope."""

from __future__ import annotations

import html
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import ExceptionHandler, Scope

from webapp.errors import (
    AppError,
    Conflict,
    Forbidden,
    MalformedRequest,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooManyTries,
    Unavailable,
    UnsupportedMedia,
)
from webapp.htmx import is_htmx, page_of, see_other
from webapp.messages import Message, msg
from webapp.pages.visitor import language_of
from webapp.safety.receipts import receipts_path
from webapp.safety.storage import CLOSED, Closed, Trouble
from webapp.server.logs import request_id
from webapp.services import services
from webapp.templating import fragment, render

log = logging.getLogger(__name__)

_RETRY_AFTER_S = 2


HANDLERS: Mapping[Any, ExceptionHandler]
"""For Starlette's exception_handlers. All other exceptions go on to middleware.AnswerErrors."""


async def answer(request: Request, error: Exception) -> Response:
    """What the person or the program is told. Never raises, never shows a traceback."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        allowed = _allowed_methods(request)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allowed)
        return await _say(request, _NotAllowed(request.method), allowed)
    if isinstance(error, HTTPException):
        return await _say(request, _foreseen(error), error.headers or {})
    if isinstance(error, NotSignedIn):
        return await _ask_who(request, error)
    if isinstance(error, TooManyTries):
        return await _say(request, error, {"Retry-After": str(error.retry_after_s)})
    if isinstance(error, AppError):
        again = {"Retry-After": str(_RETRY_AFTER_S)} if isinstance(error, Unavailable) else {}
        return await _say(request, error, again)
    # What the database says, in our words; app.py knows its errors.
    told: AppError | None = request.app.state.told(error)
    if told is not None:
        return await answer(request, told)
    return await _say(request, _Unforeseen(request_id.get()), {})


HANDLERS = {AppError: answer, HTTPException: answer}


def log_unforeseen(scope: Scope, error: Exception) -> None:
    """One line and the traceback; the request id in both leads from a report to this place."""
    log.error("%s %s failed", scope["method"], scope["path"], exc_info=error)


class _NotAllowed(AppError):
    status = 405

    def __init__(self, method: str) -> None:
        super().__init__(msg("This address does not take %(method)s.", method=method))


class _Unforeseen(AppError):
    status = 500

    def __init__(self, number: str) -> None:
        super().__init__(
            msg("Something went wrong on our side. The log says more under %(id)s.", id=number)
        )


class _Other(AppError):
    def __init__(self, status: int) -> None:
        super().__init__(msg("This request cannot be answered (%(status)s).", status=status))
        self.status = status


def _foreseen(error: HTTPException) -> AppError:
    """Starlette's own refusals in our words; their details are English and for developers."""
    match error.status_code:
        case 400:
            return MalformedRequest(msg("The request could not be read."))
        case 403:
            return Forbidden(msg("This is not allowed."))
        case 404:
            return NotFound()
        case 409:
            return Conflict(msg("Somebody else was first. Please look again."))
        case 413:
            return TooLarge(msg("This is too large."))
        case 415:
            return UnsupportedMedia(msg("This kind of file is not taken."))
    return _Other(error.status_code)


async def _ask_who(request: Request, error: NotSignedIn) -> Response:
    """A page leads to the sign-in and back; a program learns how to say who it is."""
    if not is_page(request.url.path):
        return _as_json(request, error, {"WWW-Authenticate": 'Bearer realm="missions"'})
    url = f"/sign-in?{urlencode({'next': page_of(request)})}"
    if is_htmx(request):
        # With 303 the sign-in page would be swapped into a corner of this one.
        return Response(status_code=error.status, headers={"HX-Redirect": url})
    return see_other(url)


def is_page(path: str) -> bool:
    """Whether a person looks at this address, and not a program or an <img>."""
    files = path.startswith("/media/") or path.endswith("/download")
    return not (files or path == "/metrics" or _is_json(path))


async def _say(request: Request, error: AppError, headers: Mapping[str, str]) -> Response:
    if _wants_json(request):
        response: Response = _as_json(request, error)
    else:
        response = await run_in_threadpool(_as_html, request, error)
    response.headers.update(headers)
    return response


def _wants_json(request: Request) -> bool:
    return _is_json(request.url.path)


def _is_json(path: str) -> bool:
    if path == "/api/docs":  # a page about the JSON interface
        return False
    return path in ("/api", "/health") or path.startswith(("/api/", "/hooks/"))


def _as_json(
    request: Request, error: AppError, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    language, catalogue = language_of(request), services(request).catalogue
    fields = [
        {"field": one.field, "message": catalogue.translate(language, one.message)}
        for one in error.errors
    ]
    envelope: dict[str, object] = {
        "code": error.status,
        "message": catalogue.translate(language, error.message),
        "errors": fields,
    }
    if isinstance(error, _Unforeseen):
        envelope["request_id"] = request_id.get()
    return JSONResponse(envelope, status_code=error.status, headers=headers)


def _as_html(request: Request, error: AppError) -> Response:
    template = "errors/_error.html" if is_htmx(request) else "errors/error.html"
    context: dict[str, object] = {
        "status": error.status,
        "message": error.message,
        "errors": error.errors,
    }
    if isinstance(error, Closed) and not is_htmx(request):
        template = "errors/closed.html"
        missing = error.trouble is Trouble.GONE
        context |= {"told": CLOSED[error.trouble], "missing": missing, **_files(request)}
    if error.status >= 500:
        context["account_trouble"] = (
            None  # to know it is a query, and maybe queries are the trouble
        )
    try:
        if is_htmx(request):
            response = fragment(request, template, context)
            response.status_code = error.status
            return response
        return render(request, template, context, status=error.status)
    except Exception:
        # The trouble may be in the templates themselves; the person is still owed a sentence.
        log.exception("the error page could not be made")
        return _bare_page(request, error.status, error.message)


def _files(request: Request) -> dict[str, str]:
    """Names without folders: a stranger may read this page."""
    settings = services(request).settings
    return {"database": settings.sqlite_path().name, "receipts": receipts_path(settings).name}


def _bare_page(request: Request, status: int, message: Message) -> HTMLResponse:
    sentence = services(request).catalogue.translate(language_of(request), message)
    return HTMLResponse(
        f"<!doctype html><title>{status}</title><p>{html.escape(sentence)}</p>", status
    )


def _allowed_methods(request: Request) -> dict[str, str]:
    """All methods of all routes at this address: Starlette names those of the first one only."""
    scope = {**request.scope, "root_path": request.scope.get("app_root_path", "")}
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    # No route: the address is in a folder of files.
    return {"Allow": ", ".join(sorted((methods or {"GET", "HEAD"}) | {"OPTIONS"}))}
