"""What the simulated provider is told, and what it tells: durations and questions."""

from __future__ import annotations

import json
from dataclasses import dataclass

from benchmarks.client import Client
from benchmarks.processes import Process

ENDPOINT = "rhart-image-v1/text-to-image"
TASK_TYPE = "text_to_image"
SLOTS = 50
SPREAD = 0.3


@dataclass(frozen=True, slots=True)
class Seen:
    """What came in so far."""

    accepted: int
    questions: int


def set_duration(simulator: Process, seconds: float) -> None:
    """From now on tasks take `seconds` ± 30 %, evenly spread."""
    span = [seconds * (1 - SPREAD), seconds * (1 + SPREAD)]
    with Client(simulator.url) as client:
        client.call("POST", "/_sim/config", {"durations": {ENDPOINT: span}})


def seen(simulator: Process) -> Seen:
    """The counters."""
    with Client(simulator.url) as client:
        stats = json.loads(client.call("GET", "/_sim/stats").body)
    return Seen(stats["accepted"], stats["queries"])


@dataclass(frozen=True, slots=True)
class Task:
    """What an accepted task took over there, and how often it was asked about."""

    duration_s: float
    questions: int


def tasks(simulator: Process) -> list[Task]:
    """All that were accepted, in the order of their coming."""
    with Client(simulator.url) as client:
        ledger = json.loads(client.call("GET", "/_sim/ledger").body)
    return [Task(task["ends_at"] - task["accepted_at"], task["questions"]) for task in ledger]
