"""/health tells the truth."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from tests.core.conftest import MakeRig
from tests.core.full_disk import disk
from tests.core.rig import Rig
from tests.helpers.waiting import wait_until
from webapp.backups.backup import backup
from webapp.backups.restore import restore
from webapp.safety.lock import ManagerLock

Usage = namedtuple("Usage", "total used free")


def health(rig: Rig) -> tuple[int, dict[str, Any]]:
    answer = rig.app.get("/health")
    return answer.status_code, answer.json()


def test_a_full_disk_is_noticed_though_nobody_works(make_rig: MakeRig) -> None:
    with disk() as full:
        rig = make_rig()
        rig.start()
        assert health(rig)[0] == 200
        full.full = True
        rig.clock.leap(6)
        status, found = health(rig)
        assert (status, found["status"], found["trouble"]) == (503, "error", "full")
        full.full = False
        rig.clock.leap(6)
        assert health(rig)[0] == 200
        rig.stop()


def test_who_asks_often_does_not_make_it_write_often(make_rig: MakeRig) -> None:
    with disk() as full:
        rig = make_rig()
        rig.start()
        full.full = True
        before = full.refused
        for _ in range(20):
            health(rig)
        assert full.refused - before <= 4  # one row, and what SQLite tries for it
        full.full = False
        rig.stop()


def test_a_manager_that_has_stopped_is_an_error(rig: Rig) -> None:
    assert health(rig)[1]["manager"] == "running"
    rig.manager.begin_stop()
    status, found = health(rig)
    assert (status, found["status"], found["manager"]) == (503, "error", "stopped")


def test_a_process_that_only_serves_pages_is_well(rig: Rig, make_rig: MakeRig) -> None:
    other = rig.app.settings.sqlite_path()
    rig.stop()

    lock = ManagerLock(other)
    assert lock.acquire()
    try:
        rig.start_broken()
        status, found = health(rig)
        assert (status, found["manager"]) == (200, "elsewhere")
        rig.stop()
    finally:
        lock.release()


def test_little_room_calls_for_attention(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 0, 9 * 10**8))
    status, found = health(rig)
    assert (status, found["attention"], found["free_bytes"]) == (200, ["disk_low"], 9 * 10**8)


def test_what_nobody_has_decided_calls_for_attention(rig: Rig) -> None:
    rig.simulator.scenario("submit", "reset", times=1)
    mission_id = rig.create("a fox")
    rig.until(mission_id, ["unknown"])
    status, found = health(rig)
    assert (status, found["unknown"]) == (200, 1)
    assert "unknown" in found["attention"]
    rig.resolve(mission_id, 1, action="fail")


def test_an_outage_calls_for_attention(rig: Rig) -> None:
    rig.simulator.scenario("submit", "reset")
    mission_id = rig.create(*(f"fox {n}" for n in range(30)))
    wait_until(lambda: "service_away" in health(rig)[1]["attention"])
    rig.simulator.clear_scenario()
    rig.app.data("POST", f"/api/api-missions/{mission_id}/cancel")


def test_a_restored_database_calls_for_attention(rig: Rig, tmp_path: Path) -> None:
    settings = rig.app.settings
    rig.stop()
    backup(settings, tmp_path / "copy.db")
    restore(settings, tmp_path / "copy.db")
    rig.start()
    status, found = health(rig)
    assert (status, found["status"], found["restored"]) == (200, "ok", True)
    assert "restored" in found["attention"]


def test_the_backlog_is_named(rig: Rig) -> None:
    rig.create("a fox", "a hare", scheduled_at="2099-01-01 00:00:00")
    assert health(rig)[1]["waiting"] == 2
