"""The JSON interface's description where people have accounts."""

from __future__ import annotations

from tests.helpers.live import LiveApp
from tests.helpers.team import bearer
from tests.team.conftest import SignIn

PATH = "/api/openapi.json"


def test_a_token_or_a_session_is_asked_for(app: LiveApp, sign_in: SignIn) -> None:
    document = app.get(PATH, headers=bearer(sign_in("Vera").token())).json()
    schemes = document["components"]["securitySchemes"]
    assert (schemes["token"]["type"], schemes["token"]["scheme"]) == ("http", "bearer")
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", "session")
    for path, methods in document["paths"].items():
        for operation in methods.values():
            secured = path != "/health"
            assert operation["security"] == ([{"token": []}, {"session": []}] if secured else [])
            led_away = "303" if path == "/api/docs" else "401"
            assert (led_away in operation["responses"]) == secured


def test_strangers_learn_nothing_of_it(app: LiveApp) -> None:
    answer = app.get(PATH)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "paths" not in answer.json()


def test_the_page_shows_tokens_and_roles(sign_in: SignIn) -> None:
    page = sign_in("Ben").get("/api/docs", headers={"Accept-Language": "en"}).text
    assert "Authorization: Bearer $TOKEN" in page
    assert "In team mode the role <code>member</code> is needed." in page


def test_a_token_opens_what_the_document_says(app: LiveApp, sign_in: SignIn) -> None:
    token = sign_in("Vera").token()
    for path in (PATH, "/api/queue", "/api/task-types", "/api/api-missions"):
        assert app.get(path, headers=bearer(token)).status_code == 200
        assert app.get(path, headers=bearer("nonsense")).status_code == 401
    assert app.get("/api/docs", headers=bearer(token)).status_code == 200
    led = app.get("/api/docs")
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=%2Fapi%2Fdocs")
