"""The program as many processes, without the second that each start would take: one process has all
libraries loaded and no thread yet, and forks. What comes of it is killed like any other process.

    python -m tests.crash.zygote      lines of JSON in, lines of JSON out
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from tests.helpers.program import ROOT, environment
from webapp import failpoints
from webapp.__main__ import main

END_S = 30


def serve_requests() -> None:
    """Fork and wait as told, until nobody asks any more."""
    for line in sys.stdin:
        asked = json.loads(line)
        print(_fork(asked) if asked["do"] == "fork" else _end_of(asked["pid"]), flush=True)


def _fork(asked: dict[str, Any]) -> int:
    pid = os.fork()
    return pid or _become_program(asked)


def _become_program(asked: dict[str, Any]) -> NoReturn:
    # So that a broken test leaves no program behind that nobody waits for.
    os.setpgid(0, 0)
    os.chdir(asked["cwd"])
    for number, name in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
        file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["env"])
    failpoints.arm(os.environ.get(failpoints.VARIABLE, ""))
    code = 70
    try:
        code = main.main(asked["arguments"], prog_name="webapp", standalone_mode=False) or 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def _end_of(pid: int) -> int:
    """Its exit code; minus the number of a signal, as subprocess has it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Zygote:
    """The other side: makes processes and learns how they ended."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def fork(
        self, cwd: Path, arguments: list[str], env: dict[str, str], out: Path, err: Path
    ) -> int:
        """Start the program; returns its process id."""
        given = {"cwd": str(cwd), "arguments": arguments, "env": env}
        return self._ask(do="fork", out=str(out), err=str(err), **given)

    def wait(self, pid: int) -> int:
        """Wait for its end; returns the exit code, or minus the signal."""
        return self._ask(do="wait", pid=pid)

    def _ask(self, **asked: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def __enter__(self) -> Zygote:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(END_S)


if __name__ == "__main__":
    assert Path(__file__).is_relative_to(ROOT)
    serve_requests()
