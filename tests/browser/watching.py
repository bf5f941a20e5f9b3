"""Notices what a page complains about: console, scripts, policy, answers."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

_REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
_ERROR_ANSWER = re.compile(r"Failed to load resource: .* status of (\d{3})")


class Watch:
    """Collects complaints of every page of a context.

    Error answers are complaints too, unless a test expects them (`expects`).
    """

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []  #: method and path, with query, of every request to the app
        self._expected: set[int] = set()
        self._tolerated: list[str] = []
        context.add_init_script(_REPORT_VIOLATIONS)
        context.on("page", self._see)
        context.on("request", self._note)
        context.on("response", self._judge)

    def expects(self, *statuses: int) -> None:
        """These error answers belong to the test."""
        self._expected.update(statuses)

    def tolerates(self, words: str) -> None:
        """The browser says this itself, for what the test does to it."""
        self._tolerated.append(words)

    def count(self, part: str) -> int:
        """How many requests had this in their method and path."""
        return sum(part in request for request in self.requests)

    def _see(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("crash", lambda _: self.complaints.append(f"{page.url}: crashed"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if any(words in message.text for words in self._tolerated):
            return
        answer = _ERROR_ANSWER.search(message.text)
        if answer is None:  # `_judge` sees the others
            self.complaints.append(f"{message.type}: {message.text} {message.location}")

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        query = f"?{parts.query}" if parts.query else ""
        self.requests.append(f"{request.method} {parts.path}{query}")

    def _judge(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.complaints.append(f"{response.status} {response.request.method} {response.url}")
