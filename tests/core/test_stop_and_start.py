"""Stopping in every phase, and what the next start makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.conftest import MakeRig
from tests.core.making import attempt_states
from tests.core.rig import ENDPOINTS, Rig, states
from tests.helpers.pictures import png
from tests.helpers.waiting import wait_until
from webapp.db import reading
from webapp.models import Attempt, Item
from webapp.simulator import Simulator

HOURS = dict.fromkeys(ENDPOINTS, (36000, 36000))
EDIT = "rhart-image-v1/edit"


def attempts_by_state() -> dict[str, int]:
    with reading():
        found = [str(attempt.state) for attempt in Attempt.select()]
    return {state: found.count(state) for state in set(found)}


def attempts_in(mission_id: int) -> list[str]:
    with reading():
        return attempt_states(Item.get(Item.mission == mission_id).id)


def upload(rig: Rig) -> str:
    found: Any = rig.app.data("POST", "/api/upload-image", files={"file": ("fox.png", png())})
    return str(found["filename"])


def edit_mission(rig: Rig) -> int:
    image = f"/api/images/{upload(rig)}"
    config = {"prompt": "make it blue", "batch_input": [image]}
    return rig.app.create(task_type="image_to_image", config=config)


def test_a_stop_waits_for_open_posts(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("submit", "delay", seconds=0.4)
    mission_id = rig.create(*(f"fox {n}" for n in range(20)))
    wait_until(lambda: simulator.stats["open_submits"] == 8)
    rig.stop()
    sent = attempts_by_state()
    assert sent.pop("succeeded", 0) + sent.pop("submitted") == len(simulator.ledger) >= 8
    assert sent == {}, "none unknown, none being sent"
    simulator.clear_scenario()
    rig.start()
    assert rig.ended(mission_id)["completed_count"] == 20
    assert rig.submits() == 20


def test_no_more_posts_are_open_than_allowed(make_rig: MakeRig, simulator: Simulator) -> None:
    rig = make_rig(submit_concurrency=3)
    rig.start()
    simulator.scenario("submit", "delay", seconds=0.05)
    rig.run(*(f"fox {n}" for n in range(20)))
    assert simulator.stats["max_open_submits"] == 3


def test_a_restart_goes_on_with_everything_in_flight(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    simulator.configure(durations=HOURS)
    rig = make_rig()
    rig.start()
    mission_id = rig.create(*(f"fox {n}" for n in range(60)))
    rig.when(mission_id, lambda _: len(simulator.ledger) == 50)
    rig.restart(max_concurrent_api_tasks=5)
    simulator.configure(durations=dict.fromkeys(ENDPOINTS, (0.01, 0.02)))
    other = rig.create("an owl")
    assert states(rig.app.mission(other)) == ["pending"]
    assert rig.submits() == 50, "all slots are taken by what ran before"
    simulator.finish_all()
    assert rig.ended(mission_id)["completed_count"] == 60
    assert states(rig.ended(other)) == ["completed"]
    assert rig.submits() == 61


def test_fifty_slots_then_five_then_fifty(make_rig: MakeRig, simulator: Simulator) -> None:
    """What runs goes on, however few are allowed now; more are filled, a few POSTs at a time."""
    simulator.configure(durations=HOURS)
    rig = make_rig(max_concurrent_api_tasks=50, submit_concurrency=4)
    rig.start()
    mission_id = rig.create(*(f"fox {n}" for n in range(120)))
    rig.when(mission_id, lambda _: len(simulator.ledger) == 50)
    rig.restart(max_concurrent_api_tasks=5)
    simulator.finish_all()
    rig.when(mission_id, lambda m: m["completed_count"] == 50)
    rig.when(mission_id, lambda _: len(simulator.ledger) == 55)
    rig.leap(6)
    assert rig.app.data("GET", "/api/queue")["busy"] == 5
    rig.restart(max_concurrent_api_tasks=50)
    rig.when(mission_id, lambda _: len(simulator.ledger) == 100)
    simulator.configure(durations=dict.fromkeys(ENDPOINTS, (0.01, 0.02)))
    simulator.finish_all()
    assert rig.ended(mission_id)["completed_count"] == 120
    assert simulator.stats["max_in_flight"] == 50
    assert simulator.stats["max_open_submits"] <= 4
    assert rig.submits() == 120


def test_what_ended_while_we_were_away_is_found(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(durations=HOURS)
    mission_id = rig.create("a fox", "an owl [fail:1501]")
    rig.when(mission_id, lambda _: len(simulator.ledger) == 2)
    rig.stop()
    simulator.finish_all()
    rig.clock.leap(8 * 3600)
    rig.start()
    assert states(rig.ended(mission_id)) == ["completed", "failed"]
    assert rig.submits() == 2


def test_a_stop_during_questions(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("query", "delay", seconds=0.3)
    mission_id = rig.create(*(f"fox {n}" for n in range(10)))
    rig.when(mission_id, lambda _: bool(simulator.request_times("query")))
    rig.stop()
    simulator.clear_scenario()
    rig.start()
    assert rig.ended(mission_id)["completed_count"] == 10
    assert rig.submits() == 10


def test_a_stop_while_images_go_up_has_sent_nothing(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    """Nothing is paid for yet, so the stop does not wait for the five minutes either."""
    rig = make_rig(request_timeout=300)
    rig.start()
    hanging = simulator.scenario("upload", "hang")
    mission_id = edit_mission(rig)
    wait_until(lambda: hanging.struck >= 1)
    rig.stop()
    assert attempts_by_state() == {"returned": 1}
    assert rig.submits() == 0
    simulator.clear_scenario()
    rig.start()
    mission = rig.ended(mission_id)
    assert (states(mission), mission["items"][0]["attempts"]) == (["completed"], 1)
    assert (hanging.struck, simulator.stats["uploads"]) == (1, 2)


def test_uploads_that_take_long_do_not_keep_items_without_images_waiting(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    rig = make_rig(submit_concurrency=4, request_timeout=300)
    rig.start()
    hanging = simulator.scenario("upload", "hang")
    image = f"/api/images/{upload(rig)}"
    batch = [{"prompt": f"blue {n}", "imageUrls": [image]} for n in range(9)]
    edits = rig.app.create(task_type="image_to_image", config={"batch_input": batch})
    wait_until(lambda: hanging.struck >= 1)
    assert states(rig.run("a fox", "an owl", "an elk")) == ["completed"] * 3
    assert rig.app.mission(edits)["counts"]["processing"] == 3, "a seat of four is kept free"
    simulator.clear_scenario()
    rig.restart()
    assert rig.ended(edits)["completed_count"] == 9


def test_a_stop_does_not_wait_for_repeated_uploads(rig: Rig, simulator: Simulator) -> None:
    """RunningHub's upload is away; its repeats would take seconds."""
    failing = simulator.scenario("upload", "http", status=502)
    mission_id = edit_mission(rig)
    rig.when(mission_id, lambda _: failing.struck >= 1)
    rig.stop()
    assert failing.struck <= 2
    assert attempts_in(mission_id)[-1] == "returned"


