"""Are we well? For a monitor, and for the person who starts a second server by mistake."""

from __future__ import annotations

import logging
import shutil
import threading

from webapp import __version__
from webapp.api.json_shapes import HealthOut
from webapp.clock import Clock
from webapp.db import STORAGE_ERRORS, probe, trouble_of
from webapp.safety.storage import Trouble
from webapp.services import Services
from webapp.store.facts import write_probe
from webapp.work.engine import Engine

log = logging.getLogger(__name__)

WRITE_EVERY_S = 5.0
"""Anybody may ask, as often as they like; the disk is tried this often at most."""

LOW_BYTES = 1_000_000_000


class WriteProbe:
    """Whether the database takes a row: a disk that is full can still be read. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tried: float | None = None
        self._found: Trouble | None = None

    def trouble(self, clock: Clock) -> Trouble | None:
        """Why it does not; at most WRITE_EVERY_S old. Commits."""
        with self._lock:
            now = clock.monotonic()
            if self._tried is None or now - self._tried >= WRITE_EVERY_S:
                self._found = _try(clock)
                self._tried = now
            return self._found


def _try(clock: Clock) -> Trouble | None:
    try:
        write_probe(clock.now())
    except STORAGE_ERRORS as error:
        log.warning("health: the database cannot be written: %s", error)
        return trouble_of(error)
    return None


def report(services: Services, writes: WriteProbe, manager: Engine | None) -> HealthOut:
    """`status` is "error" when this process cannot do its work, for whatever reason; what a person
    should look at, while all works, is in `attention`. A few short queries, made now.

    `manager` is "running" where this process submits, "elsewhere" where it serves pages only, and
    "stopped" where it should submit and does not. `manager` is None where this process has none.
    """
    made: HealthOut = {
        "status": "ok",
        "database": "ok",
        "trouble": None,
        "manager": "elsewhere",
        "restored": False,
        "attention": [],
        "waiting": 0,
        "unknown": 0,
        "free_bytes": _free_bytes(services),
        "simulated": services.settings.simulated,
        "version": __version__,
    }
    trouble = services.storage.lasting or _ask(services, made)
    trouble = trouble or services.storage.trouble or writes.trouble(services.clock)
    if trouble is not None:
        made["status"] = made["database"] = "error"
        made["trouble"] = trouble.value
    if manager is not None and made["manager"] != "unknown":
        made["manager"] = "running" if manager.running else "stopped"
    if made["manager"] == "stopped":
        made["status"] = "error"
    _call_for_attention(made, away=manager is not None and manager.service_away)
    return made


def _ask(services: Services, made: HealthOut) -> Trouble | None:
    """Fill in what the database knows; returns why it does not tell."""
    try:
        probe()
        queue = services.missions.queue()
        made["restored"] = services.restored.pending() is not None
    except STORAGE_ERRORS as error:
        log.warning("health: the database does not answer: %s", error)
        made["manager"] = "unknown"
        return trouble_of(error)
    made["waiting"], made["unknown"] = queue.waiting, queue.unknown
    return None


def _call_for_attention(made: HealthOut, *, away: bool) -> None:
    if made["restored"]:
        made["attention"].append("restored")
    if made["unknown"]:
        made["attention"].append("unknown")
    free = made["free_bytes"]
    if free is not None and free < LOW_BYTES:
        made["attention"].append("disk_low")
    if away:
        made["attention"].append("service_away")


def _free_bytes(services: Services) -> int | None:
    """On the fuller of the two disks, where they are two."""
    folders = (services.settings.data_dir, services.settings.uploads)
    try:
        return min(shutil.disk_usage(folder).free for folder in folders if folder.exists())
    except (OSError, ValueError):
        return None
