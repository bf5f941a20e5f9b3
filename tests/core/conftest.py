"""A database for the store's tests; a rig of app and simulator for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import KEY, MakeSettings
from tests.core.rig import ENDPOINTS, TASK_S, Rig
from webapp.db import open_database, writing
from webapp.migrate import migrate
from webapp.models import Attempt, Event, Mission
from webapp.settings import Settings
from webapp.simulator import Simulator, SimulatorConfig

MakeRig = Callable[..., Rig]


@pytest.fixture(scope="module")
def database(make_settings: MakeSettings) -> Settings:
    """A new database with all tables; returns the settings that name it."""
    settings = make_settings()
    open_database(settings)
    migrate()
    return settings


@pytest.fixture
def db(database: Settings) -> Settings:
    """The file's database with nothing in it."""
    with writing():
        for table in (Mission, Attempt, Event):
            table.delete().execute()
    return database


@pytest.fixture(scope="module")
def running_simulator() -> Iterator[Simulator]:
    durations = dict.fromkeys(ENDPOINTS, TASK_S)
    config = SimulatorConfig(key=KEY, durations=durations, seed=1, plain_results=True)
    with Simulator(config) as running:
        yield running


@pytest.fixture
def simulator(running_simulator: Simulator) -> Iterator[Simulator]:
    """RunningHub as it is when nothing has happened yet."""
    durations = dict.fromkeys(ENDPOINTS, TASK_S)
    plain = {"key": KEY, "concurrency": 50, "balance": "1000", "charge_failed": False}
    running_simulator.configure(durations=durations, **plain)
    running_simulator.clear_scenario()
    running_simulator.reset()
    yield running_simulator
    running_simulator.clear_scenario()


@pytest.fixture
def make_rig(make_settings: MakeSettings, simulator: Simulator) -> Iterator[MakeRig]:
    """A rig on a new folder; its books are checked at the end of the test."""
    made: list[Rig] = []

    def make(*, webhooks: bool = False, **given: object) -> Rig:
        connected = {"runninghub_base_url": simulator.url, "runninghub_api_key": KEY}
        fast = {"poll_interval": 0.1, "request_timeout": 5}
        made.append(Rig(make_settings(**(connected | fast | given)), simulator, webhooks=webhooks))
        return made[-1]

    yield make
    for rig in made:
        rig.check()


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    """A running app."""
    made = make_rig()
    made.start()
    return made
