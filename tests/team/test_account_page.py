"""/settings/account: one's own password and signed-in browsers."""

from __future__ import annotations

import re

import pytest

from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.helpers.team import PASSWORD, Colleague, add_user
from tests.team.conftest import SignIn

PAGE = "/settings/account"
FRESH = "a new one, just as long"


def change(somebody: Colleague, **more: str) -> int:
    data = {"old_password": PASSWORD, "password": FRESH, "again": FRESH, **more}
    return somebody.post(f"{PAGE}/password", data=data).status_code


def is_in(somebody: Colleague) -> bool:
    return somebody.get("/api/queue").status_code == 200


def test_a_new_password_signs_out_everywhere_else(app: LiveApp, sign_in: SignIn) -> None:
    add_user(app, "Nora")
    here, there, other = sign_in("Nora"), sign_in("Nora"), sign_in("Ben")
    before = here.session
    assert change(here) == 303
    assert is_in(here), "here it goes on"
    assert here.session != before, "with another session"
    assert not is_in(there)
    assert is_in(other)
    old = sign_in().get("/api/queue", headers={"Cookie": f"session={before}"})
    assert old.status_code == 401
    assert "Password changed" in here.get(PAGE).text
    assert sign_in().sign_in("Nora", PASSWORD).status_code == 422
    assert sign_in().sign_in("Nora", FRESH).status_code == 303


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"old_password": "not mine at all"}, "old_password"),
        ({"old_password": ""}, "old_password"),
        ({"password": "short", "again": "short"}, "password"),
        ({"password": "1234567890", "again": "1234567890"}, "password"),
        ({"again": FRESH + "x"}, "again"),
        ({"again": ""}, "again"),
    ],
)
def test_a_refusal_says_where(
    app: LiveApp, sign_in: SignIn, typed: dict[str, str], field: str
) -> None:
    name = f"Olga {field} {len(str(typed))}"
    add_user(app, name)
    olga = sign_in(name)
    data = {"old_password": PASSWORD, "password": FRESH, "again": FRESH, **typed}
    answer = olga.post(f"{PAGE}/password", data=data)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert FRESH not in answer.text
    assert is_in(olga)
    assert sign_in().sign_in(name).status_code == 303, "the old one still opens"


def test_a_browser_is_signed_out_from_another(app: LiveApp, sign_in: SignIn) -> None:
    add_user(app, "Pia")
    here, there = sign_in("Pia"), sign_in()
    there.http.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0) Gecko/2010 Firefox/140.0"
    there.sign_in("Pia")
    page = here.get(PAGE).text
    assert "Firefox · Windows" in page
    [address] = re.findall(rf"{PAGE}/sessions/\d+/end", page)
    assert sign_in("Ben").post(address).status_code == 404, "not by somebody else"
    assert is_in(there)
    assert here.post(address).status_code == 303
    assert not is_in(there)
    assert is_in(here)
    assert here.post(address).status_code == 404


def test_signing_out_everywhere_is_everywhere(app: LiveApp, sign_in: SignIn) -> None:
    add_user(app, "Quentin")
    here, there = sign_in("Quentin"), sign_in("Quentin")
    answer = here.post(f"{PAGE}/sessions/end")
    assert answer.headers["location"] == "/sign-in"
    assert not is_in(here)
    assert not is_in(there)


def test_a_browser_s_name_is_text(app: LiveApp, sign_in: SignIn) -> None:
    add_user(app, "Rita")
    rita = sign_in()
    rita.http.headers["User-Agent"] = '<script>alert(1)</script>"\x01'.replace("\x01", "")
    rita.sign_in("Rita")
    assert "<script>alert" not in rita.get(PAGE).text


def test_every_page_says_who_is_signed_in(sign_in: SignIn) -> None:
    anna, vera = sign_in("Anna"), sign_in("Vera")
    for path in ("/missions", "/missions/new", "/templates", "/settings", PAGE, "/nothing"):
        assert "Signed in as Vera" in vera.get(path).text, path
        assert "/settings/people" not in vera.get(path).text, path
        assert "/settings/people" in anna.get(path).text, path


def test_what_is_only_for_posts_leads_back(sign_in: SignIn) -> None:
    anna = sign_in("Anna")
    for page, rest in ((PAGE, "tokens"), (PAGE, "tokens/1/revoke"), ("/settings/people", "invite")):
        assert anna.get(f"{page}/{rest}").headers["location"] == page


def test_without_accounts_there_are_no_such_pages(start_app: StartApp) -> None:
    app = start_app(poll_interval=0.2)
    for path in (PAGE, "/settings/people", "/invitation/x"):
        assert app.get(path).status_code == 404, path
    for path in (f"{PAGE}/tokens", f"{PAGE}/sessions/end", "/settings/people/invite"):
        assert app.post(path, data={"role": "admin", "token_name": "x"}).status_code == 404, path
