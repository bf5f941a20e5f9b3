"""The long run of test_kill: python -m tests.crash.long --kills 60 --items 1500"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.crash.outside import Outside
from tests.crash.starting import Starter
from tests.crash.survival import counted, survive


def main() -> int:
    """Live, die, count; prints one line. Ends with 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.long", description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--items", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Outside(folder, "--speed", "40", "--seed", "1") as outside:
            start = Starter(folder, outside)
            try:
                figures = survive(start, outside, folder, **vars(given))
                print(figures.told())
                counted(figures)
            except AssertionError as error:
                print(f"did not hold: {error}", file=sys.stderr)
                return 1
            finally:
                start.kill_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
