"""Links of invitations and resets, as an admin makes them and a guest uses them."""

from __future__ import annotations

import re

from tests.helpers.live import LiveApp
from tests.helpers.team import PASSWORD, Colleague, team_of

PAGE = "/settings/people"


def invite(admin: Colleague, role: str = "member") -> str:
    """The path of a new link."""
    answer = admin.post(f"{PAGE}/invite", data={"role": role})
    assert answer.headers["cache-control"] == "no-store"
    return link_on(answer.text)


def link_on(page: str) -> str:
    paths = set(re.findall(r"(/invitation/[\w-]{43})<", page))
    assert len(paths) == 1
    return str(paths.pop())


def accept(somebody: Colleague, path: str, name: str, **more: str) -> int:
    data = {"name": name, "password": PASSWORD, "again": PASSWORD, **more}
    return somebody.post(path, data=data).status_code


def user_id(app: LiveApp, name: str) -> int:
    return team_of(app).users.named(name).id
