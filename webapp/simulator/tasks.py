"""One accepted task, whose progress is a matter of looking at the clock."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from webapp.simulator import answers
from webapp.simulator.catalogue import Model
from webapp.simulator.triggers import Plan

OVER = frozenset({"SUCCESS", "FAILED", "CANCEL"})


@dataclass(slots=True)
class Task:
    """What the platform knows of one paid call; `*_at` are seconds of the simulator's clock."""

    task_id: str
    model: Model
    body: dict[str, Any]
    key: str
    plan: Plan
    base_url: str  #: how the caller reached us: result links start with it
    accepted_at: float
    running_at: float
    ends_at: float
    wall_time: str  #: for people reading the ledger
    image_format: str = "png"
    charge_failed: bool = False
    questions: int = 0  #: how often it was asked about; not kept over a restart

    @property
    def prompt(self) -> str:
        return str(self.body["prompt"])

    @property
    def client_id(self) -> str:
        return hashlib.md5(self.task_id.encode(), usedforsecurity=False).hexdigest()

    @property
    def price(self) -> Decimal:
        return self.model.price_of(self.body)

    @property
    def refundable(self) -> bool:
        """True if this task ends badly and bad tasks are not charged."""
        return self.plan.status != "SUCCESS" and not self.charge_failed

    def status(self, now: float) -> str:
        """QUEUED, RUNNING, or the planned end."""
        if now >= self.ends_at:
            return self.plan.status
        return "RUNNING" if now >= self.running_at else "QUEUED"

    def is_over(self, now: float) -> bool:
        return now >= self.ends_at

    def finish(self, now: float) -> None:
        """End now, as planned; an endless task too."""
        self.running_at = min(self.running_at, now)
        self.ends_at = min(self.ends_at, now)

    def showing(self, plan: Plan, now: float) -> "Task":
        """A copy that is at the end of `plan` now, or in its endless middle."""
        return replace(self, plan=plan, ends_at=math.inf if plan.never else now, running_at=now)

    def extensions(self) -> list[str]:
        """File extensions of the results, in their order; txt ones have no file."""
        first = "mp4" if self.model.makes == "video" else self._image_extension()
        kinds = {
            "one": [first],
            "empty": [],
            "many": ["png", "mp4", "txt", "jpg", "png"],
            "text": ["txt"],
        }
        return kinds[self.plan.results]

    def answer(self, now: float) -> dict[str, Any]:
        """The query answer at this moment (protocol.md §1.3)."""
        status = self.status(now)
        if status not in OVER:
            return answers.task(self.task_id, status)
        if status == "SUCCESS":
            return answers.succeeded(self.task_id, self._results(), str(self.price))
        price = str(self.price) if self.charge_failed else None
        return answers.failed(self.task_id, status, self.plan.code, self.plan.text, price)

    def ledger_entry(self, now: float) -> dict[str, Any]:
        """What a test may see of it; never the key."""
        return {
            "task_id": self.task_id,
            "endpoint": self.model.endpoint,
            "body": shown(self.body),
            "at": self.wall_time,
            "accepted_at": self.accepted_at,
            "ends_at": None if self.ends_at == math.inf else self.ends_at,
            "key_last4": self.key[-4:],
            "price": str(self.price),
            "status": self.status(now),
            "questions": self.questions,
        }

    def _image_extension(self) -> str:
        return "jpg" if self.plan.jpg else self.image_format

    def _results(self) -> list[dict[str, Any]]:
        return [self._result(index, ext) for index, ext in enumerate(self.extensions())]

    def _result(self, index: int, ext: str) -> dict[str, Any]:
        is_text = ext == "txt"
        url = self.plan.url or f"{self.base_url}/files/output/{self.task_id}/{index}.{ext}"
        return {
            "url": None if is_text else url,
            "nodeId": str(index + 2),
            "outputType": ext,
            "text": f"About: {self.prompt}" if is_text else None,
        }


def shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """A submit body fit for a listing: inline images are cut short."""
    return {name: _short(value) for name, value in body.items()}


def _short(value: object) -> object:
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, str) and value.startswith("data:"):
        return value[:64] + "…"
    return value
