"""A team in front of one app: two members, a viewer and an admin. Who asks stands in a header, for how
people sign in is tested elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.conftest import StartApp
from tests.helpers.live import LiveApp, mission_body
from tests.helpers.pictures import png
from webapp import middleware
from webapp.db import writing
from webapp.models import User
from webapp.people import LOCAL, Person, Role

ANN = Person(1, "Ann", Role.MEMBER)
BEN = Person(2, "Ben", Role.MEMBER)
EVA = Person(3, "Eva", Role.VIEWER)
ADA = Person(4, "Ada", Role.ADMIN)
TEAM = {person.name: person for person in (ANN, BEN, EVA, ADA)}
HEADER = b"x-test-person"
LATER = "2099-01-01 00:00:00"


class IdentifyByHeader:
    """In place of the real one: the person whose name the request gives."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            name = dict(scope["headers"]).get(HEADER, b"").decode()
            scope["user"] = TEAM.get(name, LOCAL)
        await self.app(scope, receive, send)


class Team:
    """The app, asked by somebody."""

    def __init__(self, app: LiveApp) -> None:
        self.app = app

    def call(self, who: Person, method: str, path: str, **options: Any) -> Any:
        """One request; `cookies` of earlier answers are forgotten."""
        headers = {HEADER.decode(): who.name, **options.pop("headers", {})}
        answer = self.app.call(method, path, headers=headers, **options)
        self.app.http.cookies.clear()
        return answer

    def data(self, who: Person, method: str, path: str, **options: Any) -> Any:
        """The `data` of a call that must work."""
        answer = self.call(who, method, path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(middleware, "Identify", IdentifyByHeader)
        app = start_app(poll_interval=0.2)
    now = datetime.now(UTC)
    with writing():
        for person in TEAM.values():
            User.insert(
                id=person.id,
                name=person.name,
                role=person.role,
                password_hash="",
                created_at=now,
                password_at=now,
            ).execute()
    yield Team(app)
