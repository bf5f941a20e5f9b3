"""How long 200 tasks of 8 s take on 50 slots, and how often we ask for it."""

from __future__ import annotations

from benchmarks import provider, runs
from benchmarks.figures import Figure
from benchmarks.options import Options
from benchmarks.processes import server, simulator

TITLE = "pace: tasks of about the same length on 50 slots, elapsed ÷ best possible"


def run(options: Options) -> list[Figure]:
    """Two missions of the same size, the first without any history; then the plain pool with the
    durations of the first."""
    count, seconds = (100, 2.0) if options.quick else (200, 8.0)
    folder = options.folder
    with simulator(folder / "ours") as remote:
        provider.set_duration(remote, seconds)
        with server(folder / "app", remote.url) as app:
            first, second = (runs.ours(app, folder / "app", remote, count) for _ in range(2))
    with simulator(folder / "plain") as remote:
        provider.set_duration(remote, seconds)
        plain = runs.plain(remote, count)
    return [
        *_figures(f"{count} tasks of {seconds:g} s ± 30 %, nothing known before", first),
        *_figures("the same again, as the second mission", second),
        Figure("a plain pool that asks every 5 s", plain.ratio, "× best"),
        Figure("  its questions per task", plain.questions_each),
        Figure("our time ÷ the plain pool's", first.elapsed_s / plain.elapsed_s),
    ]


def _figures(name: str, one: runs.Run) -> list[Figure]:
    return [
        Figure(name, one.ratio, "× best", at_most=1.07),
        Figure("  questions per task", one.questions_each, at_most=5),
        Figure("  the most questions about one task", one.most_questions),
    ]
