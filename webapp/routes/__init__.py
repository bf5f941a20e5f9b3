"""The whole URL table: each part lists its own addresses, and here they come together."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from webapp.resources import static_dir
from webapp.routes import (
    account_pages,
    api,
    api_docs,
    audit_pages,
    create_pages,
    hooks,
    invitation_pages,
    media,
    monitoring,
    my_pages,
    pages,
    people_pages,
    restored_pages,
    settings_pages,
    sign_in_pages,
    template_pages,
    unknown_pages,
    usage_pages,
)
from webapp.routes.static_files import MarkedFiles
from webapp.server.body_limit import body_limit
from webapp.settings import Settings

_HOOK_BODY = body_limit(64 * 1024)


def table(settings: Settings) -> list[BaseRoute]:
    """Every address that is answered; the first that fits wins."""
    return [
        *pages.routes,
        *create_pages.routes,
        *template_pages.routes,
        *settings_pages.routes,
        *audit_pages.routes,
        *account_pages.routes,
        *sign_in_pages.routes,
        *invitation_pages.routes,
        *my_pages.routes,
        *people_pages.routes,
        *restored_pages.routes,
        *monitoring.routes,
        *unknown_pages.routes,
        *usage_pages.routes,
        *api.routes,
        *api_docs.routes,
        *media.routes,
        Route(
            "/hooks/rh/{attempt_id:id}/{mac}",
            hooks.runninghub,
            methods=["POST"],
            middleware=_HOOK_BODY,
        ),
        Mount("/static", MarkedFiles(directory=static_dir()), name="static"),
    ]
