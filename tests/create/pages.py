"""The create page over HTTP, used as a browser without JavaScript uses it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape

import requests

from tests.helpers.html_forms import Fields, Form
from tests.helpers.live import LiveApp

BROWSER = {"Sec-Fetch-Site": "same-origin"}
Part = tuple[str, tuple[str | None, str | bytes]]


def create_form(app: LiveApp, query: str = "") -> Form:
    """The form of a new page."""
    answer = app.get(f"/missions/new{query}")
    assert answer.status_code == 200, answer.text
    return Form(answer.text, "mission-form")


def post(
    app: LiveApp,
    path: str,
    fields: Fields,
    files: Sequence[tuple[str, bytes]] = (),
    headers: Mapping[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
) -> requests.Response:
    """Post a form as multipart, as a page of ours does."""
    parts: list[Part] = [(name, (None, value)) for name, value in fields]
    parts += [("files", (name, data)) for name, data in files]
    answer = app.post(path, files=parts, headers={**BROWSER, **(headers or {})}, cookies=cookies)
    app.http.cookies.clear()  # each call stands alone; a program with cookies is taken for a page
    return answer


def previewed(app: LiveApp, fields: Fields, cookies: Mapping[str, str] | None = None) -> Fields:
    """What the form posts after its preview was looked at."""
    answer = post(app, "/missions/new/preview", fields, cookies=cookies)
    assert answer.status_code == 200, answer.text
    return Form(answer.text, "mission-form").fields


def text_of(page: str, element_id: str) -> str:
    """The visible text of an element without further elements of its own kind inside."""
    match = re.search(rf'<(\w+)[^>]* id="{element_id}".*?</\1>', page, re.DOTALL)
    assert match, f"the page has no {element_id}"
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", match[0])).split())
