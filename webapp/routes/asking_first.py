"""The question before something that cannot be taken back, for browsers without JavaScript."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from webapp.messages import Message
from webapp.templating import render


def ask_first(request: Request, question: Message, back: str) -> Response:
    """A page with the question; its yes posts to this address again, as `confirmed`."""
    context = {"question": question, "back": back}
    return render(request, "team/confirm.html", context)
