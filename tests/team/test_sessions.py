"""Signing in and out: what a cookie opens, and for how long."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
import requests

from tests.helpers.live import LiveApp, mission_body
from tests.helpers.team import PASSWORD, Colleague, add_user, team_of
from tests.team.conftest import SignIn
from webapp.accounts.credentials import digest
from webapp.db import reading
from webapp.models import Session

WRONG = "Name or password is not right."


def is_in(somebody: Colleague) -> bool:
    return somebody.get("/api/queue").status_code == 200


def cookies(answer: requests.Response) -> SimpleCookie:
    """What an answer sets, with all flags."""
    jar = SimpleCookie()
    for line in answer.raw.headers.getlist("set-cookie"):
        jar.load(line)
    return jar


def test_the_name_and_the_password_open_the_pages(sign_in: SignIn) -> None:
    stranger = sign_in()
    assert not is_in(stranger)
    answer = stranger.sign_in("Ben", next="/missions?status=failed")
    assert (answer.status_code, answer.headers["location"]) == (303, "/missions?status=failed")
    assert is_in(stranger)
    page = stranger.get("/missions").text
    assert "Ben" in page
    assert "/sign-out" in page


@pytest.mark.parametrize("name", ["ben", "BEN", "  Ben "])
def test_a_name_is_the_same_however_it_is_typed(sign_in: SignIn, name: str) -> None:
    assert sign_in().sign_in(name).status_code == 303


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Ben", "wrong"),
        ("Ben", ""),
        ("Ben", PASSWORD + "x"),
        ("Ben", PASSWORD.upper()),
        ("Ben", "x" * 100_000),
        ("Nobody", PASSWORD),
        ("", ""),
        ("\x00", "\x00"),
        ("Ben'--", PASSWORD),
    ],
)
def test_everything_else_is_one_and_the_same_refusal(
    sign_in: SignIn, name: str, password: str
) -> None:
    stranger = sign_in()
    answer = stranger.sign_in(name, password)
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert "session" not in answer.headers.get("set-cookie", "")
    assert not password or len(password) < 8 or password not in answer.text
    assert not is_in(stranger)


@pytest.mark.parametrize(
    "wish",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "/%0d%0aLocation:evil\r\nX: y",
        "javascript:alert(1)",
        "missions",
        "/sign-in",
        "/sign-out",
        "",
        "http:///evil.example",
        "/\u2028/evil",
    ],
)
def test_the_way_on_is_a_page_of_ours(sign_in: SignIn, wish: str) -> None:
    answer = sign_in().sign_in("Ben", next=wish)
    assert answer.headers["location"] == "/missions"
    ben = sign_in("Ben")
    assert ben.get("/sign-in", params={"next": wish}).headers["location"] == "/missions"


def test_only_a_hash_of_the_session_is_stored(app: LiveApp, sign_in: SignIn) -> None:
    session = sign_in("Ben").session
    assert len(session) >= 43
    with reading():
        stored = [entry.token_hash for entry in Session.select()]
    assert digest(session) in stored
    files = [app.settings.sqlite_path(), *app.settings.data_dir.glob("missions.db*")]
    assert not any(session.encode() in path.read_bytes() for path in files)


def test_flags_of_the_cookies_on_plain_http(sign_in: SignIn) -> None:
    answer = sign_in().sign_in("Ben")
    jar = cookies(answer)
    for name in ("session", "browser"):
        assert jar[name]["httponly"]
        assert jar[name]["samesite"] == "lax"
        assert jar[name]["path"] == "/"
        assert not jar[name]["secure"]
        assert not jar[name]["domain"]


def test_flags_of_the_cookies_behind_https(app: LiveApp, sign_in: SignIn) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    ben = sign_in()
    answer = ben.post("/sign-in", data={"name": "Ben", "password": PASSWORD}, headers=headers)
    session = cookies(answer)["__Host-session"]
    assert session["secure"] and session["httponly"]
    assert session["path"] == "/"
    assert not session["domain"]
    # On https only that name counts: plain http, or a neighbour, could set the other one.
    plain = {"Cookie": f"session={session.value}", **headers}
    assert sign_in().get("/api/queue", headers=plain).status_code == 401
    secure = {"Cookie": f"__Host-session={session.value}", **headers}
    assert sign_in().get("/api/queue", headers=secure).status_code == 200


def test_a_session_that_somebody_else_chose_opens_nothing(sign_in: SignIn) -> None:
    """Session fixation."""
    planted = "planted-by-somebody-else-0123456789abcdefgh"
    victim = sign_in()
    victim.http.cookies.set("session", planted, domain="127.0.0.1")
    victim.sign_in("Ben")
    assert planted not in {cookie.value for cookie in victim.http.cookies if cookie.domain == ""}
    sessions = {cookie.value for cookie in victim.http.cookies if cookie.name == "session"}
    assert sessions - {planted}
    attacker = sign_in()
    answer = attacker.get("/api/queue", headers={"Cookie": f"session={planted}"})
    assert answer.status_code == 401


def test_signing_in_again_ends_the_session_before(sign_in: SignIn) -> None:
    ben = sign_in("Ben")
    before = ben.session
    ben.sign_in("Ben")
    assert ben.session not in ("", before)
    old = sign_in().get("/api/queue", headers={"Cookie": f"session={before}"})
    assert old.status_code == 401


def test_an_old_cookie_is_dead_after_signing_out(sign_in: SignIn) -> None:
    ben, elsewhere = sign_in("Ben"), sign_in("Ben")
    before = ben.session
    answer = ben.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert ben.session == ""
    assert sign_in().get("/api/queue", headers={"Cookie": f"session={before}"}).status_code == 401
    assert is_in(elsewhere), "only this browser"


def test_pages_of_somebody_who_is_signed_in_are_kept_nowhere(sign_in: SignIn) -> None:
    """Else Back shows them after signing out, also in a browser that keeps whole pages alive."""
    ben, stranger = sign_in("Ben"), sign_in()
    made = ben.post("/api/api-missions", json=mission_body()).json()["data"]["api_mission_id"]
    here = f"/missions/{made}"
    for path in ("/missions", here, f"{here}/live", f"{here}/items/1", "/missions/new", "/nowhere"):
        assert ben.get(path).headers["cache-control"] == "no-store", path
    assert stranger.get("/sign-in").headers["cache-control"] == "no-store"


def test_looking_does_not_sign_out(sign_in: SignIn) -> None:
    ben = sign_in("Ben")
    assert ben.get("/sign-out").headers["location"] == "/missions"
    assert is_in(ben)


def test_another_website_signs_nobody_in_or_out(sign_in: SignIn) -> None:
    """Signing in is guarded too: a victim in the attacker's account tells it what they make."""
    ben = sign_in("Ben")
    for origin in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": None, "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": None, "Origin": "null"},
        {"Sec-Fetch-Site": None},
    ):
        out = ben.post("/sign-out", headers=origin)
        assert out.status_code == 403, origin
        data = {"name": "Anna", "password": PASSWORD}
        assert ben.post("/sign-in", data=data, headers=origin).status_code == 403
    assert is_in(ben)


def test_a_disabled_person_is_out_at_once(app: LiveApp, sign_in: SignIn) -> None:
    person = add_user(app, "Dora")
    dora, token = sign_in("Dora"), sign_in("Dora").token()
    headers = {"Authorization": f"Bearer {token}"}
    assert sign_in().get("/api/queue", headers=headers).status_code == 200
    anna = team_of(app).users.named("Anna").person
    team_of(app).users.disable(person.id, anna)
    assert not is_in(dora)
    assert sign_in().get("/api/queue", headers=headers).status_code == 401
    refused = sign_in().sign_in("Dora")
    assert refused.status_code == 422
    assert WRONG in refused.text
    team_of(app).users.enable(person.id, anna)
    assert not is_in(dora), "a session does not come back"
    assert sign_in().sign_in("Dora").status_code == 303
