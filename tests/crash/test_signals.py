"""An ordinary stop, and two programs on one folder."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Autopsy, Start
from tests.crash.outside import Outside
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.crash

T2I = "rhart-image-v1/text-to-image"


def test_an_ordinary_stop_with_everything_in_flight(
    start: Start, outside: Outside, autopsy: Autopsy
) -> None:
    outside.configure(durations={T2I: [36000, 36000]})
    outside.scenario(on="submit", fault="delay", seconds=0.3)
    server = start()
    mission_id = server.create([f"fox {n}" for n in range(80)])
    wait_until(lambda: outside.stats["open_submits"] and outside.accepted > 30, deadline_s=60)
    assert server.stop() == 0
    autopsy()
    sent = outside.accepted
    server = start()
    assert server.mission(mission_id)["counts"]["unknown"] == 0
    wait_until(lambda: outside.accepted == 50, deadline_s=60)
    outside.configure(durations={T2I: [0.1, 0.2]})
    outside.finish_all()
    mission = server.ended(mission_id)
    assert mission["completed_count"] == 80
    assert outside.stats["submits"] == outside.accepted == 80 > sent
    assert server.stop() == 0
    autopsy()


def test_a_second_program_serves_pages_only_until_the_first_has_ended(
    start: Start, outside: Outside, autopsy: Autopsy
) -> None:
    first = start()
    second = start()
    assert first.health()["manager"] == "running"
    assert second.health()["manager"] == "elsewhere"
    outside.scenario(on="submit", fault="reset", accept=True, times=1, match="an owl")
    mission_id = second.create(["an owl", "a fox"])
    wait_until(lambda: second.mission(mission_id)["counts"]["unknown"] == 1, deadline_s=60)
    (task_id,) = [e["task_id"] for e in outside.ledger if e["body"]["prompt"] == "an owl"]
    second.resolve(mission_id, 1, action="attach", runninghub_task_id=task_id)
    assert second.ended(mission_id)["completed_count"] == 2, "the first asks about it"
    assert second.stop() == 0
    assert any("pages only" in line for line in second.program.log)
    first.kill()
    autopsy()
    second = start()
    assert second.health()["manager"] == "running"
    assert second.ended(second.create(["a hare"]))["completed_count"] == 1
    assert second.stop() == 0
    autopsy()
