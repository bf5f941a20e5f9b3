"""Missions of a running server: make one, wait for it, see exactly when it ended."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw

from benchmarks.client import Client
from benchmarks.processes import CannotRun, Process
from benchmarks.provider import TASK_TYPE

_LOOK_EVERY_S = 0.5
_FINISH_WITHIN_S = 300


def body(count: int, **more: object) -> dict[str, Any]:
    """The JSON of a mission of `count` pictures."""
    prompts = [f"A fox in the snow, number {number}, in soft light" for number in range(count)]
    return {
        "name": f"{count} foxes",
        "task_type": TASK_TYPE,
        "config": {"batch_input": prompts, "aspectRatio": "3:4"},
        **more,
    }


def create(server: Process, count: int) -> int:
    """A new mission that starts at once; returns its id."""
    with Client(server.url) as client:
        made = client.data("POST", "/api/api-missions", body(count))
    return int(made["api_mission_id"])


def wait(server: Process, mission_id: int) -> None:
    """Block until the newest mission has ended and all its files are here."""
    deadline = time.monotonic() + _FINISH_WITHIN_S
    with Client(server.url) as client:
        while time.monotonic() < deadline:
            newest = client.data("GET", "/api/api-missions?page_size=1")["items"][0]
            if newest["id"] == mission_id and newest["status"] not in ("queued", "running"):
                if newest["completed_count"] != newest["total_count"]:
                    raise CannotRun(f"mission {mission_id} ended as {newest['counts']}")
                if not newest["files_pending"]:
                    return
            time.sleep(_LOOK_EVERY_S)
    raise CannotRun(f"mission {mission_id} did not end in {_FINISH_WITHIN_S} s")


def ended_at(folder: Path, mission_id: int) -> float:
    """When the server knew that a mission had ended, in seconds since 1970: its JSON says it only to
    the second."""
    connection = apsw.Connection(str(folder / "missions.db"), flags=apsw.SQLITE_OPEN_READONLY)
    query = "SELECT ended_at FROM api_missions WHERE id = ?"
    text = str(connection.execute(query, (mission_id,)).get)
    connection.close()
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
