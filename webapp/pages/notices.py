"""One sentence about what was just done, carried over a redirect in a short-lived cookie.

The cookie holds a word of the table below and a number, never text: nothing in it needs a signature.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from webapp.htmx import see_other
from webapp.messages import Message, msg, nmsg

NOTICE_COOKIE = "notice"
_LIFETIME_S = 60

NOTICES: dict[str, Callable[[int], Message]] = {
    "created": lambda n: nmsg(
        "Mission started with %(count)s item.", "Mission started with %(count)s items.", n
    ),
    "retried": lambda n: (
        nmsg("%(count)s item is queued again.", "%(count)s items are queued again.", n)
        if n
        else msg("None of these items could be tried again.")
    ),
    "cancelled": lambda n: (
        nmsg("%(count)s item was cancelled.", "%(count)s items were cancelled.", n)
        if n
        else msg("Cancelled. No item was still waiting.")
    ),
    "refetched": lambda n: nmsg(
        "%(count)s file is being downloaded again.",
        "%(count)s files are being downloaded again.",
        n,
    ),
    "paused": lambda _: msg("Paused. What is already at RunningHub will still finish."),
    "resumed": lambda _: msg("Running again."),
    "went_on": lambda n: (
        nmsg(
            "The account works. %(count)s mission goes on.",
            "The account works. %(count)s missions go on.",
            n,
        )
        if n
        else msg("No mission is paused because of the account any more.")
    ),
    "renamed": lambda _: msg("Name saved."),
    "deleted": lambda _: msg("Mission deleted. The record of its costs is kept."),
    "attached": lambda _: msg("Task attached. Its result will be fetched."),
    "failed": lambda _: msg("Marked as failed. Nothing more is sent for this item."),
    "given_up": lambda n: nmsg(
        "%(count)s item marked as failed. Nothing more is sent for it.",
        "%(count)s items marked as failed. Nothing more is sent for them.",
        n,
    ),
    "resubmitted": lambda n: nmsg(
        "%(count)s item is submitted again.", "%(count)s items are submitted again.", n
    ),
    "template_saved": lambda _: msg("Template saved."),
    "template_deleted": lambda _: msg("Template deleted."),
    "password_changed": lambda _: msg("Password changed. All other browsers are signed out."),
    "signed_out_there": lambda _: msg("That browser is signed out."),
    "token_revoked": lambda _: msg("Token revoked."),
    "role_changed": lambda _: msg("Role changed."),
    "person_disabled": lambda _: msg("Disabled, and signed out everywhere."),
    "person_enabled": lambda _: msg("Enabled again."),
    "link_revoked": lambda _: msg("The link opens nothing any more."),
    "saved": lambda _: msg("Saved."),
    "reviewed": lambda _: msg("Decided. What is to be submitted is submitted again."),
}


def redirect_with(url: str, notice: str, count: int = 0) -> RedirectResponse:
    """See-other to a page that will say `notice`, a word of NOTICES."""
    response = see_other(url)
    leave_notice(response, notice, count)
    return response


def leave_notice(response: Response, notice: str, count: int = 0) -> None:
    """Put a notice on an answer, for the next page."""
    if notice not in NOTICES:
        raise KeyError(notice)
    response.set_cookie(
        NOTICE_COOKIE, f"{notice}:{count}", _LIFETIME_S, httponly=True, samesite="lax"
    )


def read_notice(request: Request) -> Message | None:
    """The notice that the last action left, if any."""
    word, _, count = request.cookies.get(NOTICE_COOKIE, "").partition(":")
    if word not in NOTICES or not (count.isascii() and count.isdigit() and len(count) < 10):
        return None
    return NOTICES[word](int(count))


def forget(response: Response) -> None:
    """A notice is shown once."""
    response.delete_cookie(NOTICE_COOKIE, httponly=True, samesite="lax")
