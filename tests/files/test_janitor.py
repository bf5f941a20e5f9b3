"""The hourly broom."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence

import pytest

from tests.files.seeds import Seeds
from tests.helpers.waiting import wait_until
from webapp.clock import FakeClock
from webapp.results import ResultFiles
from webapp.settings import Settings
from webapp.store import missions
from webapp.work.janitor import EVERY_S, Janitor

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


def test_files_go_before_the_rows_that_name_them(
    files: ResultFiles, seeds: Seeds, clock: FakeClock, database: Settings
) -> None:
    """A kill between the two once left files that nothing named, for ever."""
    mission = seeds.mission()
    seeds.saved(mission, seeds.item(mission), "1_0001_1_a.png", b"picture")
    missions.delete(mission, clock.now(), "anna")
    clock.advance(DAY + 1)

    def killed(names: Sequence[str]) -> None:
        files.remove(names)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Janitor(clock, killed, database.uploads, lambda: None).sweep()
    assert list(seeds.folder.iterdir()) == []
    assert missions.purgeable(clock.now()) == [mission]


def test_a_file_that_came_during_the_purge_goes_too(
    files: ResultFiles, seeds: Seeds, clock: FakeClock, database: Settings
) -> None:
    mission = seeds.mission()
    item = seeds.item(mission)
    missions.delete(mission, clock.now(), "anna")
    clock.advance(DAY + 1)
    calls: list[Sequence[str]] = []

    def remove(names: Sequence[str]) -> None:
        if not calls:
            seeds.saved(mission, item, "1_0001_1_a.png", b"picture")
        calls.append(names)
        files.remove(names)

    assert Janitor(clock, remove, database.uploads, lambda: None).sweep() == 1
    assert calls == [[], ["1_0001_1_a.png"]]
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
