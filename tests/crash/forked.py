"""The program as a process that may end at any moment, also before it has started."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from tests.helpers.program import environment
from tests.helpers.waiting import wait_until
from tests.helpers.zygote import start

START_S = 60


class Forked:
    """As tests.helpers.program.Program, but what it says goes to files. `number` tells the runs on one
    folder apart."""

    def __init__(self, folder: Path, number: int, **settings: str) -> None:
        self._out, self._err = folder / f"out-{number}", folder / f"err-{number}"
        env = environment(folder, **settings)
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = start(
                "webapp",
                ["--no-open"],
                cwd=folder,
                env=env,
                output=out.fileno(),
                errors=err.fileno(),
            )

    def wait_for_start(self) -> None:
        """Returns when it answers, or has ended."""
        wait_until(lambda: "Ctrl+C" in _text(self._out) or self.ended, deadline_s=START_S)

    @property
    def url(self) -> str:
        """Where it says that it answers."""
        found = re.search(r"http://\S+", _text(self._out))
        return found[0] if found else ""

    @property
    def log(self) -> list[str]:
        return _text(self._err).splitlines()

    @property
    def ended(self) -> bool:
        """Whether it has ended, by whatever."""
        return self._process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end; returns the exit code, or minus the signal."""
        return self._process.wait()

    def kill(self) -> None:
        """End it however it may feel."""
        self._process.kill()
        self.wait()


def _text(path: Path) -> str:
    return path.read_text("utf-8")
