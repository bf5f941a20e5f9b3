"""Every address that there is, with every method, asked by everybody: a new one must be named here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.routing import Mount, Route

from tests.helpers.live import mission_body
from tests.rights.conftest import ADA, ANN, BEN, EVA, LATER, Team
from webapp.accounts.people import Person, Role
from webapp.api.operations import Operation
from webapp.routes import table
from webapp.routes.api import OPERATIONS
from webapp.settings import Settings

PEOPLE = (EVA, BEN, ANN, ADA)
"""The thing that is asked about is Ann's."""

ALL = (EVA, BEN, ANN, ADA)
MAKERS = (BEN, ANN, ADA)
OWNER = (ANN, ADA)
ADMIN = (ADA,)

FORM = {"task_type": "text_to_image", "prompts": "a fox", "name": "Fox", "repeat": "1"}
TEMPLATE = {"name": "Wide", "task_type": "text_to_image", "config": {}}
DONE = {"data": {"confirmed": "yes"}}


@dataclass(frozen=True)
class Rule:
    """Who may, and what they are then answered; others get a 403."""

    who: tuple[Person, ...]
    status: int = 200
    sent: dict[str, Any] = field(default_factory=dict)


def upload() -> dict[str, Any]:
    return {"files": {"file": ("a.txt", b"no picture", "text/plain")}}


M = "/missions/{mission_id:id}"
A = "/api/api-missions/{mission_id:id}"
I = A + "/items/{item_index:id}"  # noqa: E741
P = M + "/items/{index:id}"
U = "/settings/people/{user_id:id}"
T = "/templates/{template_id:id}"
AT = "/api/api-templates/{template_id:id}"

