"""The hourly broom."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from tests.files.seeds import Seeds
from tests.helpers.waiting import wait_until
from webapp.clock import FakeClock
from webapp.janitor import EVERY_S, Janitor
from webapp.results import ResultFiles
from webapp.settings import Settings
from webapp.store import missions

DAY = 24 * 3600


@pytest.fixture
def janitor(files: ResultFiles, clock: FakeClock, database: Settings) -> Janitor:
    return Janitor(clock, files.remove, database.uploads, lambda: None)


@pytest.fixture
def running(janitor: Janitor) -> Iterator[Janitor]:
    janitor.start()
    yield janitor
    janitor.stop()


def test_a_mission_goes_with_its_files_a_day_after_it_was_deleted(
    janitor: Janitor, seeds: Seeds, clock: FakeClock
) -> None:
    mission = seeds.mission()
    seeds.saved(mission, seeds.item(mission), "1_0001_1_a.png", b"picture")
    missions.delete(mission, clock.now(), "anna")

    assert janitor.sweep() == 0
    assert [path.name for path in seeds.folder.iterdir()] == ["1_0001_1_a.png"]
    clock.advance(DAY + 1)

    assert janitor.sweep() == 1
    assert list(seeds.folder.iterdir()) == []


def test_the_half_files_of_a_crash_go_once_nobody_can_be_writing_them(
    janitor: Janitor, seeds: Seeds
) -> None:
    seeds.folder.mkdir(parents=True)
    old, young = seeds.folder / "a.part", seeds.folder / "b.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - EVERY_S - 1,) * 2)

    janitor.sweep()

    assert list(seeds.folder.iterdir()) == [young]


def test_the_first_round_comes_at_once(
    seeds: Seeds, clock: FakeClock, request: pytest.FixtureRequest
) -> None:
    mission = seeds.mission()
    missions.delete(mission, clock.now(), "anna")
    clock.advance(DAY + 1)

    request.getfixturevalue("running")

    wait_until(lambda: missions.purgeable(clock.now()) == [])
