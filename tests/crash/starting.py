"""Starts the program on one folder, again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.crash.server import Server, Service
from webapp.db import close_idle, open_database, writing
from webapp.migrate import migrate
from webapp.models import Attempt
from webapp.settings import load_settings
from webapp.states import AttemptState


class Starter:
    """None of what it starts outlives `kill_all`."""

    def __init__(self, folder: Path, service: Service) -> None:
        self._folder = folder
        self._service = service
        self._started: list[Server] = []
        seed_history(folder / "data")

    def __call__(self, **settings: object) -> Server:
        number = len(self._started)
        self._started.append(Server(self._folder, self._service, number, **settings))
        return self._started[-1]

    def kill_all(self) -> None:
        for server in self._started:
            server.kill()


def seed_history(folder: Path) -> None:
    """A database that has seen tasks, so that a start knows how soon to ask."""
    open_database(load_settings(_env_file=None, data_dir=folder))
    migrate()
    now = datetime.now(UTC)
    row = {
        "mission_id": 0,
        "provider": "runninghub",
        "state": AttemptState.SUCCEEDED,
        "number": 1,
        "created_at": now,
        "sent_at": now,
        "ended_at": now + timedelta(seconds=0.3),
        "boot_id": "",
    }
    kinds = [name for name in ("text_to_image", "image_to_image") for _ in range(10)]
    with writing():
        for item_id, kind in enumerate(kinds, start=10**6):
            Attempt.insert(item_id=item_id, item_index=1, task_type=kind, **row).execute()
    close_idle()
