"""Everything the simulated platform knows, behind one lock.

Requests of the event loop and direct calls of a test's thread both come here; nothing in here
waits for the network or draws a picture, so holding the lock is always short.
"""

import logging
import math
import random
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from webapp.simulator import answers
from webapp.simulator.accounts import Account, Accounts
from webapp.simulator.catalogue import MODELS, Model
from webapp.simulator.clock import SimClock
from webapp.simulator.config import KeyKind, SimulatorConfig, changed
from webapp.simulator.faults import Rule, Scenario
from webapp.simulator.ids import TaskIds
from webapp.simulator.memory import KEPT_S, Memory, Remembered
from webapp.simulator.outcomes import planned
from webapp.simulator.references import Reference, references, refusal
from webapp.simulator.stats import Stats
from webapp.simulator.tasks import Task
from webapp.simulator.triggers import plan_in, refusal_in
from webapp.simulator.uploads import Upload, Uploads

log = logging.getLogger(__name__)

_KIND_REFUSALS = {
    KeyKind.INVALID: "1002",
    KeyKind.UNVERIFIED: "1002",
    KeyKind.FREE: "801",
    KeyKind.DISABLED: "802",
    KeyKind.CONSUMER: "1014",
    KeyKind.WRONG_SITE: "401",
}


class Refused(Exception):
    """A submit that makes no task; `code` is the errorCode of the answer."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.text = text


def _told(code: str, problem: str) -> str:
    return f"{answers.message(code)} ({problem})"


class World:
    """Accounts, tasks, uploads, the scenario and the counters."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.clock = SimClock(config.clock)
        self.lock = threading.RLock()
        self.scenario = Scenario()
        self.uploads = Uploads()
        self._ids = TaskIds()
        self._memory: Memory | None = None
        self._empty()

    def reset(self) -> None:
        """Forget tasks, money spent, uploads, rules and counters; settings stay."""
        with self.lock:
            self.scenario.clear()
            self.uploads.clear()
            self._empty()
            if self._memory is not None:
                self._memory.forget()

    def _empty(self) -> None:
        self.accounts = Accounts()
        self.stats = Stats()
        self._tasks: dict[str, Task] = {}
        self._random = random.Random(self.config.seed)

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings while running; see `changed` for what is refused.

        A new speed is for tasks accepted from now on; a new balance is for every key at once.
        """
        with self.lock:
            self.config = changed(self.config, changes)
            if "balance" in changes:
                self.accounts.set_balance(self.config.balance)

    # -- over a restart ---------------------------------------------------------------------

    def go_on_from(self, found: Remembered, memory: Memory, url: str) -> None:
        """Take up what was `found` in `memory`, and write down there what comes from now on.

        `url` is our address; it takes the place of an earlier one in the links of old tasks.
        """
        with self.lock:
            self.clock.advance(max(0.0, found.ahead_s - self.clock.ahead_s))
            now = self.clock.now()
            for upload in found.uploads.values():
                self.uploads.take_up(upload)
            for task in found.tasks.values():
                if task.accepted_at > now - KEPT_S and task.task_id not in self._tasks:
                    self._take_up(task)
            for task in self._tasks.values():
                if task.base_url == found.url:
                    task.base_url = url
            self._memory = memory
            self.uploads.folder = memory.uploads_folder
            tasks, uploads = self._tasks.values(), self.uploads.living(now)
            try:
                memory.begin(url, self.clock.ahead_s, tasks, uploads)
            except OSError as error:
                log.warning("this simulator forgets everything at its end: %s", error)
                self.stop_remembering()

    def stop_remembering(self) -> None:
        """Let go of the memory, if there is one."""
        with self.lock:
            memory, self._memory = self._memory, None
            self.uploads.folder = None
            if memory is not None:
                memory.close()

    def _take_up(self, task: Task) -> None:
        """Like accepting it anew: it is paid for and takes its place, until it is settled."""
        account = self.accounts.get(task.key, self.config)
        account.balance -= task.price
        account.active[task.task_id] = task
        self._tasks[task.task_id] = task
        self._ids.skip_to(task.task_id)

    def unfinished(self) -> list[Task]:
        """Tasks queued or running now."""
        with self.lock:
            now = self.clock.now()
            return [task for task in self._tasks.values() if not task.is_over(now)]

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        with self.lock:
            self.clock.advance(seconds)
            if self._memory is not None:
                self._memory.set_ahead(self.clock.ahead_s)

    # -- requests ---------------------------------------------------------------------------

    def saw(self, surface: str) -> None:
        """Count a request."""
        with self.lock:
            self.stats.saw(surface, self.clock.now())

    def strike(self, surface: str, *subjects: str) -> Rule | None:
        """The rule of the scenario that a request falls under, counted."""
        rule = self.scenario.take(surface, *subjects)
        if rule is not None:
            with self.lock:
                self.stats.faults[f"{surface}:{rule.fault}"] += 1
        return rule

    # -- keys -------------------------------------------------------------------------------

    def account(self, key: str) -> Account:
        """The account of `key`, with ended tasks settled."""
        with self.lock:
            account = self.accounts.get(key, self.config)
            account.settle(self.clock.now())
            return account

    def counts(self, account: Account) -> tuple[int, int]:
        """Running and queued tasks of one key."""
        with self.lock:
            now = self.clock.now()
            return account.count("RUNNING", now), account.count("QUEUED", now)

    # -- submits ----------------------------------------------------------------------------

    def check(self, key: str, endpoint: str, body: Mapping[str, Any]) -> Model:
        """Everything that refuses a call before money and machines are looked at."""
        not_allowed = _KIND_REFUSALS.get(self.account(key).kind)
        if not_allowed:
            raise Refused(not_allowed)
        model = MODELS.get(endpoint)
        if model is None:
            raise Refused("1001")
        problem = model.problem(body)
        if problem:
            raise Refused("1007", _told("1007", problem))
        code, problem = refusal(model, self._references(model, body))
        if code:
            raise Refused(code, _told(code, problem))
        return model

    def submit(
        self, key: str, endpoint: str, body: dict[str, Any], base_url: str, rule: Rule | None = None
    ) -> Task:
        """Accept and charge a call, or raise Refused; `rule` may bend how the task will end."""
        with self.lock:
            try:
                task = self._accept(key, endpoint, body, base_url, rule)
            except Refused as refused:
                self.stats.refused[refused.code] += 1
                raise
            self.stats.accepted += 1
            in_flight = self.accounts.in_flight(self.clock.now())
            self.stats.max_in_flight = max(self.stats.max_in_flight, in_flight)
            return task

    def _accept(
        self, key: str, endpoint: str, body: dict[str, Any], base_url: str, rule: Rule | None
    ) -> Task:
        model = self.check(key, endpoint, body)
        asked_for = refusal_in(body["prompt"])
        if asked_for:
            raise Refused(asked_for)
        account = self.account(key)
        price = model.price_of(body)
        if account.balance < price:
            raise Refused(self.config.balance_code)
        if len(account.active) >= self.config.concurrency:
            raise Refused("421")
        task = self._new_task(key, model, body, base_url, rule)
        account.balance -= price
        account.active[task.task_id] = task
        self._tasks[task.task_id] = task
        if self._memory is not None:
            self._memory.add_task(task)
        return task

    def _new_task(
        self, key: str, model: Model, body: dict[str, Any], base_url: str, rule: Rule | None
    ) -> Task:
        plan = plan_in(body["prompt"])
        if not all(reference.format for reference in self._references(model, body)):
            plan = replace(plan, status="FAILED", code="1013")
        if rule is not None:
            plan = planned(plan, rule)
        now = self.clock.now()
        shortest, longest = self.config.durations.get(model.endpoint, model.seconds)
        lasts = self._random.uniform(shortest, longest) * plan.slow / self.config.speed
        # Some calls start at once, others wait for a machine first.
        waits = lasts * max(0.0, self._random.uniform(-0.1, 0.2))
        return Task(
            task_id=self._ids.take(),
            model=model,
            body=body,
            key=key,
            plan=plan,
            base_url=base_url,
            accepted_at=now,
            running_at=now + waits,
            ends_at=math.inf if plan.never else now + lasts,
            wall_time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            image_format=self.config.image_format,
            charge_failed=self.config.charge_failed,
        )

    def keep_upload(self, name: str, data: bytes, mime: str) -> Upload:
        """Take in a file that a caller brought."""
        with self.lock:
            expires_at = self.clock.now() + self.config.link_hours * 3600
            upload = self.uploads.add(name, data, mime, expires_at)
            if self._memory is not None:
                self._memory.add_upload(upload)
            return upload

    def _references(self, model: Model, body: Mapping[str, Any]) -> list[Reference]:
        return list(references(model, body, self.uploads, self.clock.now()))

    # -- tasks ------------------------------------------------------------------------------

    def find_task(self, task_id: str) -> Task | None:
        with self.lock:
            return self._tasks.get(task_id)

    def finish_all(self, match: str = "") -> None:
        """End now, as planned, every task with `match` in its prompt."""
        with self.lock:
            for account in self.accounts:
                for task in account.active.values():
                    if match in task.prompt:
                        self.finish(task)

    def finish(self, task: Task) -> None:
        """End one task now, as planned."""
        with self.lock:
            task.finish(self.clock.now())
            if self._memory is not None:
                self._memory.add_task(task)

    def link_is_expired(self, task: Task) -> bool:
        return self.clock.now() > task.ends_at + self.config.link_hours * 3600

    def ledger(self) -> list[dict[str, Any]]:
        """Every accepted submit, oldest first."""
        with self.lock:
            now = self.clock.now()
            return [task.ledger_entry(now) for task in self._tasks.values()]

    def stats_view(self) -> dict[str, Any]:
        with self.lock:
            in_flight = self.accounts.in_flight(self.clock.now())
            balances = {account.key[-4:]: str(account.balance) for account in self.accounts}
            lowest = min((a.balance for a in self.accounts), default=Decimal(self.config.balance))
            return {
                **self.stats.view(),
                "in_flight": in_flight,
                "balance": str(lowest),
                "balances": balances,
            }

    def request_times(self, surface: str) -> list[float]:
        """When requests of one kind came, in seconds of the simulator's clock."""
        with self.lock:
            return [at for at, seen in self.stats.log if seen == surface]
