"""With accounts nobody comes in without one; without accounts nothing is different."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.routing import Mount, Route

from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.helpers.pictures import png
from tests.helpers.team import Colleague, add_user, bearer
from tests.team.conftest import SignIn

OPEN = {"/health", "/sign-in", "/invitation/{secret}", "/hooks/rh/{attempt_id:id}/{mac}", "/static"}
FILES = ("/media/", "/api/images/")


def addresses(app: LiveApp) -> Iterator[tuple[str, str]]:
    """A method and an address of every route."""
    for route in app.app.routes:
        assert isinstance(route, (Route, Mount)), "something new in the table of addresses"
        if route.path in OPEN or isinstance(route, Mount):
            assert route.path in OPEN
            continue
        path = route.path.replace("{mission_id:id}", "1").replace("{filename}", "a.png")
        for name in ("index", "item_index", "template_id", "result_id", "width"):
            path = path.replace(f"{{{name}:id}}", "1")
        for method in route.methods or ():
            yield method, "/".join("1" if "{" in part else part for part in path.split("/"))


def test_every_address_but_a_few_asks_who_is_there(app: LiveApp, sign_in: SignIn) -> None:
    stranger = sign_in()
    seen = 0
    for method, path in addresses(app):
        answer = stranger.call(method, path)
        file = path.startswith(FILES) or path.endswith("/download")
        if file or (path.startswith(("/api", "/metrics")) and path != "/api/docs"):
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            if method != "HEAD":
                assert answer.json()["code"] == 401, (method, path)
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/sign-in?next=%2F"), (method, path)
        seen += 1
    assert seen > 60


def test_unknown_addresses_ask_too(sign_in: SignIn) -> None:
    stranger = sign_in()
    for path in ("/nothing", "/sign-in/", "/sign-in/x", "/healthy", "/health/x", "/staticx", "/"):
        assert stranger.get(path).status_code == 303, path
    assert stranger.get("/api/nothing").status_code == 401
    for method in ("OPTIONS", "PATCH", "TRACE"):
        assert stranger.call(method, "/api/api-missions").status_code == 401


def test_files_and_zips_are_for_people_with_an_account(app: LiveApp, sign_in: SignIn) -> None:
    ben, stranger = sign_in("Ben"), sign_in()
    upload = ben.post("/api/upload-image", files={"file": ("a.png", png(), "image/png")})
    image = upload.json()["data"]["url"].removeprefix(app.url)
    mission_id = ben.post(
        "/api/api-missions",
        json={
            "name": "Autumn",
            "task_type": "text_to_image",
            "config": {"batch_input": ["fox"]},
            "scheduled_at": "2099-01-01 00:00:00",
        },
    ).json()["data"]["api_mission_id"]
    zips = [
        f"/missions/{mission_id}/download",
        f"/api/api-missions/{mission_id}/download",
    ]
    for path in (image, *zips):
        assert ben.get(path).status_code == 200, path
        assert stranger.get(path).status_code == 401, path
        for method in ("HEAD", "GET"):
            assert not stranger.call(method, path).content.startswith(b"\x89PNG")


def test_a_stranger_learns_only_whether_all_is_well(app: LiveApp, sign_in: SignIn) -> None:
    assert sign_in().get("/health").json() == {"status": "ok"}
    assert "version" in sign_in("Vera").get("/health").json()
    page = sign_in().get("/sign-in")
    assert page.status_code == 200
    for word in ("/settings", "/missions/new", "Anna", "Autumn"):
        assert word not in page.text


def test_static_files_are_for_everybody(sign_in: SignIn) -> None:
    assert sign_in().get("/static/app.css").status_code == 200


def test_a_notice_of_runninghub_needs_no_account(app: LiveApp, sign_in: SignIn) -> None:
    assert sign_in().post("/hooks/rh/1/nonsense").status_code == 404


def test_a_fragment_leads_the_whole_page_to_the_sign_in(app: LiveApp, sign_in: SignIn) -> None:
    stranger = sign_in()
    page = f"{app.url}/missions/7?status=failed"
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    for method, path in (("GET", "/missions/7/live?rev=3"), ("POST", "/missions/7/pause")):
        answer = stranger.call(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.content == b""
        expected = "/sign-in?next=%2Fmissions%2F7%3Fstatus%3Dfailed"
        assert answer.headers["hx-redirect"] == expected


def test_a_form_leads_back_to_the_page_it_was_on(app: LiveApp, sign_in: SignIn) -> None:
    answer = sign_in().post("/missions/7/pause", headers={"Referer": f"{app.url}/missions/7"})
    assert answer.headers["location"] == "/sign-in?next=%2Fmissions%2F7"
    answer = sign_in().post("/missions/7/pause", headers={"Referer": "http://evil.example/x"})
    assert answer.headers["location"] == "/sign-in?next=%2Fmissions"


def test_without_accounts_nothing_is_different(start_app: StartApp) -> None:
    app = start_app(poll_interval=0.2)
    mission_id = app.create(scheduled_at="2099-01-01 00:00:00")
    for path in ("/missions", "/settings", "/api/queue", f"/missions/{mission_id}/download"):
        assert app.get(path).status_code == 200
    assert app.get("/missions", headers=bearer("nonsense")).status_code == 200
    page = app.get("/missions").text
    assert "/sign-out" not in page
    assert "/settings/account" not in app.get("/settings").text
    assert app.get("/sign-in").headers["location"] == "/missions"
    assert app.post("/sign-in", data={"name": "x", "password": "y"}).status_code == 303
    assert "set-cookie" not in app.get("/sign-in").headers


def test_a_running_server_follows_the_first_account_at_once(start_app: StartApp) -> None:
    app = start_app(poll_interval=0.2)
    mission_id = app.create(scheduled_at="2099-01-01 00:00:00")
    assert app.get("/missions").status_code == 200
    add_user(app, "Anna", "admin")
    assert app.get("/missions").status_code == 303
    with Colleague(app, "Anna") as anna:
        shown = anna.get(f"/api/api-missions/{mission_id}").json()["data"]
        assert shown["name"] == "Autumn", "all data stays"


def test_a_proxy_alone_opens_nothing(start_app: StartApp) -> None:
    """Without accounts only who calls this machine by its own name is the local user."""
    app = start_app(public_url="https://missions.example.com")
    outside = {"Host": "missions.example.com", "X-Forwarded-Proto": "https"}
    for path in ("/missions", "/api/queue", "/settings", "/media/a.png"):
        answer = app.get(path, headers=outside)
        assert answer.status_code == 403, path
        assert "webapp user add" in answer.text, path
    # Also one that hands on no name, but says for whom it calls.
    forwarded = {"X-Forwarded-For": "192.0.2.7"}
    assert app.get("/missions", headers=forwarded).status_code == 403
    assert app.get("/missions").status_code == 200
    assert app.get("/static/app.css", headers=outside).status_code == 200


@pytest.mark.parametrize("path", ["/missions", "/api/queue", "/sign-in", "/settings"])
def test_beyond_this_machine_nobody_is_the_local_user(start_app: StartApp, path: str) -> None:
    """As after a restore: the server listens, and its database has no accounts any more."""
    app = start_app(host="0.0.0.0")
    answer = app.get(path)
    assert answer.status_code == 403
    assert "webapp user add" in answer.text
    assert app.get("/health").json() == {"status": "ok"}
