"""What the tests of the pages look for in HTML, and how a browser with htmx asks."""

from __future__ import annotations

import html
import re
from typing import Any

import requests

from tests.helpers.live import LiveApp

LATER = "2099-01-01 00:00:00"
"""A mission that starts then does not move during a test."""


def browser(app: LiveApp, page: str = "/missions", **more: str) -> dict[str, str]:
    """The headers of a form that was sent from a page of ours."""
    return {"Sec-Fetch-Site": "same-origin", "Referer": app.url + page} | more


def htmx(**more: str) -> dict[str, str]:
    """The headers of a request by htmx."""
    return {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"} | more


def post(app: LiveApp, path: str, page: str = "/missions", **fields: Any) -> requests.Response:
    """Send a form as a browser does, confirmed; forgets the notice that comes back as a cookie, for
    a program with cookies but without a browser's headers may not change anything."""
    data = {"confirmed": "yes", **fields}
    answer = app.post(path, data=data, headers=browser(app, page))
    app.http.cookies.clear()
    return answer


def waiting_mission(app: LiveApp, prompts: list[str] | None = None, **changes: Any) -> int:
    """A mission whose items all wait."""
    config = {"batch_input": prompts or [f"prompt {number}" for number in range(1, 6)]}
    return app.create(config=config, scheduled_at=LATER, **changes)


def poll_address(page: str, element: str = "live") -> str | None:
    """Where the poller of a page asks; None when it rests."""
    found = re.search(rf'<div id="{element}"[^>]*?hx-get="([^"]+)"', page, re.DOTALL)
    return html.unescape(found[1]) if found else None


def partials(page: str) -> list[str]:
    """The targets of the partials of a poll's answer."""
    return re.findall(r'<hx-partial hx-target="([^"]+)"', page)


def item_ids(page: str) -> list[str]:
    """The item elements of a page, in order."""
    return re.findall(r'id="(it-\d+)"', page)


def text_of(page: str) -> str:
    """The words of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())
