"""The language and the theme of a visitor, kept in cookies."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from webapp.addresses import split_address
from webapp.htmx import see_other
from webapp.i18n import LANGUAGES
from webapp.pages.visitor import LANGUAGE_COOKIE, THEME_COOKIE, THEMES
from webapp.routes.page_forms import read_form

_YEAR_S = 365 * 24 * 3600
_NOT_PAGES = ("/api/", "/static/", "/media/", "/health")


class LanguageMiddleware:
    """Turns `?lang=zh` on any page into a cookie and the same address without it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["method"] == "GET"
            and b"lang=" in scope["query_string"]
        ):
            request = Request(scope)
            language = request.query_params.get("lang")
            if language in LANGUAGES and not scope["path"].startswith(_NOT_PAGES):
                await _choose(request, language)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _choose(request: Request, language: str) -> Response:
    rest = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    # The path of the request itself: it cannot lead to another site, unless it begins with two slashes.
    path = "/" + request.url.path.lstrip("/")
    response = RedirectResponse(f"{path}?{urlencode(rest)}" if rest else path, status_code=303)
    _remember(response, LANGUAGE_COOKIE, language)
    return response


async def set_theme(request: Request) -> Response:
    """POST /preferences/theme: back to the page that the button was on."""
    form = await read_form(request)
    response = see_other(came_from(request))
    theme = form.get("theme")
    if isinstance(theme, str) and theme in THEMES:
        _remember(response, THEME_COOKIE, theme)
    return response


def came_from(request: Request, otherwise: str = "/missions") -> str:
    """The page of ours that a form was sent from."""
    parts = split_address(request.headers.get("referer", ""))
    if not parts.netloc or parts.netloc != request.url.netloc:
        return otherwise
    path = "/" + parts.path.lstrip("/")
    return f"{path}?{parts.query}" if parts.query else path


def _remember(response: Response, cookie: str, value: str) -> None:
    response.set_cookie(cookie, value, _YEAR_S, httponly=True, samesite="lax")