RULES: dict[str, Rule] = {
    # Pages
    "GET /": Rule(ALL, 303),
    "GET /missions": Rule(ALL),
    "GET /missions/live": Rule(ALL, 200, {"params": {"rev": "999999"}}),
    f"GET {M}": Rule(ALL),
    f"GET {M}/live": Rule(ALL),
    f"GET {P}": Rule(ALL),
    f"GET {M}/download": Rule(ALL),
    f"GET {M}/history": Rule(ALL),
    f"POST {M}/pause": Rule(OWNER, 303),
    f"POST {M}/resume": Rule(OWNER, 409),
    f"POST {M}/cancel": Rule(OWNER, 303, DONE),
    f"POST {M}/retry": Rule(OWNER, 303, DONE),
    f"POST {M}/refetch": Rule(OWNER, 303),
    f"POST {M}/rename": Rule(OWNER, 303, {"data": {"name": "Winter"}}),
    f"POST {M}/delete": Rule(OWNER, 303, DONE),
    f"POST {M}/items/retry": Rule(OWNER, 303, {"data": {"index": "1", "confirmed": "yes"}}),
    f"POST {M}/items/cancel": Rule(OWNER, 303, {"data": {"index": "1", "confirmed": "yes"}}),
    f"POST {P}/retry": Rule(OWNER, 409, DONE),
    f"POST {P}/cancel": Rule(OWNER, 303, DONE),
    f"POST {P}/resolve": Rule(OWNER, 409, {"data": {"action": "fail"}}),
    f"POST {P}/refetch": Rule(OWNER, 303),
    "POST /preferences/theme": Rule(ALL, 303),
    "GET /missions/new": Rule(MAKERS),
    "POST /missions/new": Rule(MAKERS, 200, {"data": FORM}),
    "POST /missions/new/preview": Rule(MAKERS, 200, {"data": FORM}),
    "POST /missions/new/template": Rule(MAKERS, 200, {"data": FORM | {"template_name": "Fox"}}),
    "POST /missions": Rule(MAKERS, 422, {"data": FORM}),  # shown first
    "GET /missions/new/{action}": Rule(ALL, 303),
    "GET /templates": Rule(ALL),
    f"POST {T}/rename": Rule(OWNER, 303, {"data": {"name": "Wide"}}),
    f"POST {T}/delete": Rule(OWNER, 303, DONE),
    f"GET {T}/{{action}}": Rule(ALL, 303),
    "GET /usage": Rule(ALL),
    "GET /usage.csv": Rule(ALL),
    "GET /settings": Rule(ALL),
    "GET /settings/connection": Rule(ALL),
    "POST /settings/test": Rule(ALL),
    "GET /settings/test": Rule(ALL, 303),
    "GET /settings/audit": Rule(ADMIN),
    "GET /settings/audit.csv": Rule(ADMIN),
    "GET /settings/people": Rule(ADMIN),
    "POST /settings/people/invite": Rule(ADMIN, 200, {"data": {"role": "viewer"}}),
    "POST /settings/people/invitations/{invitation_id:id}/revoke": Rule(ADMIN, 404, DONE),
    f"POST {U}/role": Rule(ADMIN, 303, {"data": {"role": "viewer"}}),
    f"POST {U}/disable": Rule(ADMIN, 303, DONE),
    f"POST {U}/enable": Rule(ADMIN, 303),
    f"POST {U}/reset": Rule(ADMIN),
    "GET /settings/people/{rest:path}": Rule(ALL, 303),
    "GET /settings/account": Rule(ALL),
    "POST /settings/account/password": Rule(ALL, 422),
    "POST /settings/account/sessions/end": Rule(ALL, 303),
    "POST /settings/account/sessions/{session_id:id}/end": Rule(ALL, 404),
    "POST /settings/account/tokens": Rule(ALL, 200, {"data": {"token_name": "script"}}),
    "POST /settings/account/tokens/{token_id:id}/revoke": Rule(ALL, 404, DONE),
    "GET /settings/account/{rest:path}": Rule(ALL, 303),
    "GET /invitation/{secret}": Rule(ALL, 404),
    "POST /invitation/{secret}": Rule(ALL, 404),
    "POST /account/resume": Rule(ADMIN, 303),
    "GET /account/resume": Rule(ALL, 303),
    "GET /unknown": Rule(ALL),
    "GET /unknown/live": Rule(ALL),
    "GET /unknown/now": Rule(ALL),
    "GET /unknown/decide": Rule(ALL, 303),
    "POST /unknown/decide": Rule(MAKERS, 422, {"data": {"action": "fail"}}),
    "GET /restored": Rule(ALL, 303),
    "POST /restored": Rule(ADMIN, 409, {"data": {"looked": "yes", "all": "pause"}}),
    "GET /sign-in": Rule(ALL, 303),
    "POST /sign-in": Rule(ALL, 422),
    "POST /sign-out": Rule(ALL, 303),
    "GET /sign-out": Rule(ALL, 303),
    # JSON
    "GET /api/api-missions": Rule(ALL),
    "POST /api/api-missions": Rule(MAKERS, 200, {"json": mission_body(scheduled_at=LATER)}),
    "POST /api/api-missions/preview": Rule(MAKERS, 200, {"json": mission_body()}),
    f"GET {A}": Rule(ALL),
    f"PATCH {A}": Rule(OWNER, 200, {"json": {"name": "Winter"}}),
    f"DELETE {A}": Rule(OWNER),
    f"GET {A}/download": Rule(ALL),
    f"POST {A}/cancel": Rule(OWNER),
    f"POST {A}/pause": Rule(OWNER),
    f"POST {A}/resume": Rule(OWNER, 409),
    f"POST {A}/retry": Rule(OWNER),
    f"POST {A}/refetch": Rule(OWNER),
    f"POST {I}/retry": Rule(OWNER, 409),
    f"POST {I}/cancel": Rule(OWNER),
    f"POST {I}/refetch": Rule(OWNER),
    f"POST {I}/resolve": Rule(OWNER, 409, {"json": {"action": "fail"}}),
    "GET /api/api-templates": Rule(ALL),
    "POST /api/api-templates": Rule(MAKERS, 200, {"json": TEMPLATE}),
    f"GET {AT}": Rule(ALL),
    f"PUT {AT}": Rule(OWNER, 200, {"json": TEMPLATE}),
    f"DELETE {AT}": Rule(OWNER),
    "POST /api/upload-image": Rule(MAKERS, 415, upload()),
    "GET /api/images/{filename}": Rule(ALL, 404),
    "GET /media/{filename}": Rule(ALL, 404),
    "GET /media/previews/{width:id}/{result_id:id}.webp": Rule(ALL, 404),
    "GET /api/task-types": Rule(ALL),
    "GET /api/queue": Rule(ALL),
    "GET /api/usage": Rule(ALL),
    "GET /api/unknown-items": Rule(ALL),
    "GET /health": Rule(ALL),
    "GET /metrics": Rule(ALL),
    "POST /api/account/resume": Rule(ADMIN),
    "GET /api/openapi.json": Rule(ALL),
    "GET /api/docs": Rule(ALL),
    # For RunningHub, which has no account
    "POST /hooks/rh/{attempt_id:id}/{mac}": Rule(ALL, 404),
}


