"""python -m benchmarks [NAME …] [--quick] [--size-mb N]."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import creation, guards, pace, pages, rate, zip_memory
from benchmarks.figures import Figure, table
from benchmarks.machine import facts
from benchmarks.options import Options

ALL: dict[str, tuple[str, Callable[[Options], list[Figure]]]] = {
    "pace": (pace.TITLE, pace.run),
    "rate": (rate.TITLE, rate.run),
    "creation": (creation.TITLE, creation.run),
    "pages": (pages.TITLE, pages.run),
    "guards": (guards.TITLE, guards.run),
    "zip": (zip_memory.TITLE, zip_memory.run),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named benchmarks; 1 when a target was missed, or one of them could not run."""
    chosen = _arguments(arguments)
    print(facts(), flush=True)
    measured = {name: _measured(name, chosen) for name in chosen.names or ALL}
    failed = [name for name, figures in measured.items() if figures is None]
    missed = [
        name for name, figures in measured.items() if any(one.missed for one in figures or ())
    ]
    if failed:
        print(f"\ncould not run: {', '.join(failed)}")
    if missed:
        print(f"\nmissed a target: {', '.join(missed)}")
    return 1 if failed or missed else 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ALL)}; else all")
    parser.add_argument("--quick", action="store_true", help="small numbers, without targets")
    parser.add_argument("--size-mb", type=int, default=2048, help="of the zip")
    parser.add_argument("--folder", type=Path, help="put temporary files in this folder")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - set(ALL)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return chosen


def _measured(name: str, chosen: argparse.Namespace) -> list[Figure] | None:
    """The figures, printed; None when it could not run."""
    folder = Path(tempfile.mkdtemp(prefix=f"benchmark-{name}-", dir=chosen.folder))
    size_mb = min(chosen.size_mb, 128) if chosen.quick else chosen.size_mb
    started = time.perf_counter()
    try:
        title, run = ALL[name]
        figures = run(Options(folder, chosen.quick, size_mb))
        if chosen.quick:  # the targets are for the real numbers
            figures = [replace(figure, at_most=None, at_least=None) for figure in figures]
    except Exception:
        traceback.print_exc()
        return None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{table(title, figures)}", flush=True)
    print(f"  ({time.perf_counter() - started:.0f} s)", flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main())
