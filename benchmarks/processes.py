"""The app and the simulator as processes of their own, on free ports of 127.0.0.1."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from webapp.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
KEY = "benchmark-key"
_STOP_S = 30


class CannotRun(Exception):
    """A benchmark could not be measured; says why."""


class Process:
    """A Python program that says on its standard output where it listens."""

    def __init__(self, arguments: Sequence[str], folder: Path, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = (folder / "log.txt").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=folder,  # so that no .env of the person who measures is read
            env=_environment(settings),
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.pid = self._process.pid
        self.url = self._address()

    def _address(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                return found[0]
        self.stop()
        said = Path(self._log.name).read_text(errors="replace")[-2000:]
        raise CannotRun(f"a server did not start; it said:\n{said}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """As Ctrl+C does; blocks until it has ended."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()


def simulator(folder: Path, seed: int = 1) -> Process:
    """RunningHub, with ready files instead of drawings; durations repeat with the seed."""
    return Process(
        [
            *("webapp.simulator", "--port", "0", "--plain-results"),
            *("--seed", str(seed), "--balance", "1000000"),
        ],
        folder / "simulator",
    )


def server(folder: Path, provider_url: str) -> Process:
    """Our app with its data in `folder`, against a provider at `provider_url`."""
    return Process(
        ["webapp", "serve", "--no-open", "--port", "0"],
        folder,
        DATA_DIR=str(folder),
        RUNNINGHUB_API_KEY=KEY,
        RUNNINGHUB_BASE_URL=provider_url,
    )


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Ours without any settings of the program, but for those given."""
    known = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in known}
    return {**kept, "PYTHONPATH": str(ROOT), **settings}
