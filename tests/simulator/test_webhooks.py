"""The call at a task's end, honest and not (reliability.md §6, row 41)."""

from __future__ import annotations

import contextlib
import queue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller, Receiver


def test_the_end_of_a_task_is_posted_as_the_query_answer(
    caller: Caller, receiver: Receiver
) -> None:
    task_id = caller.submit(webhookUrl=receiver.url)["taskId"]

    caller.sim.advance(41)

    assert receiver.next() == {
        "event": "TASK_END",
        "taskId": task_id,
        "eventData": caller.query(task_id),
    }


def test_a_failure_is_posted_too(caller: Caller, receiver: Receiver) -> None:
    caller.submit("[fail:1501]", webhookUrl=receiver.url)

    caller.sim.finish_all()

    assert receiver.next()["eventData"]["errorCode"] == "1501"


def test_a_receiver_that_fails_is_called_three_times_more(
    caller: Caller, receiver: Receiver
) -> None:
    receiver.answers = [500] * 4
    failed = caller.submit(webhookUrl=receiver.url)["taskId"]

    caller.sim.finish_all()

    bodies = [receiver.next(), *(_after_pauses(caller, receiver) for _ in range(3))]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["taskId"] == failed
    caller.sim.advance(1000)  # whatever is still to come for it is due before the next task's call
    other = caller.submit(webhookUrl=receiver.url)["taskId"]
    caller.sim.finish_all()
    assert receiver.next()["taskId"] == other
    assert caller.sim.stats["webhooks"] == 5


def test_a_receiver_that_is_not_there_harms_nothing(caller: Caller) -> None:
    caller.submit(webhookUrl="http://127.0.0.1:9/nobody")

    caller.sim.finish_all()

    assert caller.submit()["taskId"]


def test_duplicates_come_if_asked_for(caller: Caller, receiver: Receiver) -> None:
    caller.sim.scenario("webhook", "duplicate", copies=5)
    caller.submit(webhookUrl=receiver.url)

    caller.sim.finish_all()

    bodies = [receiver.next() for _ in range(5)]
    assert all(body == bodies[0] for body in bodies)


def test_a_call_can_come_late_and_so_out_of_order(caller: Caller, receiver: Receiver) -> None:
    caller.sim.scenario("webhook", "delay", seconds=100, match="first")
    first, second = (
        caller.submit(prompt, webhookUrl=receiver.url)["taskId"] for prompt in ("first", "second")
    )

    caller.sim.finish_all()
    assert receiver.next()["taskId"] == second
    caller.sim.advance(101)
    assert receiver.next()["taskId"] == first


def test_a_call_can_come_before_the_submit_is_answered(caller: Caller, receiver: Receiver) -> None:
    caller.sim.scenario("webhook", "early")

    task_id = caller.submit(webhookUrl=receiver.url)["taskId"]

    body = receiver.bodies.get_nowait()
    assert (body["taskId"], body["eventData"]["status"]) == (task_id, "SUCCESS")


def test_a_call_can_name_another_task(caller: Caller, receiver: Receiver) -> None:
    caller.sim.scenario("webhook", "other_task", task_id="42")
    caller.submit(webhookUrl=receiver.url)

    caller.sim.finish_all()

    body = receiver.next()
    assert (body["taskId"], body["eventData"]["taskId"]) == ("42", "42")


def test_no_call_comes_if_asked_so(caller: Caller, receiver: Receiver) -> None:
    caller.sim.scenario("webhook", "none", match="silent")
    caller.submit("silent", webhookUrl=receiver.url)
    loud = caller.submit("loud", webhookUrl=receiver.url)["taskId"]

    caller.sim.finish_all()

    assert receiver.next()["taskId"] == loud
    assert caller.sim.stats["webhooks"] == 1


def _after_pauses(caller: Caller, receiver: Receiver) -> Any:
    """The next call, however often the pause between two tries must pass for it."""
    for _ in range(500):
        caller.sim.advance(61)
        with contextlib.suppress(queue.Empty):
            return receiver.bodies.get(timeout=0.01)
    raise AssertionError("no further try")
