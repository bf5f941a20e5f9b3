"""The program as one process that the zygote made."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

from tests.crash.zygote import Zygote
from tests.helpers.program import environment
from tests.helpers.waiting import wait_until

START_S = 60


class Forked:
    """As tests.helpers.program.Program, and started in a tenth of the time. `number` tells the runs
    on one folder apart."""

    def __init__(self, zygote: Zygote, folder: Path, number: int, **settings: str) -> None:
        self._zygote = zygote
        self._out, self._err = folder / f"out-{number}", folder / f"err-{number}"
        env = environment(folder, **settings)
        self._pid = zygote.fork(folder, ["--no-open"], env, self._out, self._err)
        self._code: int | None = None

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
        if self._code is not None:
            return True
        stat = Path(f"/proc/{self._pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "Z"

    def send(self, number: signal.Signals) -> None:
        if self._code is None:
            os.kill(self._pid, number)

    def wait(self) -> int:
        """Wait for its end; returns the exit code, or minus the signal."""
        if self._code is None:
            self._code = self._zygote.wait(self._pid)
        return self._code

    def kill(self) -> None:
        """End it however it may feel."""
        self.send(signal.SIGKILL)
        self.wait()


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""
