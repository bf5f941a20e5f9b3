"""A team in front of one app: two members, a viewer and an admin, each signed in with a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from tests.conftest import StartApp
from tests.helpers.live import LiveApp, mission_body
from tests.helpers.pictures import png
from tests.helpers.team import Colleague, add_user, bearer
from webapp.accounts.people import Person, Role

# In the order in which their accounts are made; the first one is an admin.
ADA = Person(1, "Ada", Role.ADMIN)
ANN = Person(2, "Ann", Role.MEMBER)
BEN = Person(3, "Ben", Role.MEMBER)
EVA = Person(4, "Eva", Role.VIEWER)
LATER = "2099-01-01 00:00:00"


class Team:
    """The app, asked by somebody."""

    def __init__(self, app: LiveApp, stack: ExitStack) -> None:
        self.app = app
        self._stack = stack
        self._browsers: dict[str, Colleague] = {}
        self._tokens: dict[str, str] = {}
        self._strangers = 0

    def browser(self, who: Person) -> Colleague:
        """Theirs; signs in when it is not, or no longer."""
        if who.name not in self._browsers or not self._browsers[who.name].session:
            self._browsers[who.name] = self._stack.enter_context(Colleague(self.app, who.name))
        return self._browsers[who.name]

    def closes(self, who: Person) -> None:
        """Their browser; the next time they sign in anew."""
        self._browsers.pop(who.name)

    def stranger(self) -> int:
        """An account of somebody who has never come in; returns its id."""
        self._strangers += 1
        return add_user(self.app, f"Stranger {self._strangers}", Role.MEMBER).id

    def call(self, who: Person, method: str, path: str, **options: Any) -> requests.Response:
        """One request by their browser."""
        return self.browser(who).call(method, path, **options)

    def program(self, who: Person, method: str, path: str, **options: Any) -> requests.Response:
        """The same by a program with a token of theirs."""
        if who.name not in self._tokens:
            self._tokens[who.name] = self.browser(who).token()
        headers = bearer(self._tokens[who.name]) | options.pop("headers", {})
        return self.app.call(method, path, headers=headers, **options)

    def data(self, who: Person, method: str, path: str, **options: Any) -> Any:
        """The `data` of a call that must work."""
        answer = self.program(who, method, path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def page(self, who: Person, path: str) -> str:
        """A page that they may see."""
        answer = self.call(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def mission(self, owner: Person, **changes: Any) -> int:
        """A mission of theirs that waits; returns its id."""
        body = mission_body(**({"scheduled_at": LATER} | changes))
        return int(self.data(owner, "POST", "/api/api-missions", json=body)["api_mission_id"])

    def template(self, owner: Person, name: str = "Tall") -> int:
        """A template of theirs; returns its id."""
        body = {"name": name, "task_type": "text_to_image", "config": {"aspectRatio": "9:16"}}
        return int(self.data(owner, "POST", "/api/api-templates", json=body)["id"])

    def image(self, owner: Person) -> str:
        """An uploaded picture's name."""
        files = {"file": ("fox.png", png(), "image/png")}
        found = self.data(owner, "POST", "/api/upload-image", files=files)
        return str(found["filename"])


@pytest.fixture(scope="module")
def team(start_app: StartApp) -> Iterator[Team]:
    app = start_app(poll_interval=0.2)
    for person in (ADA, ANN, BEN, EVA):
        assert add_user(app, person.name, person.role) == person
    with ExitStack() as stack:
        yield Team(app, stack)
