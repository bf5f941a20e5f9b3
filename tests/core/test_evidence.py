"""What the account had under way when a submit became unclear is kept, for the person who decides."""

from __future__ import annotations

from tests.core.conftest import MakeRig
from tests.core.rig import ENDPOINTS, Rig
from tests.core.test_webhooks import attempt_of
from tests.helpers.waiting import wait_until
from webapp.db import writing
from webapp.models import Attempt, Event, Item, Mission
from webapp.simulator import Simulator

HOURS = dict.fromkeys(ENDPOINTS, (36000, 36000))


def evidence(mission_id: int) -> tuple[int | None, int | None]:
    """Tasks of the account, and those among them of which the program knew; once they are there."""
    wait_until(lambda: attempt_of(mission_id).account_asked_at)
    found = attempt_of(mission_id)
    return found.account_running, found.own_running


def lost(rig: Rig, *, accept: bool) -> int:
    rig.simulator.scenario("submit", "reset", accept=accept, match="a fox", times=1)
    mission_id = rig.create("a fox")
    rig.until(mission_id, ["unknown"])
    return mission_id


def in_flight(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(durations=HOURS)
    owls = rig.create("owl 1", "owl 2")
    rig.when(owls, lambda _: len(simulator.ledger) == 2)
    rig.when(owls, lambda m: all(item["runninghub_task_id"] for item in m["items"]))


def test_one_more_than_we_know_of(rig: Rig, simulator: Simulator) -> None:
    in_flight(rig, simulator)
    assert evidence(lost(rig, accept=True)) == (3, 2)


def test_no_more_than_we_know_of(rig: Rig, simulator: Simulator) -> None:
    in_flight(rig, simulator)
    assert evidence(lost(rig, accept=False)) == (2, 2)


def test_a_failed_question_leaves_the_item_unclear_and_nothing_is_known(
    rig: Rig, simulator: Simulator
) -> None:
    asked = simulator.scenario("queue", "http", status=500)
    mission_id = lost(rig, accept=True)
    rig.when(mission_id, lambda _: asked.struck >= 1)
    rig.run("an owl")
    found = attempt_of(mission_id)
    assert (found.state, found.account_asked_at, found.account_running) == ("unknown", None, None)


def test_a_question_that_hangs_holds_nothing_up(rig: Rig, simulator: Simulator) -> None:
    asked = simulator.scenario("queue", "hang", seconds=30)
    mission_id = lost(rig, accept=True)
    rig.when(mission_id, lambda _: asked.struck >= 1)
    assert rig.run("an owl")["completed_count"] == 1
    assert attempt_of(mission_id).account_asked_at is None


def test_an_overdue_task_has_evidence_too(make_rig: MakeRig, simulator: Simulator) -> None:
    rig = make_rig(max_task_seconds=600)
    rig.start()
    mission_id = rig.create("a fox [never]")
    rig.when(mission_id, lambda m: bool(m["items"][0]["runninghub_task_id"]))
    rig.leap(601)
    rig.until(mission_id, ["unknown"])
    assert evidence(mission_id) == (1, 1), "its own task: overdue, still under way, and known"


def test_what_a_crash_left_unclear_has_evidence_too(rig: Rig, simulator: Simulator) -> None:
    in_flight(rig, simulator)
    mission_id = lost(rig, accept=True)
    evidence(mission_id)
    with writing():  # as a process leaves it that was killed while its POST was open
        attempt_id = attempt_of(mission_id).id
        Attempt.update(
            state="submitting", boot_id="killed", answered_at=None, account_asked_at=None
        ).where(Attempt.id == attempt_id).execute()
        Item.update(status="processing").where(Item.mission == mission_id).execute()
        Mission.update(unknown_count=0, processing_count=1, status="running", ended_at=None).where(
            Mission.id == mission_id
        ).execute()
        Event.delete().where(
            Event.mission_id == mission_id, Event.after.in_(["unknown", "failed"])
        ).execute()
    rig.restart()
    assert rig.app.mission(mission_id)["items"][0]["error_cause"] == "ambiguous:restart"
    assert evidence(mission_id) == (3, 2)
