"""One mission from the click to its last item, measured against what is possible."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import missions, provider
from benchmarks.plain_pool import PlainPool
from benchmarks.processes import CannotRun, Process
from benchmarks.provider import SLOTS
from benchmarks.schedule import best_s
from benchmarks.usage import cpu_s


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds and counts of `count` tasks."""

    count: int
    elapsed_s: float
    best_s: float
    questions: int
    most_questions: int  #: about one task
    cpu_s: float = 0.0  #: the app's own, with the downloads of the results

    @property
    def ratio(self) -> float:
        """Elapsed ÷ best possible."""
        return self.elapsed_s / self.best_s

    @property
    def per_second(self) -> float:
        return self.count / self.elapsed_s

    @property
    def questions_each(self) -> float:
        return self.questions / self.count


def ours(app: Process, folder: Path, remote: Process, count: int) -> Run:
    """A mission of the app; ends when the app knows that the last item has ended. Also waits for the
    files, so that the next run begins at rest."""
    before = provider.seen(remote)
    cpu_before_s, started_at = cpu_s(app.pid), time.time()
    mission_id = missions.create(app, count)
    missions.wait(app, mission_id)
    elapsed_s = missions.ended_at(folder, mission_id) - started_at
    return replace(_run(remote, before, count, elapsed_s), cpu_s=cpu_s(app.pid) - cpu_before_s)


def plain(remote: Process, count: int) -> Run:
    """The same tasks through a plain pool of threads."""
    before = provider.seen(remote)
    prompts = [f"A fox, number {number}" for number in range(count)]
    elapsed_s = PlainPool(remote, SLOTS).run(prompts)
    return _run(remote, before, count, elapsed_s)


def _run(remote: Process, before: provider.Seen, count: int, elapsed_s: float) -> Run:
    after = provider.seen(remote)
    tasks = provider.tasks(remote)[before.accepted :]
    if len(tasks) != count:
        raise CannotRun(f"{count} tasks were wanted, {len(tasks)} were made")
    best = best_s([task.duration_s for task in tasks], SLOTS)
    questions = after.questions - before.questions
    return Run(count, elapsed_s, best, questions, max(task.questions for task in tasks))
