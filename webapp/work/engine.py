"""What use cases want of the manager, and the stand-in for a process that has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Engine(Protocol):
    """Cheap calls from any thread."""

    @property
    def running(self) -> bool:
        """Whether this process submits."""
        ...

    @property
    def service_away(self) -> bool:
        """The provider cannot be reached, or does not answer."""
        ...

    @property
    def slots_now(self) -> int:
        """Slots, lowered to what the account takes."""
        ...

    def wake(self) -> None:
        """There may be work."""
        ...

    def follow(self, attempt_id: int) -> None:
        """Ask about an attempt that was just given its id."""
        ...

    def durations(self, task_type: str) -> Sequence[float]:
        """Seconds that the newest items of a type took."""
        ...


class NoEngine:
    """Pages only: another process has the manager, which looks at the database by itself."""

    running = False
    service_away = False

    def __init__(self, slots: int) -> None:
        self.slots_now = slots

    def wake(self) -> None:
        return

    def follow(self, attempt_id: int) -> None:
        return

    def durations(self, task_type: str) -> Sequence[float]:
        return ()
