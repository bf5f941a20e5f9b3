"""The whole program on a folder of its own against a simulated RunningHub: stopped and started at
will, and looked at from both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.core.books import audit
from tests.helpers.clocks import LeapClock
from tests.helpers.live import LiveApp
from tests.helpers.waiting import wait_until
from webapp.accounts.people import LOCAL
from webapp.manager import Manager
from webapp.missions import Missions
from webapp.settings import Settings
from webapp.simulator import Simulator
from webapp.task_types import TASK_TYPES

TASK_S = (0.05, 0.15)
"""How long a simulated task takes, unless a test says otherwise."""

ENDPOINTS = [entry.path for entry in TASK_TYPES.values()]


class Rig:
    """One data folder, one simulator, and one app after the other."""

    def __init__(self, settings: Settings, simulator: Simulator, *, webhooks: bool = False) -> None:
        self.simulator = simulator
        self._settings = settings
        self._webhooks = webhooks
        self.clock = LeapClock()
        self._app: LiveApp | None = None
        self.confirmed: Counter[str] = Counter()  #: prompts that a person said may be paid twice

    def start(self, **changes: object) -> LiveApp:
        """Start the app, with other settings than before where given."""
        self._app = self.start_broken(**changes)
        self._app.has_seen(TASK_S[1])
        self.leap(5)  # what is in flight from before was to be asked about without that knowledge
        return self._app

    def start_broken(self, **changes: object) -> LiveApp:
        """Start it as it is, where it may have no manager."""
        assert self._app is None
        settings = self._settings.model_copy(update=changes)
        self._app = LiveApp(settings, self.clock, webhooks=self._webhooks)
        return self._app

    def stop(self) -> None:
        """Stop it as a signal would."""
        if self._app is not None:
            self._app.close()
            self._app = None

    def restart(self, **changes: object) -> LiveApp:
        self.stop()
        return self.start(**changes)

    @property
    def app(self) -> LiveApp:
        assert self._app is not None
        return self._app

    @property
    def manager(self) -> Manager:
        found: Manager = self.app.app.state.manager
        return found

    @property
    def missions(self) -> Missions:
        found: Missions = self.app.app.state.services.missions
        return found.by(LOCAL)

    def leap(self, seconds: float) -> None:
        """Let time pass, for our program; RunningHub stays where it is."""
        if seconds:
            self.clock.leap(seconds)
            self.manager.wake()

    def create(self, *prompts: str, **changes: Any) -> int:
        """A mission with these prompts."""
        return self.app.create(config={"batch_input": list(prompts)}, **changes)

    def run(self, *prompts: str, **changes: Any) -> dict[str, Any]:
        """The mission after nothing moves in it any more."""
        return self.ended(self.create(*prompts, **changes))

    def ended(self, mission_id: int) -> dict[str, Any]:
        found: dict[str, Any] = self.app.ended(mission_id)
        return found

    def until(self, mission_id: int, wanted: Sequence[str], *, step_s: float = 0) -> dict[str, Any]:
        """The mission when its items are in these states."""
        return self.when(mission_id, lambda found: states(found) == list(wanted), step_s=step_s)

    def when(
        self, mission_id: int, fits: Callable[[dict[str, Any]], bool], *, step_s: float = 0
    ) -> dict[str, Any]:
        """The mission when it looks like this. `step_s` passes between two looks, for our program."""

        def look() -> dict[str, Any] | None:
            self.leap(step_s)
            found: dict[str, Any] = self.app.mission(mission_id)
            return found if fits(found) else None

        wait_until(look)
        # Once more, for the mission itself was read a moment before its items.
        again: dict[str, Any] = self.app.mission(mission_id)
        return again

    def resolve(self, mission_id: int, index: int, action: str, **more: Any) -> dict[str, Any]:
        path = f"/api/api-missions/{mission_id}/items/{index}/resolve"
        found: dict[str, Any] = self.app.data("POST", path, json={"action": action, **more})
        return found

    def paid(self, prompt: str) -> int:
        """How often RunningHub has accepted this prompt."""
        return sum(entry["body"]["prompt"] == prompt for entry in self.simulator.ledger)

    def submits(self) -> int:
        """How many POSTs RunningHub has seen, whatever became of them."""
        return len(self.simulator.request_times("submit"))

    def task_of(self, prompt: str) -> str:
        """The id that RunningHub gave to the newest task with this prompt."""
        found = [e["task_id"] for e in self.simulator.ledger if e["body"]["prompt"] == prompt]
        return str(found[-1])

    def check(self) -> None:
        """Do the books balance, here and against what RunningHub was paid for? Stops the app."""
        self.stop()
        audit(self.simulator, self._settings, twice=self.confirmed)


def states(mission: dict[str, Any]) -> list[str]:
    """The items' states in their order."""
    return [item["status"] for item in mission["items"]]