@pytest.mark.parametrize("stop", ["pause", "cancel"])
def test_a_mission_stopped_while_its_image_goes_up_is_not_submitted(
    rig: Rig, simulator: Simulator, stop: str
) -> None:
    simulator.scenario("upload", "delay", seconds=0.3)
    mission_id = edit_mission(rig)
    wait_until(lambda: simulator.stats["uploads"] == 1)
    rig.app.data("POST", f"/api/api-missions/{mission_id}/{stop}")
    mission = rig.when(mission_id, lambda m: not m["counts"]["processing"])
    assert states(mission) == ["pending" if stop == "pause" else "cancelled"]
    assert rig.submits() == 0


def test_a_stop_while_files_come_fetches_them_later(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("download", "drip", interval_s=0.05)
    mission_id = rig.create("a fox")
    rig.when(mission_id, lambda m: m["files_pending"] == 1 and bool(simulator.stats["downloads"]))
    rig.stop()
    simulator.clear_scenario()
    rig.start()
    mission = rig.ended(mission_id)
    assert mission["items"][0]["results"][0]["file_status"] == "saved"
    assert rig.submits() == 1


def test_a_slot_is_free_while_the_file_of_its_item_is_still_to_come(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    """A slot is for the remote task alone: files have a pool of their own."""
    rig = make_rig(max_concurrent_api_tasks=1)
    rig.start()
    hanging = simulator.scenario("download", "hang", match="a fox")
    mission_id = rig.create("a fox", "an owl")
    mission = rig.until(mission_id, ["completed", "completed"])
    assert (hanging.struck, simulator.stats["max_in_flight"]) == (1, 1)
    assert mission["items"][0]["results"][0]["file_status"] == "pending"
    assert rig.app.data("GET", "/api/queue")["busy"] == 0
    rig.when(mission_id, lambda m: m["items"][1]["results"][0]["file_status"] == "saved")
    assert rig.submits() == 2
    simulator.clear_scenario()


def test_a_stop_while_the_account_is_full(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("submit", "refuse", code="421")
    mission_id = rig.create("a fox", "an owl")
    rig.when(mission_id, lambda _: rig.manager.throttle.closed_for_s() > 0)
    rig.stop()
    simulator.clear_scenario()
    rig.start()
    assert rig.ended(mission_id)["completed_count"] == 2


def test_cancelling_while_a_post_is_open_keeps_what_it_brings(
    rig: Rig, simulator: Simulator
) -> None:
    simulator.scenario("submit", "delay", seconds=0.3)
    mission_id = rig.create(*(f"fox {n}" for n in range(12)))
    wait_until(lambda: simulator.stats["open_submits"] == 8)
    cancelled = rig.missions.cancel(mission_id)
    mission = rig.ended(mission_id)
    assert mission["status"] == "cancelled"
    assert mission["completed_count"] == len(simulator.ledger) == 12 - cancelled


def test_deleting_while_running_hides_at_once_and_drains(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(durations=HOURS)
    mission_id = rig.create(*(f"fox {n}" for n in range(60)))
    rig.when(mission_id, lambda _: len(simulator.ledger) == 50)
    rig.app.data("DELETE", f"/api/api-missions/{mission_id}")
    rig.app.refused(404, "GET", f"/api/api-missions/{mission_id}")
    simulator.finish_all()
    wait_until(lambda: attempts_by_state() == {"succeeded": 50})
    assert rig.submits() == 50
    simulator.configure(durations=dict.fromkeys(ENDPOINTS, (0.01, 0.02)))
    assert states(rig.run("an owl")) == ["completed"]
