"""A database of its own for each test, and rows in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.files.seeds import Seeds
from webapp.clock import FakeClock
from webapp.db import open_database
from webapp.migrate import migrate
from webapp.providers import Provider, ProviderConfig, make_provider
from webapp.results import ResultFiles
from webapp.settings import Settings
from webapp.simulator import Simulator
from webapp.uploads import ReferenceImages

MakeProvider = Callable[..., Provider]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(settings: Settings) -> Settings:
    """Open, with all tables; returns the settings that name it."""
    open_database(settings)
    migrate()
    return settings


@pytest.fixture
def seeds(database: Settings, clock: FakeClock) -> Seeds:
    return Seeds(database, clock)


@pytest.fixture
def images(database: Settings, clock: FakeClock) -> ReferenceImages:
    return ReferenceImages(database, clock)


@pytest.fixture
def make_client(simulator: Simulator, clock: FakeClock) -> Iterator[MakeProvider]:
    """The real client of the simulated RunningHub."""
    made: list[Provider] = []

    def make(key: str) -> Provider:
        config = ProviderConfig(
            base_url=simulator.url, api_key=key, request_timeout_s=10, connections=4, clock=clock
        )
        made.append(make_provider("runninghub", config))
        return made[-1]

    yield make
    for provider in made:
        provider.close()
    simulator.clear_scenario()
    simulator.reset()


@pytest.fixture
def provider(make_client: MakeProvider, simulator: Simulator) -> Provider:
    return make_client(str(simulator.world.config.key))


@pytest.fixture
def files(database: Settings, clock: FakeClock, provider: Provider) -> Iterator[ResultFiles]:
    made = ResultFiles(database, clock, provider)
    yield made
    made.stop()


@pytest.fixture
def paint(provider: Provider, simulator: Simulator) -> Callable[..., Any]:
    """Let RunningHub finish a task; returns its answer with the links."""

    def make(prompt: str = "a fox", path: str = "rhart-image-v1/text-to-image") -> Any:
        params = {"prompt": prompt, "aspectRatio": "1:1"}
        if "video" in path:
            params = {"prompt": prompt, "aspectRatio": "9:16", "duration": "10"}
        task = provider.submit(path, params, webhook_url=None)
        simulator.finish_all()
        return provider.query(task.remote_task_id)

    return make
