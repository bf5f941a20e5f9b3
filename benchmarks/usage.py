"""How much memory and processor time a process has used."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MB = 1024 * 1024
_PAUSE_S = 0.05


def rss_mb(pid: int) -> float:
    """Resident memory in MB."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    shown = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return int(shown.stdout) / 1024


def cpu_s(pid: int) -> float:
    """Processor seconds so far, all threads; unlike elapsed time, other programs hardly change them.

    0 where the system does not tell (anything but Linux).
    """
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Peak:
    """The most that was seen."""

    def __init__(self) -> None:
        self.mb = 0.0


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Look at a process twenty times a second for as long as the block runs."""
    peak, stop = Peak(), threading.Event()

    def look() -> None:
        while not stop.is_set():
            peak.mb = max(peak.mb, rss_mb(pid))
            stop.wait(_PAUSE_S)

    thread = threading.Thread(target=look, name="memory")
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
