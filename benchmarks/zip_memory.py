"""How much memory the server needs to send a zip of 2 GB."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

from benchmarks.client import Client
from benchmarks.figures import Figure
from benchmarks.options import Options
from benchmarks.processes import CannotRun, server, simulator
from benchmarks.stored import Stored, file_name
from benchmarks.usage import MB, rss_mb, watched

TITLE = "zip: a mission's results, streamed over HTTP"

_FILE_MB = 8
_CHUNK = 256 * 1024


def run(options: Options) -> list[Figure]:
    """A first small zip loads what is loaded once; then all files."""
    count = max(2, options.size_mb // _FILE_MB)
    data = options.folder / "app"
    with Stored(data) as stored:
        mission_id = stored.add_mission(count, all_good=True)
    files = _make_files(data / "uploads" / "results", mission_id, count)
    path = f"/api/api-missions/{mission_id}/download"
    with (
        simulator(options.folder) as remote,
        server(data, remote.url) as app,
        Client(app.url) as client,
    ):
        client.stream(f"{path}?indexes=1")
        before_mb = rss_mb(app.pid)
        started = time.perf_counter()
        with watched(app.pid) as peak:
            length = client.stream(path)
        seconds = time.perf_counter() - started
    if length < count * _FILE_MB * MB:
        raise CannotRun(f"the zip of {count} files has only {length} bytes")
    bare_s = _bare_s(files)
    return [
        Figure(
            f"{count} files of {_FILE_MB} MB: growth of the server", peak.mb - before_mb, "MB", 50
        ),
        Figure("  its memory before", before_mb, "MB"),
        Figure("  speed", length / MB / seconds, "MB/s"),
        Figure("the same files over a bare socket", count * _FILE_MB / bare_s, "MB/s"),
        Figure("  our time ÷ the bare socket's", seconds / bare_s, "×"),
    ]


def _bare_s(files: list[Path]) -> float:
    """Read the files and send them, one after the other, as they are."""
    ours, theirs = socket.socketpair()

    def send() -> None:
        with ours:
            for path in files:
                with path.open("rb") as file:
                    while part := file.read(_CHUNK):
                        ours.sendall(part)

    sender = threading.Thread(target=send, name="bare socket")
    started = time.perf_counter()
    sender.start()
    with theirs:
        while theirs.recv(_CHUNK):
            pass
    sender.join()
    return time.perf_counter() - started


def _make_files(folder: Path, mission_id: int, count: int) -> list[Path]:
    """One file under many names: the disk need not have 2 GB, and is not what is measured."""
    folder.mkdir(parents=True)
    files = [folder / file_name(mission_id, index) for index in range(1, count + 1)]
    first = files[0]
    first.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(_FILE_MB * MB - 8))
    for other in files[1:]:
        os.link(first, other)
    return files
