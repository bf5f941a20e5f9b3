"""The disk is full at each write: nothing is lost, nothing is paid twice, and it goes on by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.core.conftest import MakeRig
from tests.core.full_disk import Disk, disk
from tests.core.rig import ENDPOINTS, Rig, states
from tests.create.pages import create_form, post, previewed
from tests.helpers.pictures import png
from tests.helpers.waiting import wait_until
from webapp.files.download import Limits
from webapp.safety.receipts import Receipts, receipts_path
from webapp.safety.storage import Trouble
from webapp.simulator import Simulator

HOURS = dict.fromkeys(ENDPOINTS, (36000, 36000))


@pytest.fixture
def full() -> Iterator[Disk]:
    with disk() as found:
        yield found


@pytest.fixture
def rig(full: Disk, make_rig: MakeRig) -> Iterator[Rig]:
    made = make_rig()
    made.start()
    yield made
    full.full = False
    made.stop()


def trouble(rig: Rig) -> Trouble | None:
    found: Trouble | None = rig.app.app.state.storage.trouble
    return found


def fill(rig: Rig, full: Disk, moment: Callable[[], object]) -> None:
    """The disk is full from this moment on, and the program has noticed."""
    wait_until(moment)
    full.full = True


def receipts(rig: Rig) -> list[str]:
    kept = Receipts(receipts_path(rig._settings)).kept
    return [receipt.remote_task_id for receipt in kept]


def page(rig: Rig, language: str = "en") -> str:
    answer = rig.app.get("/missions", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return str(answer.text)


def test_at_a_claim(rig: Rig, full: Disk) -> None:
    later = rig.create("a fox", "an owl", scheduled_at="2099-01-01 00:00:00")
    waiting = rig.create("a hare", scheduled_at="2027-01-01 00:00:00")
    full.full = True
    rig.leap(366 * 86400)
    wait_until(lambda: trouble(rig) is Trouble.FULL)
    assert "The disk is full" in page(rig)
    assert "磁盘已满" in page(rig, "zh")
    health = rig.app.get("/health")
    assert (health.status_code, health.json()["trouble"]) == (503, "full")
    body = {"name": "n", "task_type": "text_to_image", "config": {"batch_input": ["a cat"]}}
    refusal = rig.app.refused(503, "POST", "/api/api-missions", json=body)
    assert refusal["message"] == "The disk is full: this was not saved. Make room and try again."
    assert rig.submits() == 0
    full.full = False
    assert states(rig.ended(waiting)) == ["completed"]
    wait_until(lambda: trouble(rig) is None)
    assert "The disk is full" not in page(rig)
    rig.app.data("POST", f"/api/api-missions/{later}/cancel")


def test_while_an_image_goes_up(rig: Rig, full: Disk, simulator: Simulator) -> None:
    found = rig.app.data("POST", "/api/upload-image", files={"file": ("fox.png", png())})
    simulator.scenario("upload", "delay", seconds=0.3)
    config = {"prompt": "blue", "batch_input": [found["url"]]}
    mission_id = rig.app.create(task_type="image_to_image", config=config)
    fill(rig, full, lambda: simulator.stats["uploads"] == 1)
    wait_until(lambda: trouble(rig) is Trouble.FULL)
    assert rig.submits() == 0
    full.full = False
    rig.until(mission_id, ["completed"], step_s=1)
    rig.ended(mission_id)
    assert rig.submits() == 1


def test_after_a_submit_the_id_is_kept_as_a_receipt_and_nothing_more_is_sent(
    rig: Rig, full: Disk, simulator: Simulator
) -> None:
    simulator.scenario("submit", "delay", seconds=0.3)
    mission_id = rig.create(*(f"fox {n}" for n in range(20)))
    fill(rig, full, lambda: simulator.stats["open_submits"] == 8)
    wait_until(lambda: len(receipts(rig)) == 8)
    assert sorted(receipts(rig)) == sorted(entry["task_id"] for entry in simulator.ledger)
    simulator.clear_scenario()
    rig.leap(60)
    assert trouble(rig) is Trouble.FULL
    assert rig.submits() == 8
    full.full = False
    assert rig.ended(mission_id)["completed_count"] == 20
    assert rig.submits() == 20
    assert receipts(rig) == []


def test_a_stop_on_a_full_disk_forgets_nothing(rig: Rig, full: Disk, simulator: Simulator) -> None:
    simulator.scenario("submit", "delay", seconds=0.3)
    mission_id = rig.create(*(f"fox {n}" for n in range(20)))
    fill(rig, full, lambda: simulator.stats["open_submits"] == 8)
    wait_until(lambda: len(receipts(rig)) == 8)
    rig.stop()
    simulator.clear_scenario()
    # Started where there still is no room: it waits, and submits nothing.
    rig.start_broken()
    wait_until(lambda: trouble(rig) is Trouble.FULL)
    assert rig.submits() == 8
    assert len(receipts(rig)) == 8
    full.full = False
    mission = rig.ended(mission_id)
    assert (mission["completed_count"], mission["counts"]["unknown"]) == (20, 0)
    assert rig.submits() == 20
    assert receipts(rig) == []


def test_at_the_end_of_a_task(rig: Rig, full: Disk, simulator: Simulator) -> None:
    simulator.configure(durations=HOURS)
    mission_id = rig.create("a fox", "an owl [fail:1501]")
    fill(rig, full, lambda: len(rig.app.mission(mission_id)["items"]) == len(simulator.ledger))
    simulator.finish_all()
    wait_until(lambda: trouble(rig) is Trouble.FULL)
    full.full = False
    assert states(rig.ended(mission_id)) == ["completed", "failed"]
    assert rig.submits() == 2


def test_when_a_file_has_come(rig: Rig, full: Disk, simulator: Simulator) -> None:
    simulator.scenario("download", "delay", seconds=0.2, times=1)
    mission_id = rig.create("a fox")
    fill(rig, full, lambda: simulator.stats["downloads"] == 1)
    wait_until(lambda: full.refused)
    full.full = False
    mission = rig.when(mission_id, lambda m: not m["files_pending"], step_s=1)
    assert mission["items"][0]["results"][0]["file_status"] == "saved"
    assert rig.submits() == 1


def test_while_files_come(
    make_rig: MakeRig, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results die with their links after a day, so nothing new is made that could not be kept."""
    limits = Limits(reserve_bytes=10**18)
    monkeypatch.setattr("webapp.results.Limits", lambda: limits)
    rig = make_rig()
    rig.start()
    mission_id = rig.create("a fox")
    wait_until(lambda: trouble(rig) is Trouble.FULL)
    assert "The disk is full" in page(rig)
    other = rig.create("an owl")
    for _ in range(3):
        rig.leap(6)
        rig.when(other, lambda m: m["counts"]["pending"] == 1)
    assert rig.submits() == 1
    object.__setattr__(limits, "reserve_bytes", 0)
    rig.when(mission_id, lambda m: not m["files_pending"], step_s=6)
    rig.when(other, lambda m: not m["counts"]["pending"] + m["files_pending"], step_s=6)
    assert trouble(rig) is None
    assert rig.submits() == 2


