"""Fixtures for all tests: settings that know nothing of this machine, a simulator, a live app."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.canary import KEY, SECRET_KEY, check_files
from tests.helpers.live import LiveApp
from tests.plugins.canary import (
    listen_to_logs,
    nothing_leaks,
    pytest_runtest_makereport,
    read_answers,
    spilled_on_purpose,
)
from webapp.settings import Settings, load_settings
from webapp.simulator import Simulator, SimulatorConfig

__all__ = [
    "KEY",
    "listen_to_logs",
    "nothing_leaks",
    "pytest_runtest_makereport",
    "read_answers",
    "spilled_on_purpose",
]

TASK_S = 0.3
"""How long a task takes in the `simulator` of all tests, more or less."""

MakeSettings = Callable[..., Settings]
StartApp = Callable[..., LiveApp]


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """Forget the settings of whoever runs the tests."""
    names = {name.upper() for name in Settings.model_fields}
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.upper() in names}
    yield
    os.environ.update(kept)


@pytest.fixture(scope="module")
def make_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeSettings]:
    """Settings in a folder of their own, a free port, and no .env; give those that matter. In the end
    no file in these folders may hold a secret."""
    folders: list[Path] = []

    def make(**given: object) -> Settings:
        folders.append(tmp_path_factory.mktemp("data"))
        plain = {"data_dir": folders[-1], "port": 0, "secret_key": SECRET_KEY}
        return load_settings(_env_file=None, **(plain | given))

    yield make
    for folder in folders:
        check_files(folder)


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    """Plain settings: no key, a new folder."""
    return make_settings()


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """RunningHub, 50 times faster than life, which knows one key."""
    with Simulator(SimulatorConfig(key=KEY, speed=50, seed=1, plain_results=True)) as running:
        yield running


@pytest.fixture(scope="module")
def start_app(make_settings: MakeSettings, simulator: Simulator) -> Iterator[StartApp]:
    """Start an app against the simulator, with other settings where given. Starting a second one
    closes the first: models are bound to one database at a time."""
    with contextlib.ExitStack() as stack:

        def start(**given: object) -> LiveApp:
            stack.close()
            connected = {"runninghub_base_url": simulator.url, "runninghub_api_key": KEY}
            app = stack.enter_context(LiveApp(make_settings(**(connected | given))))
            app.has_seen(TASK_S)
            return app

        yield start


@pytest.fixture(scope="module")
def live_app(start_app: StartApp) -> LiveApp:
    """One app for all tests of a file."""
    return start_app(poll_interval=0.2)
