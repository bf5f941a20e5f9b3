"""/settings over HTTP: what is in force, and what is wrong with a key or a connection."""

from __future__ import annotations

import socket
from decimal import Decimal

import pytest

from tests.conftest import KEY, StartApp
from tests.helpers.live import LiveApp
from tests.helpers.routes import addresses
from tests.pages.browsing import waiting_mission
from webapp.account import MEANINGS, SECRETS, Account
from webapp.providers.base import QueueStatus
from webapp.settings import Settings
from webapp.simulator import KeyKind, Simulator, SimulatorConfig

BROWSER = {"Sec-Fetch-Site": "same-origin"}


def asked(app: LiveApp) -> str:
    """The page after “Test connection”."""
    answer = app.post("/settings/test", headers=BROWSER)
    assert answer.status_code == 200
    return answer.text


def test_every_setting_is_shown_or_a_secret() -> None:
    assert set(MEANINGS) | SECRETS == set(Settings.model_fields)
    assert not set(MEANINGS) & SECRETS


def test_the_page_shows_what_is_in_force_and_no_secret(start_app: StartApp) -> None:
    app = start_app(max_concurrent_api_tasks=7, secret_key="not-for-eyes-0123456789")
    page = app.get("/settings").text
    for shown in ("MAX_CONCURRENT_API_TASKS", str(app.settings.data_dir), "SQLite", "Real account"):
        assert shown in page
    assert "•••• " + KEY[-4:] in page
    assert KEY not in page
    assert "not-for-eyes" not in page


def test_without_a_key_the_page_says_demo_and_how_to_connect(start_app: StartApp) -> None:
    page = start_app(runninghub_api_key="").get("/settings").text
    assert "Demo mode" in page
    assert "RUNNINGHUB_API_KEY=…" in page
    assert "••••" not in page


def test_without_a_key_every_page_says_demo(start_app: StartApp) -> None:
    app = start_app(runninghub_api_key="")
    waiting_mission(app)
    gets = [path for method, path in addresses(app.app.routes) if method == "GET"]
    seen = 0
    for path in (*gets, "/nowhere"):
        answer = app.get(path, headers=BROWSER)
        if "<!doctype html>" in answer.text:
            assert "Demo mode: nothing is called, nothing is billed" in answer.text, path
            seen += 1
    assert seen > 10


def test_a_short_key_is_not_shown_at_all(start_app: StartApp) -> None:
    page = start_app(runninghub_api_key="abc123").get("/settings").text
    assert "c123" not in page


def test_a_good_key_shows_the_account_and_its_limit(start_app: StartApp) -> None:
    page = asked(start_app())
    assert "Connected, answered in" in page
    assert "¥1,000.00" in page
    assert "SHARED" in page


def test_a_wrong_key_is_told_apart(start_app: StartApp) -> None:
    page = asked(start_app(runninghub_api_key="rh-wrong-0123456789abcdef"))
    assert "RunningHub does not accept the API key" in page
    assert "Connected" not in page
    assert "rh-wrong-0123456789abcdef" not in page


def test_a_service_that_is_not_there_is_told_apart(start_app: StartApp) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        page = asked(start_app(runninghub_base_url=f"http://127.0.0.1:{port}"))
    assert "127.0.0.1 does not accept connections" in page
    assert "RUNNINGHUB_BASE_URL" in page


@pytest.mark.parametrize(
    ("simulated", "warning"),
    [
        ({"concurrency": 3}, "This account runs 3 at a time."),
        ({"balance": Decimal(0)}, "The balance is used up."),
        ({"keys": {KEY: KeyKind.CONSUMER}}, "This is a personal key."),
    ],
)
def test_what_will_be_in_the_way_is_said_beforehand(
    start_app: StartApp, simulated: dict[str, object], warning: str
) -> None:
    config = SimulatorConfig(**simulated)  # type: ignore[arg-type]
    with Simulator(config) as service:
        page = asked(start_app(runninghub_base_url=service.url))
    assert warning in page


def test_the_page_asks_nobody_by_itself(start_app: StartApp) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        app = start_app(runninghub_base_url=f"http://127.0.0.1:{port}")
        page = app.get("/settings").text
    assert "does not accept connections" not in page
    assert "Connected" not in page


def test_the_page_loads_the_answer_which_is_good_for_a_minute(start_app: StartApp) -> None:
    app = start_app()
    assert 'hx-get="/settings/connection" hx-trigger="load"' in app.get("/settings").text
    first = app.get("/settings/connection").text
    assert "¥1,000.00" in first and "<html" not in first and "hx-get" not in first
    assert app.get("/settings/connection").text == first


def test_an_answer_is_asked_for_again_by_the_button_and_after_a_minute(settings: Settings) -> None:
    now, asked_at = [100.0], list[float]()

    class Service:
        def queue_status(self) -> QueueStatus:
            asked_at.append(now[0])
            return QueueStatus(None, 0, 0, "")

        def account(self) -> None:
            return None

    account = Account(settings, Service(), lambda: now[0])  # type: ignore[arg-type]
    account.latest()
    now[0] += 59
    account.latest()
    assert asked_at == [100]
    account.test()
    now[0] += 59
    account.latest()
    assert asked_at == [100, 159]
    now[0] += 1
    account.latest()
    assert asked_at == [100, 159, 219]


def test_the_address_of_the_test_leads_back_to_the_page(start_app: StartApp) -> None:
    answer = start_app().get("/settings/test")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
