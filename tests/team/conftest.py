"""An app with three accounts, and their owners' browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import MakeSettings, StartApp
from tests.helpers.clocks import LeapClock
from tests.helpers.live import LiveApp
from tests.helpers.team import PASSWORD, Colleague, add_user

SignIn = Callable[..., Colleague]


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    """Anna is an admin, Ben a member, and Vera looks."""
    running = start_app(poll_interval=0.2)
    for name, role in (("Anna", "admin"), ("Ben", "member"), ("Vera", "viewer")):
        add_user(running, name, role)
    return running


@pytest.fixture
def sign_in(app: LiveApp) -> Iterator[SignIn]:
    """Somebody's browser, signed in; without a name a stranger's."""
    with ExitStack() as stack:

        def start(name: str = "", password: str = PASSWORD) -> Colleague:
            return stack.enter_context(Colleague(app, name, password))

        yield start


@pytest.fixture
def clock() -> LeapClock:
    """Leaps where a test says."""
    return LeapClock()


@pytest.fixture
def timed(make_settings: MakeSettings, clock: LeapClock) -> Iterator[LiveApp]:
    """An app of its own for one test, whose clock leaps, with Anna. Not in one file with `app`: models
    know one database at a time."""
    with LiveApp(make_settings(), clock) as running:
        add_user(running, "Anna", "admin")
        yield running