def addresses(settings: Settings) -> Iterator[str]:
    """Method and address of all that is answered, as the table writes it."""
    for route in table(settings):
        if isinstance(route, Mount):
            assert route.path == "/static", "files of another folder: who may read them?"
            continue
        assert isinstance(route, Route), route
        for method in sorted(route.methods or ()):
            if method != "HEAD":
                yield f"{method} {route.path}"


def test_every_address_is_named_and_no_other(settings: Settings) -> None:
    assert set(addresses(settings)) == set(RULES)


ROLES = {None: ALL, Role.VIEWER: ALL, Role.MEMBER: MAKERS, Role.ADMIN: ADMIN}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: str(one.name))
def test_the_json_interface_says_so(operation: Operation) -> None:
    """It names the least role; that a thing is somebody else's cannot be said there."""
    who = RULES[f"{operation.method} {operation.path}"].who
    assert ROLES[operation.role] == (MAKERS if who == OWNER else who)


HEADS = [address for address in RULES if address.startswith("GET ")]


@pytest.mark.parametrize("address", HEADS)
def test_who_asks_for_the_headers_alone(team: Team, address: str) -> None:
    rule = RULES[address]
    path = address.removeprefix("GET ")
    for person in (EVA, ADA):
        answer = team.call(person, "HEAD", fill(team, path), **rule.sent)
        assert answer.status_code == (rule.status if person in rule.who else 403)


_PLACE = re.compile(r"{(\w+)(?::\w+)?}")
_OTHER = {
    "item_index": "1",
    "index": "1",
    "action": "preview",
    "width": "320",
    "result_id": "1",
    "attempt_id": "1",
    "mac": "0",
    "filename": "0.png",
    "invitation_id": "999999",
    "session_id": "999999",
    "token_id": "999999",
    "secret": "nothing",
    "rest": "invite",
}


def fill(team: Team, path: str) -> str:
    """The address of something new of Ann's, untouched by earlier questions."""
    made: dict[str, Callable[[], int]] = {
        "mission_id": lambda: team.mission(ANN),
        "template_id": lambda: team.template(ANN),
        "user_id": team.stranger,
    }
    return _PLACE.sub(
        lambda match: str(made[match[1]]() if match[1] in made else _OTHER[match[1]]), path
    )


@pytest.mark.parametrize("address", RULES)
def test_who_may(team: Team, address: str) -> None:
    rule = RULES[address]
    method, path = address.split(" ")
    found = {}
    for person in PEOPLE:
        ask = team.program if path.startswith("/api/") and path != "/api/docs" else team.call
        found[person.name] = ask(person, method, fill(team, path), **rule.sent).status_code
        if path.endswith("/sessions/end"):
            team.closes(person)
    assert found == {person.name: rule.status if person in rule.who else 403 for person in PEOPLE}
