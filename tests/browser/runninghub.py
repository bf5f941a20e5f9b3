"""The simulated RunningHub in its own process, told over HTTP what to do."""

from __future__ import annotations

from typing import Any

import requests

from tests.helpers.waiting import wait_until

_TIMEOUT_S = 20


class RunningHub:
    """Holds tasks and lets them go, so that progress comes when a test wants it.

    A prompt with `[never]` runs until `finish` names it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False

    def close(self) -> None:
        self._http.close()

    def rule(self, on: str, fault: str, **details: object) -> None:
        """Add a fault; see webapp/simulator/__init__.py."""
        self._post("scenario", {"on": on, "fault": fault, **details})

    def tasks_of(self, words: str) -> list[str]:
        """The ids of the paid calls with these words in their prompt, oldest first."""
        ledger = self._http.get(f"{self.url}/_sim/ledger", timeout=_TIMEOUT_S).json()
        return [str(task["task_id"]) for task in ledger if words in task["body"]["prompt"]]

    def task_of(self, words: str) -> str:
        """The id of the newest of them; waits until there is one."""
        return wait_until(lambda: self.tasks_of(words))[-1]

    def finish(self, words: str) -> None:
        """Let the tasks with these words end as planned; waits until there is one."""
        self.task_of(words)
        self._post("advance", {"finish": True, "match": words})

    def finish_all(self) -> None:
        """Let every task end as planned."""
        self._post("advance", {"finish": True})

    def balance(self, yuan: int) -> None:
        """What every key has left from now on."""
        self._post("config", {"balance": yuan})

    def _post(self, call: str, body: Any) -> None:
        answer = self._http.post(f"{self.url}/_sim/{call}", json=body, timeout=_TIMEOUT_S)
        assert answer.status_code == 200, answer.text
