"""Keys, their money and their share of the machines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from webapp.simulator.config import KeyKind, SimulatorConfig
from webapp.simulator.tasks import Task


@dataclass(slots=True)
class Account:
    """One key; `active` holds the tasks that count against its concurrency."""

    key: str
    kind: KeyKind
    balance: Decimal
    active: dict[str, Task] = field(default_factory=dict)

    def settle(self, now: float) -> None:
        """Let go of ended tasks, giving back the money of those that are not charged."""
        for task in [task for task in self.active.values() if task.is_over(now)]:
            del self.active[task.task_id]
            if task.refundable:
                self.balance += task.price

    def count(self, status: str, now: float) -> int:
        return sum(task.status(now) == status for task in self.active.values())


class Accounts:
    """Every key seen so far; a new one gets the configured balance."""

    def __init__(self) -> None:
        self._by_key: dict[str, Account] = {}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_key.values())

    def get(self, key: str, config: SimulatorConfig) -> Account:
        """The account of `key` with its present kind; made if it is new."""
        account = self._by_key.get(key)
        if account is None:
            account = Account(key, KeyKind.ENTERPRISE, Decimal(str(config.balance)))
            self._by_key[key] = account
        account.kind = kind_of(key, config)
        return account

    def set_balance(self, balance: Decimal) -> None:
        for account in self:
            account.balance = balance

    def settle(self, now: float) -> None:
        for account in self:
            account.settle(now)

    def in_flight(self, now: float) -> int:
        """Tasks queued or running now, over all keys."""
        self.settle(now)
        return sum(len(account.active) for account in self)


def kind_of(key: str, config: SimulatorConfig) -> KeyKind:
    """What `key` may do: as configured, else good if it is the one key or any key is."""
    if key in config.keys:
        return KeyKind(config.keys[key])
    if not key or (config.key is not None and key != config.key):
        return KeyKind.INVALID
    return KeyKind.ENTERPRISE
