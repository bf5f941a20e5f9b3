"""Calls to a task's `webhookUrl` at its end (protocol.md §1.6)."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from webapp.simulator.faults import Rule
from webapp.simulator.posting import post_json
from webapp.simulator.tasks import Task
from webapp.simulator.world import World

log = logging.getLogger(__name__)

TRIES = 4
"""The first call and three more, a minute apart: so says a sample of the platform's records."""
RETRY_PAUSE_S = 60.0
_ANSWER_TIMEOUT_S = 5.0
#: How often the clock is looked at while calls are due; it may be moved from outside.
_LOOK_EVERY_S = 0.2


@dataclass(slots=True)
class Delivery:
    """One call to make; a duplicate is a delivery of its own."""

    task: Task
    url: str
    late_s: float = 0.0  #: this long after the task's end
    about: str = ""  #: another task's id, to lie about
    not_before: float = 0.0  #: set when a try failed
    tries_left: int = TRIES

    def due_at(self) -> float:
        """Not a fixed time: a test may end the task early."""
        return max(self.task.ends_at + self.late_s, self.not_before)


class Webhooks:
    """Calls still to be made, by the simulator's clock; lives in the event loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: list[Delivery] = []
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()

    async def expect(self, task: Task) -> None:
        """Plan the call for the end of `task`, as far as its body asks for one.

        An "early" call is made right here, so before the submit is answered.
        """
        url = _url_of(task)
        if not url:
            return
        rule = self._world.strike("webhook", task.prompt, task.task_id)
        if rule is not None and rule.fault == "early":
            self._world.finish(task)
            await self._send(Delivery(task, url))
            return
        self._waiting += _deliveries(task, url, rule)
        self.poke()

    def go_on(self, tasks: Iterable[Task]) -> None:
        """Plan the calls of tasks that a simulator before us accepted."""
        self._waiting += [Delivery(task, url) for task in tasks if (url := _url_of(task))]

    def poke(self) -> None:
        """Look at the clock again; only from the event loop."""
        self._wake.set()

    def clear(self) -> None:
        """Forget calls that were not made yet."""
        self._waiting.clear()

    async def run(self) -> None:
        """Make calls as they fall due, until cancelled."""
        try:
            while True:
                self._wake.clear()
                self._start_due()
                await self._nap()
        finally:
            for sending in self._sending:
                sending.cancel()

    async def _nap(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_EVERY_S if self._waiting else None):
                await self._wake.wait()
        except TimeoutError:
            return

    def _start_due(self) -> None:
        now = self._world.clock.now()
        due = [delivery for delivery in self._waiting if delivery.due_at() <= now]
        self._waiting = [delivery for delivery in self._waiting if delivery.due_at() > now]
        for delivery in due:
            sending = asyncio.create_task(self._deliver(delivery))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def _deliver(self, delivery: Delivery) -> None:
        delivery.tries_left -= 1
        if await self._send(delivery) or not delivery.tries_left:
            return
        pause_s = RETRY_PAUSE_S / self._world.config.speed
        delivery.not_before = self._world.clock.now() + pause_s
        self._waiting.append(delivery)
        self.poke()

    async def _send(self, delivery: Delivery) -> bool:
        """True if the receiver answered 2xx in time."""
        self._world.stats.webhooks += 1
        body = _event(delivery, self._world.clock.now())
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                status = await post_json(delivery.url, body)
        except (OSError, ValueError, TimeoutError) as error:
            log.info("webhook not delivered: %s", type(error).__name__)
            return False
        return 200 <= status < 300


def _url_of(task: Task) -> str:
    """The address to call, empty if the caller asked for none."""
    url = str(task.body.get("webhookUrl") or "")
    return url if url.startswith(("http://", "https://")) else ""


def _deliveries(task: Task, url: str, rule: Rule | None) -> list[Delivery]:
    if rule is None:
        return [Delivery(task, url)]
    params = rule.params
    match rule.fault:
        case "duplicate":
            return [Delivery(task, url) for _ in range(int(params.get("copies", 2)))]
        case "delay":
            return [Delivery(task, url, late_s=float(params.get("seconds", 30.0)))]
        case "other_task":
            return [Delivery(task, url, about=str(params.get("task_id", "1")))]
    return []


def _event(delivery: Delivery, now: float) -> dict[str, Any]:
    task_id = delivery.about or delivery.task.task_id
    data = {**delivery.task.answer(now), "taskId": task_id}
    return {"event": "TASK_END", "taskId": task_id, "eventData": data}
