"""Our program as a process, and its JSON interface."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import requests

from tests.conftest import KEY
from tests.crash.forked import Forked
from tests.helpers.waiting import wait_until


class Service(Protocol):
    """A simulated RunningHub, in a process of its own or in ours."""

    @property
    def url(self) -> str: ...

    @property
    def ledger(self) -> list[dict[str, Any]]: ...

    @property
    def stats(self) -> dict[str, Any]: ...


PATH = "/api/api-missions"
DEADLINE_S = 60.0


class Server:
    """One run of the program on a folder."""

    def __init__(self, folder: Path, service: Service, number: int, **settings: object) -> None:
        given = {"RUNNINGHUB_API_KEY": KEY, "RUNNINGHUB_BASE_URL": service.url}
        fast = {"POLL_INTERVAL": "0.1", "LOG_LEVEL": "warning"}
        named = {name: str(value) for name, value in settings.items()}
        self.program = Forked(folder, number, **(given | fast | named))
        self.program.wait_for_start()
        self.http = requests.Session()
        self.http.trust_env = False

    def kill(self) -> None:
        """kill -9: nothing is finished, nothing is written any more."""
        self.http.close()
        self.program.kill()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self.http.close()
        self.program.send(signal.SIGTERM)
        return self.program.wait()

    def data(self, method: str, path: str, **options: Any) -> Any:
        """The `data` of a call that must work."""
        answer = self.http.request(method, self.program.url + path, timeout=30, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def create(self, batch: Sequence[object], **changes: Any) -> int:
        body = {
            "name": "Autumn",
            "task_type": "text_to_image",
            "config": {"batch_input": list(batch)},
            **changes,
        }
        return int(self.data("POST", PATH, json=body)["api_mission_id"])

    def mission(self, mission_id: int) -> dict[str, Any]:
        found: dict[str, Any] = self.data("GET", f"{PATH}/{mission_id}")
        return found

    def ended(self, mission_id: int) -> dict[str, Any]:
        """The mission when nothing moves in it and all files are here."""

        def look() -> dict[str, Any] | None:
            found = self.mission(mission_id)
            counts = found["counts"]
            moving = counts["pending"] + counts["processing"] + found["files_pending"]
            return None if moving else found

        found = wait_until(look, deadline_s=DEADLINE_S)
        assert found is not None
        return found

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(self.program.url + "/health", timeout=30).json()
        return found

    def resolve(self, mission_id: int, index: int, **decision: Any) -> None:
        self.data("POST", f"{PATH}/{mission_id}/items/{index}/resolve", json=decision)

    def file_of(self, item: dict[str, Any]) -> str:
        """Download an item's first file; returns its SHA-256."""
        (result, *_) = item["results"]
        answer = self.http.get(result["file_url"], timeout=30)
        assert answer.status_code == 200, answer.text
        assert len(answer.content) == result["size"]
        return hashlib.sha256(answer.content).hexdigest()
