"""A simulated RunningHub in a process of its own, which survives whatever we kill."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from tests.conftest import KEY
from tests.helpers.program import environment
from tests.helpers.zygote import lines_from, start

STOP_S = 10


class Outside:
    """`python -m webapp.simulator`, spoken to over HTTP."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        given = ["--port", "0", "--key", KEY, "--plain-results", *arguments]
        self._output, said = lines_from()
        self._process = start(
            "webapp.simulator", given, cwd=folder, env=environment(folder), output=said, errors=2
        )
        os.close(said)
        found = re.search(r"http://\S+", self._output.readline())
        assert found, "the simulator did not start"
        self.url = found[0]
        self._http = requests.Session()
        self._http.trust_env = False

    def __enter__(self) -> Outside:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_S)
        self._output.close()

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """What was accepted, so paid, oldest first."""
        found: list[dict[str, Any]] = self._get("ledger")
        return found

    @property
    def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = self._get("stats")
        return found

    @property
    def accepted(self) -> int:
        """How many submits were accepted."""
        return int(self.stats["accepted"])

    def scenario(self, **rule: Any) -> None:
        self._post("scenario", rule)

    def configure(self, **changes: Any) -> None:
        self._post("config", changes)

    def finish_all(self) -> None:
        self._post("advance", {"finish": True})

    def paid_twice(self) -> dict[str, int]:
        """Prompts that were accepted more than once."""
        paid = Counter(str(entry["body"]["prompt"]) for entry in self.ledger)
        return {prompt: times for prompt, times in paid.items() if times > 1}

    def _get(self, name: str) -> Any:
        answer = self._http.get(f"{self.url}/_sim/{name}", timeout=10)
        answer.raise_for_status()
        return answer.json()

    def _post(self, name: str, body: object) -> None:
        self._http.post(f"{self.url}/_sim/{name}", json=body, timeout=10).raise_for_status()
