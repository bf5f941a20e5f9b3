"""/settings/people and the links that are made there."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.helpers.live import LiveApp
from tests.helpers.team import PASSWORD, add_user, bearer, team_of
from tests.team.conftest import SignIn
from tests.team.links import PAGE, accept, invite, link_on, user_id
from webapp.db import reading
from webapp.models import Invitation

FRESH = "a new one, just as long"
GONE = "This link was used already, was revoked, or is too old."


def test_an_invitation_makes_an_account_once(app: LiveApp, sign_in: SignIn) -> None:
    anna, guest = sign_in("Anna"), sign_in()
    path = invite(anna, "viewer")
    page = anna.get(PAGE).text
    assert path not in page, "shown once"
    assert "Viewer: may look" in page
    assert "Anna invites you" in guest.get(path).text
    assert "Anna invites you" in guest.get(path).text, "looking uses nothing up"
    assert accept(guest, path, "Gil") == 303
    assert guest.get("/api/queue").status_code == 200, "signed in with it"
    assert team_of(app).users.named("gil").role == "viewer"
    late = sign_in()
    assert accept(late, path, "Late") == 404
    assert GONE in late.get(path).text
    with reading():
        assert path.rpartition("/")[2] not in str(list(Invitation.select().dicts()))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "anna"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "\u202egil"}, "name"),
        ({"password": "short", "again": "short"}, "password"),
        ({"again": "something else"}, "again"),
    ],
)
def test_a_refusal_leaves_the_link_good(sign_in: SignIn, typed: dict[str, str], field: str) -> None:
    path, guest = invite(sign_in("Anna")), sign_in()
    data = {"name": "Hugo", "password": PASSWORD, "again": PASSWORD, **typed}
    answer = guest.post(path, data=data)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert guest.get(path).status_code == 200


def test_of_two_at_once_one_is_let_in(app: LiveApp, sign_in: SignIn) -> None:
    path = invite(sign_in("Anna"))
    guests = [sign_in() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(
            pool.map(lambda n: accept(guests[n], path, f"Twin {n}"), range(len(guests)))
        )
    assert sorted(statuses) == [303, 404, 404, 404]


def test_a_revoked_invitation_is_dead(sign_in: SignIn) -> None:
    anna = sign_in("Anna")
    path = invite(anna)
    address = re.findall(rf"{PAGE}/invitations/\d+/revoke", anna.get(PAGE).text)[0]
    assert sign_in("Ben").post(address).status_code == 403
    assert anna.post(address).status_code == 303
    assert sign_in().get(path).status_code == 404
    assert anna.post(address).status_code == 404


@pytest.mark.parametrize("secret", ["x", "x" * 43, "..", "%00", "x" * 3000, "é"])
def test_a_link_that_never_was(sign_in: SignIn, secret: str) -> None:
    guest = sign_in()
    assert guest.get(f"/invitation/{secret}").status_code in (303, 404)
    assert accept(guest, f"/invitation/{secret}", "Ida") in (303, 404)
    assert guest.get("/api/queue").status_code == 401


def test_who_may_no_longer_invite_leaves_no_open_door(app: LiveApp, sign_in: SignIn) -> None:
    add_user(app, "Jo", "admin")
    add_user(app, "Kim", "admin")
    anna, guest = sign_in("Anna"), sign_in()
    paths = [invite(sign_in("Jo"), "admin"), invite(sign_in("Kim"), "admin")]
    anna.post(f"{PAGE}/{user_id(app, 'Jo')}/disable", data={"confirmed": "yes"})
    anna.post(f"{PAGE}/{user_id(app, 'Kim')}/role", data={"role": "member"})
    for path in paths:
        assert guest.get(path).status_code == 404


def test_a_link_for_a_new_password(app: LiveApp, sign_in: SignIn) -> None:
    add_user(app, "Lea")
    anna, lea, guest = sign_in("Anna"), sign_in("Lea"), sign_in()
    address = f"{PAGE}/{user_id(app, 'Lea')}/reset"
    first = link_on(anna.post(address).text)
    second = link_on(anna.post(address).text)
    assert guest.get(first).status_code == 404, "the newer one replaces it"
    assert "Lea" in guest.get(second).text
    data = {"name": "Somebody else", "password": FRESH, "again": FRESH}
    assert guest.post(second, data=data).status_code == 303
    assert "Lea" in guest.get("/missions").text
    assert lea.get("/api/queue").status_code == 401, "signed out everywhere"
    assert sign_in().sign_in("Lea").status_code == 422
    assert sign_in().sign_in("Lea", FRESH).status_code == 303
    assert guest.post(second, data=data).status_code == 404


def test_a_role_changes_at_once(app: LiveApp, sign_in: SignIn) -> None:
    person = add_user(app, "Mia")
    anna, mia = sign_in("Anna"), sign_in("Mia")
    address = f"{PAGE}/{person.id}/role"
    assert mia.get(PAGE).status_code == 403
    assert anna.post(address, data={"role": "admin"}).status_code == 303
    assert mia.get(PAGE).status_code == 200
    assert anna.post(address, data={"role": "viewer"}).status_code == 303
    assert mia.get(PAGE).status_code == 403
    assert anna.post(address, data={"role": "owner"}).status_code == 422
    assert anna.post(f"{PAGE}/424242/role", data={"role": "viewer"}).status_code == 404


def test_disabling_asks_first_and_ends_everything(app: LiveApp, sign_in: SignIn) -> None:
    person = add_user(app, "Nils")
    anna, nils = sign_in("Anna"), sign_in("Nils")
    token = nils.token()
    address = f"{PAGE}/{person.id}/disable"
    asked = anna.post(address)
    assert "Disable Nils?" in asked.text
    assert nils.get("/api/queue").status_code == 200
    reset = link_on(anna.post(f"{PAGE}/{person.id}/reset").text)
    assert anna.post(address, data={"confirmed": "yes"}).status_code == 303
    assert nils.get("/api/queue").status_code == 401
    assert sign_in().get("/api/queue", headers=bearer(token)).status_code == 401
    assert sign_in().get(reset).status_code == 404
    assert "Disabled" in anna.get(PAGE).text
    assert anna.post(f"{PAGE}/{person.id}/reset").status_code == 409
    assert anna.post(f"{PAGE}/{person.id}/enable").status_code == 303
    assert sign_in().sign_in("Nils").status_code == 303
    assert sign_in().get("/api/queue", headers=bearer(token)).status_code == 200


def test_only_admins_see_the_page_or_do_anything_there(app: LiveApp, sign_in: SignIn) -> None:
    before = len(team_of(app).users.list())
    for name in ("Ben", "Vera"):
        somebody = sign_in(name)
        assert somebody.get(PAGE).status_code == 403
        target = user_id(app, "Anna")
        for path, data in (
            ("invite", {"role": "admin"}),
            ("invitations/1/revoke", {}),
            (f"{target}/role", {"role": "viewer"}),
            (f"{target}/disable", {"confirmed": "yes"}),
            (f"{target}/enable", {}),
            (f"{target}/reset", {}),
        ):
            answer = somebody.post(f"{PAGE}/{path}", data=data)
            assert answer.status_code == 403, (name, path)
            assert "/invitation/" not in answer.text
    assert len(team_of(app).users.list()) == before
    assert team_of(app).users.named("Anna").role == "admin"


YES = {"confirmed": "yes"}
