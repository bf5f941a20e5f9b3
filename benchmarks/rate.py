"""How many short tasks go through 50 slots in a second."""

from __future__ import annotations

from benchmarks import provider, runs
from benchmarks.figures import Figure
from benchmarks.options import Options
from benchmarks.processes import server, simulator
from benchmarks.provider import SLOTS

TITLE = "rate: tasks of 1 s ± 30 % through 50 slots"


def run(options: Options) -> list[Figure]:
    """A first mission gives the app its history; the plain pool has fewer tasks, for it is slow."""
    warm, count, plain_count = (50, 200, 50) if options.quick else (100, 1500, 300)
    folder = options.folder
    with simulator(folder) as remote:
        provider.set_duration(remote, 1.0)
        with server(folder / "app", remote.url) as app:
            runs.ours(app, folder / "app", remote, warm)
            ours = runs.ours(app, folder / "app", remote, count)
        plain = runs.plain(remote, plain_count)
    return [
        Figure(f"{count} items", ours.per_second, "items/s", at_least=45),
        Figure(f"  of the {SLOTS}/s that {SLOTS} slots can do", ours.per_second / SLOTS),
        Figure("  elapsed ÷ best possible", ours.ratio, "× best"),
        Figure("  questions per task", ours.questions_each),
        Figure("  the most questions about one task", ours.most_questions),
        Figure("  processor time of the app per item", ours.cpu_s / count * 1000, "ms"),
        Figure(
            f"a plain pool that asks every 5 s, {plain_count} items", plain.per_second, "items/s"
        ),
        Figure("our rate ÷ the plain pool's", ours.per_second / plain.per_second, "×"),
    ]
