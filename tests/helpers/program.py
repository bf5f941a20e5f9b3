"""The program as a process of its own, as a person starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TextIO

from tests.helpers.canary import check_text
from tests.helpers.zygote import Process, lines_from, start

ROOT = Path(__file__).resolve().parents[2]
RUN_S = 60


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """Nothing of this machine but what a process needs; DATA_DIR in `folder`."""
    needed = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    given = {name: str(value) for name, value in settings.items()}
    return {
        **needed,
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "LANG": "C.UTF-8",
        "DATA_DIR": str(folder / "data"),
        "PORT": "0",
        **given,
    }


def run(
    folder: Path, *arguments: str, typed: str = "", **settings: Any
) -> subprocess.CompletedProcess[str]:
    """Run `webapp …` to its end, with what is typed on its standard input. What it says may hold no
    secret."""
    with (
        tempfile.TemporaryFile() as taken,
        tempfile.TemporaryFile() as said,
        tempfile.TemporaryFile() as complained,
    ):
        taken.write(typed.encode())
        taken.seek(0)
        process = start(
            "webapp",
            arguments,
            cwd=folder,
            env=environment(folder, **settings),
            output=said.fileno(),
            errors=complained.fileno(),
            typed=taken.fileno(),
        )
        try:
            code = process.wait(RUN_S)
        finally:
            process.kill()
        done = subprocess.CompletedProcess(arguments, code, _text(said), _text(complained))
    check_text("the output", done.stdout + done.stderr)
    return done


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


class Program:
    """A running server. `output` and `log` grow while it runs. It is a new process of an interpreter
    that was started before, or else started by the command `program`."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        program: Sequence[str] = (),
        **settings: object,
    ) -> None:
        self.output: list[str] = []
        self.log: list[str] = []
        self._ready = threading.Event()
        env = environment(folder, **settings)
        output, said = lines_from()
        log, complained = lines_from()
        self._readers = [
            threading.Thread(target=self._read_output, args=[output]),
            threading.Thread(target=self._read_log, args=[log]),
        ]
        for reader in self._readers:
            reader.start()
        self.process: Process
        try:
            if program:
                self.process = subprocess.Popen(
                    [*program, *arguments], cwd=folder, env=env, stdout=said, stderr=complained
                )
            else:
                self.process = start(
                    "webapp", arguments, cwd=folder, env=env, output=said, errors=complained
                )
        finally:
            os.close(said)
            os.close(complained)
        try:
            assert self._ready.wait(RUN_S), "the server did not start in time"
            assert self.url, f"the server did not start: {self.wait()}: {self.log}"
        except BaseException:
            self.kill()
            raise

    def _read_output(self, lines: TextIO) -> None:
        with lines:
            for line in lines:
                self.output.append(line.rstrip("\n"))
                if "Ctrl+C" in line:
                    self._ready.set()
        self._ready.set()

    def _read_log(self, lines: TextIO) -> None:
        with lines:
            self.log.extend(line.rstrip("\n") for line in lines)

    @property
    def url(self) -> str:
        """Where it says that it answers."""
        found = re.search(r"http://\S+", "\n".join(self.output))
        return found[0] if found else ""

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end; returns the exit code."""
        code = self.process.wait(RUN_S)
        for reader in self._readers:
            reader.join(RUN_S)
        check_text("the output", "\n".join(self.output + self.log))
        return code

    def kill(self) -> None:
        """End it however it may feel."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
