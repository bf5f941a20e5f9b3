"""The program as many processes, without the second that each start would take: one process has all
libraries loaded and no thread yet, and forks. What comes of it is a process like any other.

    python -m tests.helpers.zygote FD      a socket: JSON in, with three files; JSON out
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TextIO

import webapp.simulator.__main__ as simulator
from webapp.__main__ import main
from webapp.i18n import our_catalogue
from webapp.safety import failpoints

MAINS: dict[str, Callable[[], object]] = {
    "webapp": functools.partial(main, prog_name="webapp"),
    "webapp.simulator": simulator.main,
}
_LONGEST = 1 << 17
_ROOT = Path(__file__).resolve().parents[2]


def serve_requests(asked: socket.socket) -> None:
    """Fork and reap as told, until nobody asks any more. Returns in each process that was made, too,
    at its end."""
    while True:
        message, files, _, _ = socket.recv_fds(asked, _LONGEST, 3)
        if not message:
            break
        order = json.loads(message)
        if order["do"] == "reap":
            answer = os.waitstatus_to_exitcode(os.waitpid(order["pid"], 0)[1])
        else:
            answer = os.fork()
            if not answer:
                asked.close()
                _become_program(order, files)
                return
            for file in files:
                os.close(file)
        asked.send(str(answer).encode())
    # A test that was ended leaves nothing behind that nobody waits for.
    os.killpg(0, signal.SIGKILL)


def _become_program(order: dict[str, Any], files: Sequence[int]) -> None:
    os.chdir(order["cwd"])
    for number, file in zip((1, 2, 0), files, strict=False):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    failpoints.arm(os.environ.get(failpoints.VARIABLE, ""))
    sys.argv = [order["module"], *order["arguments"]]
    MAINS[order["module"]]()


class Process(Protocol):
    """What subprocess.Popen can do, too."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int, /) -> None: ...

    def kill(self) -> None: ...


def start(
    module: str,
    arguments: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: int,
    errors: int,
    typed: int | None = None,
) -> Process:
    """`python -m MODULE …` with these files for what it says, its errors and its standard input. What
    Python itself reads from the environment (PYTHON…) is not read again."""
    if sys.platform == "linux":
        files = (output, errors) if typed is None else (output, errors, typed)
        return _zygote().fork(module, arguments, cwd, env, files)
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL if typed is None else typed,
        stdout=output,
        stderr=errors,
    )


def lines_from() -> tuple[TextIO, int]:
    """Lines of text, and the number of the file into which a process writes them."""
    here, there = os.pipe()
    return os.fdopen(here, encoding="utf-8"), there


class _Child:
    """A process that the zygote has made."""

    def __init__(self, zygote: _Zygote, pid: int) -> None:
        self.pid = pid
        self._zygote = zygote
        self._code: int | None = None
        self._lock = threading.Lock()
        self._end = os.pidfd_open(pid)

    def poll(self) -> int | None:
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Returns the exit code, or minus the signal. Raises TimeoutExpired."""
        code = self._look(None if timeout is None else timeout * 1000)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def _look(self, timeout_ms: float | None) -> int | None:
        with self._lock:
            if self._code is None:
                end = select.poll()
                end.register(self._end, select.POLLIN)
                if end.poll(timeout_ms):
                    self._code = self._zygote.ask([], do="reap", pid=self.pid)
                    os.close(self._end)
            return self._code

    def send_signal(self, sig: int, /) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Zygote:
    """The other side: makes processes and learns how they ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        needed = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        with asked:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.helpers.zygote", str(asked.fileno())],
                cwd=_ROOT,
                env=needed | {"PYTHONIOENCODING": "utf-8"},
                pass_fds=[asked.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def fork(
        self,
        module: str,
        arguments: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        files: Sequence[int],
    ) -> _Child:
        given = {"module": module, "arguments": [*arguments], "cwd": str(cwd), "env": dict(env)}
        return _Child(self, self.ask(files, do="fork", **given))

    def ask(self, files: Sequence[int], **order: object) -> int:
        with self._lock:
            socket.send_fds(self._asking, [json.dumps(order).encode()], files)
            return int(self._asking.recv(100))

    def close(self) -> None:
        self._asking.close()
        self._process.wait()


@functools.cache
def _zygote() -> _Zygote:
    made = _Zygote()
    atexit.register(made.close)
    return made


if __name__ == "__main__":
    our_catalogue()
    gc.freeze()  # what is shared stays shared
    serve_requests(socket.socket(fileno=int(sys.argv[1])))
