"""kill -9 in the middle of everything: each item ends once, none is paid for twice, none is lost."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable

import pytest

from tests.crash.conftest import Autopsy, Start
from tests.crash.outside import Outside
from tests.crash.server import Server
from tests.crash.settling import settle
from tests.helpers.pictures import png
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.crash

SUBMIT_CONCURRENCY = 8
ITEMS = 100


def kill(server: Server) -> None:
    server.kill()


def kill_while_stopping(server: Server) -> None:
    """Somebody has no patience."""
    server.program.send(signal.SIGTERM)
    server.kill()


def two_signals(server: Server) -> None:
    """Ctrl+C twice."""
    server.program.send(signal.SIGINT)
    server.program.send(signal.SIGINT)
    server.kill()


WAYS: list[Callable[[Server], None]] = [kill, kill_while_stopping, two_signals]


def moments(seed: int, kills: int, until: int) -> list[int]:
    """How many submits may be accepted before each kill."""
    return sorted(random.Random(seed).sample(range(1, until), kills))


def live_through(
    start: Start, outside: Outside, autopsy: Autopsy, server: Server, kills: list[int]
) -> Server:
    """Kill it again and again; after each death the books balance."""
    for number, accepted in enumerate(kills):
        wait_until(lambda: outside.accepted >= accepted, deadline_s=60)  # noqa: B023
        WAYS[number % len(WAYS)](server)
        autopsy()
        server = start()
    return server


def check_end(server: Server, outside: Outside, missions: list[int], kills: int) -> None:
    unknown = sum(settle(server, outside, server.ended(mission_id)) for mission_id in missions)
    assert unknown <= SUBMIT_CONCURRENCY * kills
    for mission_id in missions:
        mission = server.ended(mission_id)
        assert mission["status"] == "completed"
        assert {item["status"] for item in mission["items"]} == {"completed"}
        assert mission["files_failed"] == 0
        for item in mission["items"][::10]:
            assert server.file_of(item)
    assert not outside.paid_twice()


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment(start: Start, outside: Outside, autopsy: Autopsy, seed: int) -> None:
    outside.scenario(on="submit", fault="delay", seconds=0.05)
    server = start()
    mission_id = server.create([f"fox {n}" for n in range(ITEMS)])
    kills = moments(seed, 4, ITEMS - 10)
    server = live_through(start, outside, autopsy, server, kills)
    check_end(server, outside, [mission_id], len(kills))
    assert server.stop() == 0
    autopsy()


def test_killed_while_images_go_up(start: Start, outside: Outside, autopsy: Autopsy) -> None:
    outside.scenario(on="upload", fault="delay", seconds=0.05)
    server = start()
    names = [
        server.data("POST", "/api/upload-image", files={"file": ("a.png", png(32, colour))})["url"]
        for colour in ("red", "green", "blue", "black")
    ]
    batch = [{"prompt": f"fox {n}", "imageUrls": [names[n % 4]]} for n in range(40)]
    mission_id = server.create(batch, task_type="image_to_image")
    kills = moments(3, 3, 35)
    server = live_through(start, outside, autopsy, server, kills)
    check_end(server, outside, [mission_id], len(kills))
    assert outside.stats["uploads"] < 40, "a link is used as long as it lives"
    server.kill()
    autopsy()


def test_killed_at_each_start(start: Start, outside: Outside, autopsy: Autopsy) -> None:
    """What a start does with what it finds is done once, however often it begins."""
    server = start()
    mission_id = server.create([f"fox {n}" for n in range(30)])
    for _ in range(3):
        server.kill()
        server = start()
    check_end(server, outside, [mission_id], 3)
    server.kill()
    autopsy()
