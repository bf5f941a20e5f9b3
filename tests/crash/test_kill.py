"""kill -9 in the middle of everything: each item ends once, none is paid for twice, none is lost.

The long run, with the same code: python -m tests.crash.long --kills 60 --items 1500
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.crash.conftest import Autopsy
from tests.crash.outside import Outside
from tests.crash.settling import settle
from tests.crash.starting import Starter
from tests.crash.survival import SUBMIT_CONCURRENCY, WAYS, counted, survive
from tests.helpers.pictures import png
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.crash


def test_killed_at_any_moment(start: Starter, outside: Outside, tmp_path: Path) -> None:
    figures = survive(start, outside, tmp_path, kills=8, items=200, seed=1)
    counted(figures)
    assert figures.items == 200


def test_killed_while_images_go_up(start: Starter, outside: Outside, autopsy: Autopsy) -> None:
    outside.scenario(on="upload", fault="delay", seconds=0.05)
    server = start()
    names = [
        server.data("POST", "/api/upload-image", files={"file": ("a.png", png(32, colour))})["url"]
        for colour in ("red", "green", "blue", "black")
    ]
    batch = [{"prompt": f"fox {n}", "imageUrls": [names[n % 4]]} for n in range(40)]
    mission_id = server.create(batch, task_type="image_to_image")
    kills = sorted(random.Random(3).sample(range(1, 35), 3))
    for way, accepted in zip(WAYS, kills, strict=True):
        wait_until(lambda: outside.accepted >= accepted, deadline_s=60)  # noqa: B023
        way(server)
        autopsy()
        server = start()
    assert settle(server, outside, server.ended(mission_id)) <= SUBMIT_CONCURRENCY * len(kills)
    assert server.ended(mission_id)["completed_count"] == 40
    assert not outside.paid_twice()
    assert outside.stats["uploads"] < 40, "a link is used as long as it lives"
    server.kill()
    autopsy()


def test_killed_at_each_start(start: Starter, outside: Outside, autopsy: Autopsy) -> None:
    """What a start does with what it finds is done once, however often it begins."""
    server = start()
    mission_id = server.create([f"fox {n}" for n in range(30)])
    for _ in range(3):
        server.kill()
        server = start()
    settle(server, outside, server.ended(mission_id))
    assert server.ended(mission_id)["completed_count"] == 30
    assert not outside.paid_twice()
    for item in server.mission(mission_id)["items"][::10]:
        assert server.file_of(item)
    server.kill()
    autopsy()
