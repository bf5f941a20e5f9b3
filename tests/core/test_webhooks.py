"""RunningHub calls us. What it says is a hint; what is true we ask."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.core.conftest import MakeRig
from tests.core.making import attempt_states
from tests.core.rig import ENDPOINTS, Rig, states
from tests.helpers.waiting import wait_until
from tests.pages.browsing import text_of
from webapp.db import reading
from webapp.models import Attempt, Event, Item, Result
from webapp.safety.lock import ManagerLock
from webapp.server.secret import webhook_mac
from webapp.simulator import Simulator
from webapp.store import missions

HOURS = dict.fromkeys(ENDPOINTS, (36000, 36000))


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    """An app that is told of endings, and asks by itself once in ten minutes."""
    made = make_rig(webhooks=True, poll_interval=600)
    made.start()
    for name in ("text_to_image", "image_to_image"):
        made.manager.history.seed(name, [1000.0] * 50)
    return made


def attempt_of(mission_id: int) -> Attempt:
    with reading():
        found: Attempt = (
            Attempt.select()
            .where(Attempt.mission_id == mission_id)
            .order_by(Attempt.id.desc())
            .get()
        )
        return found


def hook(rig: Rig, attempt_id: int, task_id: object, mac: str | None = None) -> int:
    """Call as RunningHub does; returns the HTTP status."""
    mac = mac or webhook_mac(rig.app.app.state.secret, attempt_id)
    body = {"event": "TASK_END", "taskId": task_id, "eventData": {"status": "SUCCESS"}}
    return rig.app.post(f"/hooks/rh/{attempt_id}/{mac}", json=body).status_code


def lost(rig: Rig, simulator: Simulator, prompt: str = "a fox", **webhook: Any) -> int:
    """An item whose submit was accepted and never answered."""
    simulator.scenario("webhook", match=prompt, **({"fault": "none"} | webhook))
    simulator.scenario("submit", "reset", accept=True, times=1, match=prompt)
    mission_id = rig.create(prompt)
    rig.until(mission_id, ["unknown"])
    if webhook.get("fault", "none") == "none":
        simulator.finish_all()
    return mission_id


def test_an_ending_is_heard_of_at_once(rig: Rig) -> None:
    assert states(rig.run("a fox", "an owl")) == ["completed"] * 2
    assert len(rig.simulator.request_times("query")) == 2


def test_an_ending_before_the_answer_is_heard_of_too(rig: Rig, simulator: Simulator) -> None:
    """The call comes while our POST is still open."""
    simulator.scenario("webhook", "early")
    assert states(rig.run("a fox")) == ["completed"]


def test_a_call_settles_an_unknown_item(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("submit", "reset", accept=True)
    mission_id = rig.create("a fox")
    mission = rig.until(mission_id, ["completed"])
    assert mission["status"] == "completed"
    assert attempt_of(mission_id).runninghub_task_id == rig.task_of("a fox")
    assert rig.submits() == 1
    with reading():
        whos = {event.who for event in Event.select().where(Event.mission_id == mission_id)}
    assert "webhook" in whos


def test_a_call_during_a_submit_that_then_breaks_settles_it(rig: Rig, simulator: Simulator) -> None:
    """It came before there was anything to settle, and once was forgotten."""
    simulator.scenario("webhook", "early")
    simulator.scenario("submit", "reset", accept=True)
    assert states(rig.until(rig.create("a fox"), ["completed"])) == ["completed"]
    assert rig.submits() == 1


def test_a_hundred_calls_have_one_effect(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(durations=HOURS)
    mission_id = lost(rig, simulator, "a fox", fault="duplicate", copies=100)
    simulator.finish_all()
    rig.until(mission_id, ["completed"])
    rig.when(mission_id, lambda _: simulator.stats["webhooks"] == 100)
    for _ in range(10):
        assert hook(rig, attempt_of(mission_id).id, rig.task_of("a fox")) == 200
    assert states(rig.ended(mission_id)) == ["completed"]
    with reading():
        assert Result.select().count() == 1
    assert len(simulator.request_times("query")) < 20


def test_a_call_with_a_wrong_signature_does_nothing(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig, simulator)
    attempt = attempt_of(mission_id)
    for wrong in ("0" * 40, "x", "ключ", "%00", "A" * 5000):
        assert hook(rig, attempt.id, rig.task_of("a fox"), wrong) == 404
    assert hook(rig, attempt.id + 1, "1", webhook_mac(rig.app.app.state.secret, attempt.id)) == 404
    assert states(rig.app.mission(mission_id)) == ["unknown"]
    assert not simulator.request_times("query")


def test_a_call_for_an_attempt_that_is_not_there_does_nothing(rig: Rig) -> None:
    assert hook(rig, 4711, "2013508786110730241") == 200
    assert not rig.simulator.request_times("query")


STRANGE = [
    b"",
    b"null",
    b"[]",
    b"{",
    b'{"taskId": null}',
    b'{"taskId": {"a": 1}}',
    b'{"taskId": "1 OR 1"}',
    b'{"taskId": "' + b"1" * 100 + b'"}',
    b"[" * 30_000,
    b"\xff\xfe",
]


def test_a_call_with_a_strange_body_does_nothing(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig, simulator)
    attempt_id = attempt_of(mission_id).id
    mac = webhook_mac(rig.app.app.state.secret, attempt_id)
    for body in STRANGE:
        answer = rig.app.post(f"/hooks/rh/{attempt_id}/{mac}", data=body)
        assert answer.status_code == 200, body[:40]
    assert states(rig.app.mission(mission_id)) == ["unknown"]
    assert not simulator.request_times("query")


def test_a_call_that_names_the_task_of_another_item_changes_neither(
    rig: Rig, simulator: Simulator
) -> None:
    """Storing it was tried again without end, until no thread was left to ask anything."""
    done = rig.run("an owl")["items"][0]["runninghub_task_id"]
    mission_id = lost(rig, simulator)
    attempt_id = attempt_of(mission_id).id
    asked = len(simulator.request_times("query"))
    assert hook(rig, attempt_id, done) == 200
    rig.when(mission_id, lambda _: len(simulator.request_times("query")) > asked)
    assert states(rig.app.mission(mission_id)) == ["unknown"]
    assert hook(rig, attempt_id, rig.task_of("a fox")) == 200
    rig.until(mission_id, ["completed"], step_s=1)


def test_a_call_that_names_a_task_that_does_not_exist_changes_nothing(
    rig: Rig, simulator: Simulator
) -> None:
    mission_id = lost(rig, simulator)
    attempt_id = attempt_of(mission_id).id
    assert hook(rig, attempt_id, "2013508786110730241") == 200
    rig.when(mission_id, lambda _: len(simulator.request_times("query")) == 3, step_s=1)
    rig.leap(1000)
    assert states(rig.app.mission(mission_id)) == ["unknown"]
    assert attempt_of(mission_id).runninghub_task_id is None
    assert hook(rig, attempt_id, rig.task_of("a fox")) == 200
    rig.until(mission_id, ["completed"], step_s=1)
    assert len(simulator.request_times("query")) == 4


def test_a_second_call_with_the_right_task_wins_over_a_wrong_one(
    rig: Rig, simulator: Simulator
) -> None:
    mission_id = lost(rig, simulator)
    attempt_id = attempt_of(mission_id).id
    hook(rig, attempt_id, "2013508786110730241")
    hook(rig, attempt_id, rig.task_of("a fox"))
    rig.until(mission_id, ["completed"], step_s=1)


def test_a_call_is_not_forgotten_when_the_question_fails(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig, simulator)
    simulator.scenario("query", "http", status=502, times=4)
    hook(rig, attempt_of(mission_id).id, rig.task_of("a fox"))
    rig.until(mission_id, ["completed"], step_s=1)
    assert len(simulator.request_times("query")) == 5


def test_a_call_after_a_person_decided_changes_the_ledger_only(
    rig: Rig, simulator: Simulator
) -> None:
    """What a given up try has cost all the same is money that was spent."""
    mission_id = lost(rig, simulator)
    attempt_id = attempt_of(mission_id).id
    rig.resolve(mission_id, 1, "fail")
    assert rig.app.mission(mission_id)["cost"] == 0
    assert hook(rig, attempt_id, "2013508786110730241") == 200, "no task, no news"
    done = rig.run("a hare")["items"][0]["runninghub_task_id"]
    assert hook(rig, attempt_id, done) == 200, "another one's task is none either"
    for _ in range(5):
        assert hook(rig, attempt_id, rig.task_of("a fox")) == 200
    rig.when(mission_id, lambda m: m["cost"] == 0.05)
    rig.leap(1000)
    assert states(rig.run("an owl")) == ["completed"]
    mission = rig.app.mission(mission_id)
    assert (states(mission), mission["cost"]) == (["failed"], 0.05)
    page = text_of(rig.app.get(f"/missions/{mission_id}/items/1").text)
    assert page.count("an earlier try was delivered and paid for too") == 1
    with reading():
        item = Item.get(Item.mission == mission_id)
    assert attempt_states(item.id) == ["abandoned"]


def test_a_person_decides_while_a_call_is_looked_into(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig, simulator)
    attempt_id = attempt_of(mission_id).id
    simulator.scenario("query", "delay", seconds=0.5, times=1)
    first_task = rig.task_of("a fox")
    hook(rig, attempt_id, first_task)
    rig.when(mission_id, lambda _: len(simulator.request_times("query")) == 1)
    rig.resolve(mission_id, 1, "resubmit", confirm=True)
    rig.confirmed["a fox"] += 1
    # What the first try cost is not forgotten, though nobody calls about it again.
    rig.when(mission_id, lambda m: states(m) == ["completed"] and m["cost"] == 0.1, step_s=20)
    with reading():
        item = Item.get(Item.mission == mission_id)
        first = Attempt.get_by_id(attempt_id)
    assert attempt_states(item.id) == ["abandoned", "succeeded"]
    assert first.runninghub_task_id == first_task


def test_calls_out_of_order_settle_each_try_by_its_own_task(rig: Rig, simulator: Simulator) -> None:
    """The newer try's ending is heard of first, then the given up one's, then both again."""
    mission_id = lost(rig, simulator)
    first, first_task = attempt_of(mission_id).id, rig.task_of("a fox")
    simulator.configure(durations=HOURS)
    rig.resolve(mission_id, 1, "resubmit", confirm=True)
    rig.confirmed["a fox"] += 1
    rig.when(mission_id, lambda m: m["items"][0]["runninghub_task_id"] not in (None, first_task))
    second, second_task = attempt_of(mission_id).id, rig.task_of("a fox")
    simulator.finish_all()
    for attempt_id, task_id in ((second, second_task), (first, first_task)) * 3:
        assert hook(rig, attempt_id, task_id) == 200
    rig.until(mission_id, ["completed"])
    assert hook(rig, second, first_task) == 200, "a task of another try changes nothing either"
    mission = rig.ended(mission_id)
    assert mission["items"][0]["runninghub_task_id"] == second_task
    with reading():
        item = Item.get(Item.mission == mission_id)
        assert Result.select().where(Result.item == item.id).count() == 1
    assert attempt_states(item.id) == ["abandoned", "succeeded"]
    assert rig.submits() == 2


def test_a_call_about_a_deleted_mission_is_taken_and_spends_nothing(
    rig: Rig, simulator: Simulator
) -> None:
    mission_id = lost(rig, simulator)
    attempt_id, task_id = attempt_of(mission_id).id, rig.task_of("a fox")
    rig.missions.delete(mission_id)
    for _ in range(3):
        assert hook(rig, attempt_id, task_id) == 200
    wait_until(lambda: attempt_of(mission_id).state == "succeeded")
    assert attempt_of(mission_id).cost is not None, "what it cost is in the ledger"
    rig.app.refused(404, "GET", f"/api/api-missions/{mission_id}")
    assert rig.submits() == 1


def test_a_call_about_a_mission_that_is_gone_for_good_does_nothing(
    rig: Rig, simulator: Simulator
) -> None:
    mission_id = lost(rig, simulator)
    attempt_id, task_id = attempt_of(mission_id).id, rig.task_of("a fox")
    rig.missions.delete(mission_id)
    missions.purge(mission_id, rig.clock.now())
    assert hook(rig, attempt_id, task_id) == 200
    assert states(rig.run("an owl")) == ["completed"]
    assert attempt_of(mission_id).state == "abandoned"
    assert attempt_of(mission_id).runninghub_task_id is None
    simulator.reset()  # the books know prompts by items, and this one is gone


@pytest.mark.parametrize("chunked", [False, True])
def test_a_call_with_a_huge_body_is_refused_while_it_comes(
    rig: Rig, simulator: Simulator, chunked: bool
) -> None:
    mission_id = lost(rig, simulator)
    attempt_id = attempt_of(mission_id).id
    mac = webhook_mac(rig.app.app.state.secret, attempt_id)
    body = json.dumps({"taskId": rig.task_of("a fox"), "eventData": "x" * 2**20}).encode()
    sent: Any = iter([body[:70_000], body[70_000:]]) if chunked else body
    answer = rig.app.post(f"/hooks/rh/{attempt_id}/{mac}", data=sent)
    assert answer.status_code == 413
    assert states(rig.app.mission(mission_id)) == ["unknown"]
    assert not simulator.request_times("query")
    assert hook(rig, attempt_id, rig.task_of("a fox")) == 200
    rig.until(mission_id, ["completed"], step_s=1)


def test_the_body_is_never_believed(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(durations=HOURS)
    mission_id = rig.create("a fox")
    task_id = rig.when(mission_id, lambda m: m["items"][0]["runninghub_task_id"] is not None)
    attempt_id = attempt_of(mission_id).id
    said = {"taskId": rig.task_of("a fox"), "status": "FAILED", "errorCode": "1501"}
    mac = webhook_mac(rig.app.app.state.secret, attempt_id)
    body = {"event": "TASK_END", "taskId": said["taskId"], "eventData": json.dumps(said)}
    assert rig.app.post(f"/hooks/rh/{attempt_id}/{mac}", json=body).status_code == 200
    rig.when(mission_id, lambda _: len(simulator.request_times("query")) == 1)
    assert states(rig.app.mission(mission_id)) == ["processing"]
    assert task_id["items"][0]["status"] == "processing"


def test_a_process_that_only_serves_pages_lets_them_call_again(make_rig: MakeRig) -> None:
    rig = make_rig(webhooks=True)
    rig.start()
    path = rig.app.settings.sqlite_path()
    rig.stop()
    other = ManagerLock(path)
    assert other.acquire()
    try:
        rig.start_broken()
        assert hook(rig, 1, "2013508786110730241") == 503
        assert hook(rig, 1, "2013508786110730241", "0" * 40) == 404
    finally:
        rig.stop()
        other.release()


def test_without_a_public_address_nobody_is_asked_to_call(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    rig = make_rig()
    rig.start()
    rig.run("a fox")
    assert "webhookUrl" not in simulator.ledger[0]["body"]


def test_a_call_that_is_too_large_does_nothing(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig, simulator)
    attempt_id = attempt_of(mission_id).id
    body = {"taskId": rig.task_of("a fox"), "eventData": "x" * (64 * 1024)}
    good = webhook_mac(rig.app.app.state.secret, attempt_id)
    assert rig.app.post(f"/hooks/rh/{attempt_id}/{good}", json=body).status_code == 413
    # Who has no signature is not even listened to.
    body["eventData"] = "x" * 1024 * 1024
    assert rig.app.post(f"/hooks/rh/{attempt_id}/{'0' * 40}", json=body).status_code == 404
    assert states(rig.app.mission(mission_id)) == ["unknown"]
    assert not simulator.request_times("query")


def test_a_call_for_a_deleted_mission_brings_nothing_back(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig, simulator)
    attempt_id = attempt_of(mission_id).id
    task_id = rig.task_of("a fox")
    path = f"/api/api-missions/{mission_id}"
    rig.app.data("DELETE", path)
    for _ in range(3):
        assert hook(rig, attempt_id, task_id) == 200
    rig.leap(1000)
    assert states(rig.run("an owl")) == ["completed"]
    assert rig.app.get(path).status_code == 404
    assert rig.paid("a fox") == 1
