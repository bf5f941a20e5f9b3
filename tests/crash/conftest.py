"""A simulator that outlives the program, and what the program leaves behind when it is dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import KEY
from tests.core.rig import ENDPOINTS
from tests.crash.autopsy import examine
from tests.crash.outside import Outside
from tests.crash.server import Server, Service
from tests.crash.zygote import Zygote
from webapp.db import close_idle, open_database, writing
from webapp.migrate import migrate
from webapp.models import Attempt
from webapp.settings import load_settings
from webapp.simulator import Simulator, SimulatorConfig
from webapp.states import AttemptState

Autopsy = Callable[[], None]
Start = Callable[..., Server]


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    with Zygote(tmp_path_factory.mktemp("zygote")) as running:
        yield running


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    """RunningHub, where an image takes a quarter of a second to a second."""
    with Outside(tmp_path, "--speed", "40", "--seed", "1") as running:
        yield running


@pytest.fixture(scope="session")
def inside() -> Iterator[Simulator]:
    """RunningHub in this process, which nobody kills either."""
    durations = dict.fromkeys(ENDPOINTS, (0.05, 0.1))
    config = SimulatorConfig(key=KEY, durations=durations, seed=1, plain_results=True)
    with Simulator(config) as running:
        yield running


@pytest.fixture
def fresh(inside: Simulator) -> Iterator[Simulator]:
    """As it is when nothing has happened yet."""
    inside.configure(durations=dict.fromkeys(ENDPOINTS, (0.05, 0.1)))
    inside.reset()
    yield inside
    inside.clear_scenario()


def seed_history(folder: Path) -> None:
    """A database that has seen tasks, so that a start knows how soon to ask."""
    open_database(load_settings(_env_file=None, data_dir=folder))
    migrate()
    now = datetime.now(UTC)
    row = {
        "mission_id": 0,
        "provider": "runninghub",
        "state": AttemptState.SUCCEEDED,
        "number": 1,
        "created_at": now,
        "sent_at": now,
        "ended_at": now + timedelta(seconds=0.3),
        "boot_id": "",
    }
    kinds = [name for name in ("text_to_image", "image_to_image") for _ in range(10)]
    with writing():
        for item_id, kind in enumerate(kinds, start=10**6):
            Attempt.insert(item_id=item_id, item_index=1, task_type=kind, **row).execute()
    close_idle()


class Starter:
    """Starts the program on one folder, again and again; none of them outlives the test."""

    def __init__(self, zygote: Zygote, folder: Path, service: Service) -> None:
        self._zygote = zygote
        self._folder = folder
        self._service = service
        self._started: list[Server] = []
        seed_history(folder / "data")

    def __call__(self, **settings: object) -> Server:
        number = len(self._started)
        self._started.append(Server(self._zygote, self._folder, self._service, number, **settings))
        return self._started[-1]

    def kill_all(self) -> None:
        for server in self._started:
            server.kill()


@pytest.fixture
def start(zygote: Zygote, tmp_path: Path, outside: Outside) -> Iterator[Start]:
    """Start the program on the test's folder."""
    starter = Starter(zygote, tmp_path, outside)
    yield starter
    starter.kill_all()


@pytest.fixture
def begin(zygote: Zygote, tmp_path: Path, fresh: Simulator) -> Iterator[Start]:
    """The same, with the simulator of this process."""
    starter = Starter(zygote, tmp_path, fresh)
    yield starter
    starter.kill_all()


@pytest.fixture
def autopsy(tmp_path: Path, outside: Outside) -> Autopsy:
    """While no program runs: is everything as it must be?"""
    return lambda: examine(tmp_path, outside)