def test_the_dispatcher_sleeps_until_somebody_can_write_again(rig: Rig) -> None:
    """What was due while nothing could be claimed once kept it awake, as fast as it could."""
    manager, now = rig.manager, rig.clock.now()
    wait_until(lambda: manager._paced)
    with manager._changed:
        manager._work_waits, manager._claim_at = True, now
        manager._look_around_at = rig.clock.monotonic() + 5
        assert manager._sleep_s() == 0, "it would claim at once"
        manager._storage.fails("somebody", Trouble.FULL)
        assert manager._sleep_s() > 1
    manager._storage.works("somebody")
    assert states(rig.run("a fox")) == ["completed"]


def test_at_a_decision_of_a_person(rig: Rig, full: Disk) -> None:
    mission_id = rig.create("a fox", scheduled_at="2099-01-01 00:00:00")
    full.full = True
    for action in ("pause", "cancel"):
        rig.app.refused(503, "POST", f"/api/api-missions/{mission_id}/{action}")
    assert rig.app.mission(mission_id)["status"] == "queued"
    full.full = False
    rig.app.data("POST", f"/api/api-missions/{mission_id}/cancel")


def test_when_a_mission_is_started_what_was_typed_stays(rig: Rig, full: Disk) -> None:
    typed = create_form(rig.app).fill(prompts="a fox in the snow", template_name="Snow")
    fields = [*previewed(rig.app, typed), ("template_name", "Snow")]
    full.full = True
    for path in ("/missions", "/missions/new/template"):
        answer = post(rig.app, path, fields)
        assert answer.status_code == 503
        assert "The disk is full: this was not saved." in answer.text
        assert "a fox in the snow</textarea>" in answer.text
    answer = post(rig.app, "/missions", fields, [("fox.png", png())])
    assert answer.status_code == 422
    assert "a fox in the snow</textarea>" in answer.text
    full.full = False


def test_a_receipt_of_another_database_is_set_aside(
    make_rig: MakeRig, caplog: pytest.LogCaptureFixture
) -> None:
    """An older copy was put in place: its attempt of that number is not the one that was paid for."""
    rig = make_rig()
    rig.start()
    rig.run("a fox")
    path: Path = receipts_path(rig._settings)
    rig.stop()
    line = '{"attempt_id":1,"boot_id":"another","remote_task_id":"2013508786110730241","at":""}'
    with path.open("r+b") as file:
        file.seek(64)
        file.write(line.encode() + b"\n")
    rig.start()
    assert "2013508786110730241" in caplog.text
    assert path.with_name(path.name + ".strange").read_text() == line + "\n"
    assert receipts(rig) == []
    assert states(rig.run("an owl")) == ["completed"]
