"""Too many passwords: 429 with a wait, for one name or one address, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import MakeSettings
from tests.helpers.clocks import LeapClock
from tests.helpers.live import LiveApp
from tests.helpers.team import PASSWORD, Colleague, add_user
from webapp.accounts.sign_in import TRIES_PER_ADDRESS, TRIES_PER_NAME
from webapp.db import reading
from webapp.models import Audit, SignInTry
from webapp.settings import Settings

QUARTER_S = 15 * 60


@pytest.fixture
def clock() -> LeapClock:
    return LeapClock()


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings()


@pytest.fixture
def app(settings: Settings, clock: LeapClock) -> Iterator[LiveApp]:
    with LiveApp(settings, clock) as running:
        for name, role in (("Anna", "admin"), ("Ben", "member")):
            add_user(running, name, role)
        yield running


def come_from(address: str) -> dict[str, str]:
    """The header that a proxy on this machine adds."""
    return {"X-Forwarded-For": address}


def tries(somebody: Colleague, name: str, count: int, address: str = "192.0.2.1") -> list[int]:
    """Wrong passwords; returns what came back."""
    data = {"name": name, "password": "a wrong password"}
    return [
        somebody.post("/sign-in", data=data, headers=come_from(address)).status_code
        for _ in range(count)
    ]


def right(somebody: Colleague, name: str, address: str = "192.0.2.1") -> int:
    data = {"name": name, "password": PASSWORD}
    return somebody.post("/sign-in", data=data, headers=come_from(address)).status_code


def test_the_eleventh_password_for_a_name_waits(app: LiveApp, clock: LeapClock) -> None:
    with Colleague(app) as guesser:
        assert tries(guesser, "Anna", TRIES_PER_NAME) == [422] * TRIES_PER_NAME
        answer = guesser.post("/sign-in", data={"name": "ANNA", "password": PASSWORD})
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= QUARTER_S
        assert "Nothing is wrong with your account" in answer.text
        assert right(guesser, "Anna", "192.0.2.99") == 429, "wherever it comes from"
        assert right(guesser, "Ben") == 303, "another account is not affected"
        clock.leap(QUARTER_S + 1)
        assert right(guesser, "Anna") == 303


def test_a_name_that_nobody_has_is_counted_in_the_same_way(app: LiveApp) -> None:
    with Colleague(app) as guesser:
        expected = [422] * TRIES_PER_NAME + [429]
        assert tries(guesser, "Nobody", TRIES_PER_NAME + 1) == expected


def test_many_names_from_one_address_wait_too(app: LiveApp) -> None:
    with Colleague(app) as guesser:
        for number in range(TRIES_PER_ADDRESS):
            assert tries(guesser, f"name {number}", 1) == [422]
        assert tries(guesser, "one more", 1) == [429]
        assert right(guesser, "Anna") == 429
        assert right(guesser, "Anna", "192.0.2.2") == 303


def test_a_network_of_ipv6_is_one_address(app: LiveApp) -> None:
    with Colleague(app) as guesser:
        for number in range(TRIES_PER_ADDRESS):
            assert tries(guesser, f"name {number}", 1, f"2001:db8:0:7::{number:x}") == [422]
        assert tries(guesser, "one more", 1, "2001:db8:0:7:ffff::1") == [429]
        assert tries(guesser, "one more", 1, "2001:db8:0:8::1") == [422]


def test_a_restart_forgets_nothing(settings: Settings, app: LiveApp, clock: LeapClock) -> None:
    with Colleague(app) as guesser:
        tries(guesser, "Anna", TRIES_PER_NAME)
    app.close()
    with LiveApp(settings, clock) as again, Colleague(again) as guesser:
        assert right(guesser, "Anna") == 429
        assert right(guesser, "Ben") == 303


def test_nobody_can_lock_somebody_out_of_their_own_browser(app: LiveApp) -> None:
    with Colleague(app, "Anna") as anna, Colleague(app) as guesser:
        anna.post("/sign-out")
        tries(guesser, "Anna", TRIES_PER_NAME)
        tries(guesser, "Anna", 3)
        assert right(guesser, "Anna") == 429
        assert right(anna, "Anna") == 303
        anna.post("/sign-out")
        # The mark has tries of its own, and only for its own name.
        assert tries(anna, "Ben", 1) == [422]
        expected = [422] * TRIES_PER_NAME + [429]
        assert tries(anna, "Anna", TRIES_PER_NAME + 1) == expected


def test_a_mark_that_was_made_up_counts_for_nothing(app: LiveApp) -> None:
    with Colleague(app) as guesser:
        tries(guesser, "Anna", TRIES_PER_NAME)
        for mark in ("x", "0123456789abcdef." + "0" * 40, ".", "é.é"):
            guesser.http.cookies.set("browser", mark.encode().decode("latin-1"))
            assert right(guesser, "Anna") == 429


def test_right_passwords_do_not_count(app: LiveApp) -> None:
    for _ in range(TRIES_PER_NAME + 2):
        with Colleague(app) as somebody:
            assert right(somebody, "Anna") == 303
    with reading():
        assert SignInTry.select().count() == 0


def test_of_many_at_once_no_more_are_looked_at(app: LiveApp) -> None:
    def guess(_: int) -> int:
        with Colleague(app) as guesser:
            return tries(guesser, "Anna", 1)[0]

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(guess, range(16)))
    assert sorted(statuses) == [422] * TRIES_PER_NAME + [429] * (16 - TRIES_PER_NAME)


def test_the_limit_is_in_the_audit_trail_once_and_no_typed_password_with_it(app: LiveApp) -> None:
    with Colleague(app) as guesser:
        tries(guesser, "anna", TRIES_PER_NAME + 3)
        tries(guesser, "my secret in the wrong field", TRIES_PER_NAME + 3, "192.0.2.3")
    with reading():
        lines = [
            (line.subject, line.count)
            for line in Audit.select().where(Audit.action == "password_tries").order_by(Audit.id)
        ]
    assert lines == [("Anna", TRIES_PER_NAME), ("?", TRIES_PER_NAME)]


def test_changing_the_password_is_no_way_around_it(app: LiveApp) -> None:
    with Colleague(app, "Anna") as anna:
        data = {"old_password": "wrong", "password": "something new", "again": "something new"}
        for _ in range(TRIES_PER_NAME):
            assert anna.post("/settings/account/password", data=data).status_code == 422
        answer = anna.post("/settings/account/password", data=data)
        assert answer.status_code == 429
        assert answer.headers["retry-after"]
        assert anna.get("/settings/account").status_code == 200
