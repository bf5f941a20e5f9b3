"""What is written down about decisions that only a live service brings about."""

from __future__ import annotations

import hashlib

import pytest
from pydantic import SecretStr

from tests.conftest import KEY
from tests.core.rig import Rig
from tests.core.test_ambiguous import lost
from tests.pages.browsing import post
from webapp.accounts.people import Action
from webapp.simulator import Simulator
from webapp.store import audit
from webapp.store.audit import AuditFilter

SECOND_KEY = KEY.replace("0123", "4567")


def deeds(mission_id: int) -> list[tuple[str, str, int | None, str]]:
    """All but the start of the mission, newest first."""
    found = audit.page(1, 50, AuditFilter(mission_id=mission_id)).rows
    assert found[-1].action == Action.MISSION_CREATED
    return [(one.who, one.action, one.item_index, one.subject) for one in found[:-1]]


def test_each_way_to_decide_about_an_unclear_item(rig: Rig, simulator: Simulator) -> None:
    attached, given_up, again = (lost(rig, prompt) for prompt in ("a fox", "an owl", "a hare"))
    task_id = rig.task_of("a fox")
    rig.resolve(attached, 1, "attach", runninghub_task_id=task_id)
    rig.resolve(given_up, 1, "fail")
    rig.confirmed["a hare"] += 1
    rig.resolve(again, 1, "resubmit", confirm=True)
    assert deeds(attached) == [("local", "item_attached", 1, f"{task_id} · Autumn")]
    assert deeds(given_up) == [("local", "item_given_up", 1, "Autumn")]
    assert deeds(again) == [("local", "item_resubmitted", 1, "Autumn")]


def test_a_decision_that_was_refused_leaves_no_line(rig: Rig) -> None:
    mission_id = lost(rig)
    path = f"/api/api-missions/{mission_id}/items/1/resolve"
    for body in ({"action": "resubmit"}, {"action": "attach", "runninghub_task_id": "123"}):
        rig.app.refused(422, "POST", path, json=body)
    assert deeds(mission_id) == []


def test_files_that_were_fetched_again(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("download", "redirect", url="ftp://elsewhere/", times=2)
    mission_id = int(rig.run("a fox", "an owl")["id"])
    assert rig.app.mission(mission_id)["files_failed"] == 2
    for _ in range(2):  # the second time there is nothing to fetch
        assert post(rig.app, f"/missions/{mission_id}/refetch").status_code == 303
    rig.ended(mission_id)
    (line,) = audit.page(1, 50, AuditFilter(action=Action.FILES_REFETCHED)).rows
    assert (line.mission_id, line.count) == (mission_id, 2)


def test_trouble_that_was_mended_for_all_missions(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(balance="0")
    first = rig.create("a fox")
    rig.when(first, lambda mission: mission["status"] == "paused")
    simulator.configure(balance="1000")
    assert rig.app.data("POST", "/api/account/resume")["resumed_count"] == 1
    rig.ended(first)
    assert deeds(first) == [("local", "mission_resumed", None, "Autumn")]


def test_another_key_is_noted_at_the_next_start(rig: Rig, simulator: Simulator) -> None:
    rig.restart()
    simulator.configure(key=SECOND_KEY)
    rig.restart(runninghub_api_key=SecretStr(SECOND_KEY))
    keys = [line.subject for line in audit.page(1, 10, AuditFilter(action=Action.KEY_CHANGED)).rows]
    assert keys == [hashlib.sha256(key.encode()).hexdigest()[:16] for key in (SECOND_KEY, KEY)]
    rig.restart(runninghub_api_key=SecretStr(""))
    newest = audit.page(1, 1, AuditFilter(action=Action.KEY_CHANGED)).rows[0]
    assert (newest.who, newest.subject) == ("program", "")


@pytest.fixture(autouse=True)
def the_old_key_again(simulator: Simulator) -> None:
    simulator.configure(key=KEY)
