"""Accounts, and people who use them: each with a browser of their own, seen from the wire."""

from __future__ import annotations

from typing import Any

import requests

from tests.helpers.live import LiveApp
from webapp.accounts.people import PROGRAM, Person, Role
from webapp.accounts.team import Team
from webapp.services import Services

PASSWORD = "correct horse, battery staple"


def team_of(app: LiveApp) -> Team:
    """The use cases behind the pages."""
    found: Services = app.app.state.services
    return found.team


def add_user(app: LiveApp, name: str, role: str = "member", password: str = PASSWORD) -> Person:
    """An account, as the command line makes it. The first one must be an admin."""
    return team_of(app).users.add(name, Role(role), password, PROGRAM).person


class Colleague:
    """Somebody with a browser: keeps cookies, and says with each change that it comes from our pages."""

    def __init__(self, app: LiveApp, name: str = "", password: str = PASSWORD) -> None:
        self.app = app
        self.name = name
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Sec-Fetch-Site"] = "same-origin"
        if name:
            answer = self.sign_in(name, password)
            assert answer.status_code == 303, answer.text

    def __enter__(self) -> Colleague:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> requests.Response:
        """Post the form."""
        return self.post("/sign-in", data={"name": name, "password": password, **more})

    def token(self, name: str = "script") -> str:
        """A token of theirs."""
        member = team_of(self.app).users.named(self.name)
        return team_of(self.app).tokens.create(member.person, name)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request; redirects are not followed."""
        options.setdefault("timeout", 30)
        options.setdefault("allow_redirects", False)
        return self.http.request(method, self.app.url + path, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.call("POST", path, **options)

    @property
    def session(self) -> str:
        """The secret in the cookie; empty when signed out."""
        return str(self.http.cookies.get("session", "") or "")


def bearer(token: str) -> dict[str, str]:
    """The header of a program."""
    return {"Authorization": f"Bearer {token}"}
