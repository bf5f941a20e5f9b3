"""What htmx 4 adds to a request and to an answer (https://four.htmx.org)."""

from __future__ import annotations

from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from webapp.addresses import split_address


def is_htmx(request: Request) -> bool:
    """Whether htmx asks, and not the browser for a whole page (Back asks without this header)."""
    return request.headers.get("hx-request") == "true"


def page_of(request: Request) -> str:
    """The address, without the host, of the page on which somebody is: what was asked for, or where
    the form or the fragment was. For a link back to it."""
    if request.method in ("GET", "HEAD") and not is_htmx(request):
        path, query = request.url.path, request.url.query
    else:
        parts = split_address(
            request.headers.get("hx-current-url") or request.headers.get("referer", "")
        )
        same = parts.netloc == request.url.netloc
        path, query = (parts.path, parts.query) if same else ("/missions", "")
    path = own_path(path)
    return f"{path}?{query}" if query else path


def own_path(wish: str, otherwise: str = "/missions") -> str:
    """An address of ours to go to, from a wish that came from outside: it must not lead to another
    site, however browsers read slashes, backslashes and control signs."""
    parts = split_address(wish)
    ours = wish.startswith("/") and not wish.startswith("//") and not parts.netloc
    return wish if ours and "\\" not in wish and wish.isprintable() else otherwise


def unchanged() -> Response:
    """204: a poll found nothing new, and htmx leaves the page alone."""
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def see_other(url: str) -> RedirectResponse:
    """Answer a POST by a page: 303, so that a reload does not post again."""
    return RedirectResponse(url, status_code=303)


def leave_to(request: Request, url: str) -> Response:
    """Go to another page: htmx loads it whole instead of swapping it into this one."""
    if is_htmx(request):
        return Response(status_code=200, headers={"HX-Redirect": url})
    return see_other(url)


def typed_in(request: Request, name: str = "q") -> bool:
    """Whether a search field changed since the page that asks was shown.

    Each pause while typing asks once; those must not fill the browser's history.
    """
    before = parse_qs(split_address(request.headers.get("hx-current-url", "")).query)
    return request.query_params.get(name, "") != "".join(before.get(name, [""])[:1])


def history_header(request: Request) -> dict[str, str]:
    """Let a filter choice make an entry in the browser's history; typing makes none, and neither does
    an action, after which the same page comes again."""
    if not is_htmx(request):
        return {}
    # A form sends its empty fields too; the address is better without them.
    query = [pair for pair in request.query_params.multi_items() if pair[1]]
    if (request.url.path, query) == _shown(request):
        return {"HX-Push-Url": "false"}
    url = f"{request.url.path}?{urlencode(query)}" if query else request.url.path
    return {"HX-Replace-Url" if typed_in(request) else "HX-Push-Url": url}


def _shown(request: Request) -> tuple[str, list[tuple[str, str]]]:
    """Path and query of the page that asks, without what only its scripts read (lightbox.js)."""
    parts = split_address(request.headers.get("hx-current-url", ""))
    return parts.path, [pair for pair in parse_qsl(parts.query) if pair[0] != "item"]
