"""A real web server on a free port of this machine, and a client that knows nothing but HTTP."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Any

import requests
import uvicorn
from argon2 import PasswordHasher

from tests.helpers.canary import check_files, in_paths, learned
from tests.helpers.waiting import wait_until
from tests.helpers.watched import Watched
from webapp.accounts.passwords import Passwords
from webapp.app import create_app
from webapp.clock import Clock
from webapp.manager import Manager
from webapp.server.listening import address_of, bind
from webapp.server.serve import Server, server_config
from webapp.settings import Settings
from webapp.task_types import TASK_TYPES

START_S = 20
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Argon2id, a thousand times cheaper than in life."""


class LiveApp:
    """The app behind a real server. Only one may live at a time: models know one database."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        *,
        webhooks: bool = False,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._sock = bind(settings.host, settings.port)
        self.url = address_of(self._sock)
        found: dict[str, object] = {"port": self._sock.getsockname()[1]}
        if webhooks:
            found["public_url"] = self.url
        self.settings = settings.model_copy(update=found)
        self.app = create_app(self.settings, clock, Passwords(hasher or QUICK_HASHER))
        self.http = requests.Session()
        self.http.trust_env = False
        self._ready = threading.Event()
        self._server = _TestServer(server_config(Watched(self.app)), self._ready.set)
        self._thread = threading.Thread(target=self._run, name="live-app")
        self._thread.start()
        try:
            assert self._ready.wait(START_S), "the server did not start in time"
            assert self._server.started, "the server did not start; see the log"
        except BaseException:
            self.close()
            raise

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._sock])
        except SystemExit:
            pass  # uvicorn's way to say that the app did not start
        finally:
            self._ready.set()

    def __enter__(self) -> LiveApp:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop as a signal would; returns when no thread of the server is left. Fails when a file
        that the app leaves holds a secret, be it one that only a request has carried."""
        self.http.close()
        self._server.stop()
        self._thread.join(START_S)
        self._sock.close()
        assert not self._thread.is_alive(), "the server did not stop"
        check_files(self.settings.data_dir, learned | in_paths)
        if self.settings.data_dir not in self.settings.uploads.parents:
            check_files(self.settings.uploads, learned | in_paths)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request; redirects are not followed."""
        options.setdefault("timeout", 30)
        options.setdefault("allow_redirects", False)
        return self.http.request(method, self.url + path, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.call("POST", path, **options)

    def data(self, method: str, path: str, **options: Any) -> Any:
        """The `data` of a call that must work."""
        answer = self.call(method, path, **options)
        assert answer.status_code == 200, answer.text
        envelope = answer.json()
        assert envelope["code"] == 0
        return envelope["data"]

    def refused(self, status: int, method: str, path: str, **options: Any) -> Any:
        """The error envelope of a call that must fail with that status."""
        answer = self.call(method, path, **options)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        envelope = answer.json()
        assert envelope["code"] == status
        assert envelope["message"]
        assert isinstance(envelope["errors"], list)
        return envelope

    def has_seen(self, task_s: float) -> None:
        """As if it had seen many tasks that took so long: it knows when to ask, and nobody waits."""
        manager: Manager | None = self.app.state.manager
        if manager is not None:
            for name in TASK_TYPES:
                manager.history.seed(name, [task_s] * 10)

    def create(self, **changes: Any) -> int:
        """A new mission; returns its id."""
        body = mission_body(**changes)
        return int(self.data("POST", "/api/api-missions", json=body)["api_mission_id"])

    def mission(self, mission_id: int) -> Any:
        """The mission with its items."""
        return self.data("GET", f"/api/api-missions/{mission_id}")

    def ended(self, mission_id: int, *, deadline_s: float = 60) -> Any:
        """Wait until nothing of a mission moves any more; returns it."""

        def look() -> Any:
            mission = self.mission(mission_id)
            counts = mission["counts"]
            moving = counts["pending"] + counts["processing"] + mission["files_pending"]
            return None if moving else mission

        return wait_until(look, deadline_s=deadline_s, tell=lambda: self.mission(mission_id))


def mission_body(**changes: Any) -> dict[str, Any]:
    """The body of a small mission, with changes."""
    body: dict[str, Any] = {
        "name": "Autumn",
        "task_type": "text_to_image",
        "config": {"batch_input": ["a red fox", "a grey owl"]},
    }
    return body | changes


class _TestServer(Server):
    """Without the ten wake-ups a second, so that a stop takes no tenth of a second."""

    def __init__(self, config: uvicorn.Config, on_started: Any) -> None:
        super().__init__(config, on_started, lambda: None)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        await self._stop.wait()

    def stop(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self.should_exit = True
