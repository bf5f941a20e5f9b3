"""The app and RunningHub's simulator as processes of their own, as in life."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TextIO

from tests.helpers.canary import check_files, check_text
from tests.helpers.zygote import lines_from, start
from webapp.settings import Settings

START_S = 30
STOP_S = 15
_URL = re.compile(r"http://127\.0\.0\.1:\d+")


class ServerProcess:
    """`python -m …`, which prints its address when it answers. Use it as a context manager.

    It sees no setting of whoever runs the tests, and no .env: it starts in `folder`.
    """

    def __init__(self, arguments: Sequence[str], folder: Path, **settings: object) -> None:
        self._module, *self._arguments = arguments
        self._folder = folder
        self._environment = _clean_environment() | {
            name.upper(): str(value) for name, value in settings.items()
        }
        self._printed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._log: list[str] = []
        self.url = ""

    def __enter__(self) -> ServerProcess:
        printed, output = lines_from()
        self._process = start(
            self._module,
            self._arguments,
            cwd=self._folder,
            env=self._environment,
            output=output,
            errors=output,
        )
        os.close(output)
        self._reader = threading.Thread(target=self._read, args=[printed], name="server-output")
        self._reader.start()
        try:
            self.url = self._printed.get(timeout=START_S)
        except queue.Empty:
            self.url = ""
        if not self.url:
            self._stop()
            raise AssertionError(f"{self._module} did not start:\n{self.log}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    @property
    def log(self) -> str:
        """Everything it has printed so far."""
        return "".join(self._log)

    def _read(self, printed: TextIO) -> None:
        with printed as lines:
            for line in lines:
                self._log.append(line)
                found = _URL.search(line)
                if found:
                    self._printed.put(found[0])
        self._printed.put("")  # it ended: nobody needs to wait any longer

    def _stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        check_text("the output", self.log)
        check_files(self._folder)


def _clean_environment() -> dict[str, str]:
    ours = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name.upper() not in ours}
