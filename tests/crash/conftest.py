"""A simulator that outlives the program, and what the program leaves behind when it is dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import KEY
from tests.core.rig import ENDPOINTS
from tests.crash.autopsy import examine
from tests.crash.outside import Outside
from tests.crash.server import Server
from tests.crash.starting import Starter
from webapp.simulator import Simulator, SimulatorConfig

Autopsy = Callable[[], None]
Start = Callable[..., Server]


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


@pytest.fixture
def start(tmp_path: Path, outside: Outside) -> Iterator[Start]:
    """Start the program on the test's folder."""
    starter = Starter(tmp_path, outside)
    yield starter
    starter.kill_all()


@pytest.fixture
def begin(tmp_path: Path, fresh: Simulator) -> Iterator[Start]:
    """The same, with the simulator of this process."""
    starter = Starter(tmp_path, fresh)
    yield starter
    starter.kill_all()


@pytest.fixture
def autopsy(tmp_path: Path, outside: Outside) -> Autopsy:
    """While no program runs: is everything as it must be?"""
    return lambda: examine(tmp_path, outside)
