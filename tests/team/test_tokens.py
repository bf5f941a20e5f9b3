"""Tokens: what a program can do with one, and how it ends."""

from __future__ import annotations

import re

import pytest

from tests.helpers.live import LiveApp, mission_body
from tests.helpers.team import Colleague, bearer
from tests.team.conftest import SignIn
from webapp.accounts.credentials import digest
from webapp.db import reading
from webapp.models import ApiToken

MISSIONS = "/api/api-missions"
TOKENS = "/settings/account/tokens"


def made(somebody: Colleague, name: str = "Nightly") -> str:
    """A token made on the page."""
    page = somebody.post(TOKENS, data={"token_name": name})
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    tokens = set(re.findall(r"rhm_[\w-]{43}", page.text))
    assert len(tokens) == 1
    return str(tokens.pop())


def test_a_token_is_shown_once_and_opens_the_interface(app: LiveApp, sign_in: SignIn) -> None:
    ben, program = sign_in("Ben"), sign_in()
    token = made(ben)
    page = ben.get("/settings/account").text
    assert token not in page
    assert f"rhm_…{token[-4:]}" in page
    assert "never used" in page
    assert program.get(MISSIONS, headers=bearer(token)).status_code == 200
    assert program.get("/health", headers=bearer(token)).json()["version"]
    assert program.get("/metrics", headers=bearer(token)).status_code == 200
    assert program.get("/media/a.png", headers=bearer(token)).status_code == 404
    assert program.get("/missions/424242/download", headers=bearer(token)).status_code == 404
    assert "never used" not in ben.get("/settings/account").text
    with reading():
        assert digest(token) in [entry.token_hash for entry in ApiToken.select()]
    files = app.settings.data_dir.glob("missions.db*")
    assert not any(token.encode() in path.read_bytes() for path in files)


def test_a_token_acts_as_its_owner(sign_in: SignIn) -> None:
    ben, vera, program = sign_in("Ben"), sign_in("Vera"), sign_in()
    body = mission_body(scheduled_at="2099-01-01 00:00:00")
    answer = program.post(MISSIONS, json=body, headers=bearer(made(ben)))
    assert answer.status_code == 200
    mission_id = answer.json()["data"]["api_mission_id"]
    path = f"{MISSIONS}/{mission_id}/cancel"
    assert program.post(path, headers=bearer(made(vera))).status_code == 403
    assert program.post(path, headers=bearer(made(ben))).status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        "Bearer nonsense",
        "Bearer rhm_" + "x" * 43,
        "Bearer",
        "Bearer ",
        "bearer !",
        "Bearer " + "x" * 5000,
        "Bearer \u00e9",
    ],
)
def test_a_token_that_is_none_is_told_so(sign_in: SignIn, value: str) -> None:
    """Also for somebody who is signed in: who shows a token is judged by it alone."""
    for somebody in (sign_in(), sign_in("Ben")):
        headers = {"Authorization": value.encode("latin-1", "replace")}
        answer = somebody.get(MISSIONS, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["code"] == 401


@pytest.mark.parametrize("value", ["Basic YW5uYTp4", "Digest x", "rhm_x", "", "Bearerx y"])
def test_other_words_in_that_header_mean_nothing(sign_in: SignIn, value: str) -> None:
    assert sign_in().get(MISSIONS, headers={"Authorization": value}).status_code == 401
    assert sign_in("Ben").get(MISSIONS, headers={"Authorization": value}).status_code == 200


def test_a_token_is_no_way_into_pages(sign_in: SignIn) -> None:
    token = made(sign_in("Ben"))
    for path in ("/missions", "/settings/account", "/settings/people", "/missions/live", "/"):
        assert sign_in().get(path, headers=bearer(token)).status_code == 303, path
    answer = sign_in().post(TOKENS, data={"token_name": "x"}, headers=bearer(token))
    assert answer.status_code == 303


def test_a_token_needs_no_origin_and_a_cookie_does(sign_in: SignIn) -> None:
    ben, program = sign_in("Ben"), sign_in()
    token = made(ben)
    del program.http.headers["Sec-Fetch-Site"], ben.http.headers["Sec-Fetch-Site"]
    for origin in ({}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = ben.post(MISSIONS, json={}, headers=origin)
        assert refused.status_code == 403, origin
        with_token = program.post(MISSIONS, json={}, headers={**origin, **bearer(token)})
        assert with_token.status_code == 422, origin
        # A token that is not valid does not switch the guard off.
        wrong = ben.post(MISSIONS, json={}, headers={**origin, **bearer("rhm_wrong")})
        assert wrong.status_code == 401, origin


def test_a_revoked_token_is_dead(sign_in: SignIn) -> None:
    ben, program = sign_in("Ben"), sign_in()
    token = made(ben, "Short life")
    listed = ben.get("/settings/account").text
    address = re.findall(rf"({TOKENS}/\d+/revoke)", listed)[0]
    asked = ben.post(address)
    assert asked.status_code == 200
    assert "Revoke this token?" in asked.text
    assert program.get(MISSIONS, headers=bearer(token)).status_code == 200
    assert sign_in("Vera").post(address, data={"confirmed": "yes"}).status_code == 404
    assert program.get(MISSIONS, headers=bearer(token)).status_code == 200
    done = ben.post(address, data={"confirmed": "yes"})
    assert done.headers["location"] == "/settings/account"
    assert program.get(MISSIONS, headers=bearer(token)).status_code == 401
    assert ben.post(address, data={"confirmed": "yes"}).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_token_needs_a_name(sign_in: SignIn, name: str) -> None:
    answer = sign_in("Ben").post(TOKENS, data={"token_name": name})
    assert answer.status_code == 422
    assert "token_name-problem" in answer.text
    assert "rhm_" + "x" not in answer.text


def test_a_token_s_name_is_text(sign_in: SignIn) -> None:
    vera = sign_in("Vera")
    made(vera, "<img src=x onerror=alert(1)>")
    page = vera.get("/settings/account").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
