"""The simulator as an object: a server of its own in a thread of its own."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvicorn

from webapp.simulator.application import build
from webapp.simulator.config import SimulatorConfig
from webapp.simulator.faults import Rule
from webapp.simulator.memory import Memory
from webapp.simulator.transport import BreakableProtocol
from webapp.simulator.webhooks import Webhooks
from webapp.simulator.world import World

log = logging.getLogger(__name__)

_RENDERERS = 2
_START_TIMEOUT_S = 10.0


class _Server(uvicorn.Server):
    """Uvicorn without its ten wake-ups a second: it sleeps until it is told to stop."""

    stopping: asyncio.Event

    async def main_loop(self) -> None:
        await self.stopping.wait()

    def drop_connections(self) -> None:
        """Hung and dripping requests end with their connection."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class Simulator:
    """RunningHub's v2 interface on a port of this machine.

    Use it as a context manager or call `start` and `stop`. All methods may be called from any
    thread; `start` returns when requests are answered, `stop` when no thread of it is left.
    """

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        self.world = World(config or SimulatorConfig())
        self._thread: threading.Thread | None = None
        self._listening = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: _Server | None = None
        self._webhooks: Webhooks | None = None
        self._url = ""

    def __enter__(self) -> "Simulator":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Origin without a slash at its end; the v2 base is this plus /openapi/v2."""
        return self._url

    def start(self) -> None:
        """Listen and serve; OSError if the port is taken."""
        if self._thread is not None:
            raise RuntimeError("the simulator is running already")
        sock = self._open()
        self._listening.clear()
        self._failure = None
        self._thread = threading.Thread(
            target=self._run, args=(sock,), name="simulator", daemon=True
        )
        self._thread.start()
        self._listening.wait(_START_TIMEOUT_S)
        if self._failure is not None:
            self._thread = None
            self.world.stop_remembering()
            raise self._failure

    def stop(self) -> None:
        """Drop every connection, hung ones too, and wait for the thread to end."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._in_loop(self._begin_stop)
        thread.join()
        self.world.stop_remembering()

    # -- for tests in the same process --------------------------------------------------------

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """Every accepted submit, oldest first; as GET /_sim/ledger."""
        return self.world.ledger()

    @property
    def stats(self) -> dict[str, Any]:
        """Counters; as GET /_sim/stats."""
        return self.world.stats_view()

    def scenario(self, on: str, fault: str, **details: Any) -> Rule:
        """Add a fault rule; the rule's `struck` tells how often it was applied."""
        return self.world.scenario.add(Rule.parse({"on": on, "fault": fault, **details}))

    def clear_scenario(self) -> None:
        """Nothing goes wrong any more."""
        self.world.scenario.clear()

    def configure(self, **changes: Any) -> None:
        """Change settings; ValueError for those that are fixed at the start."""
        self.world.configure(changes)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self.world.advance(seconds)
        self._in_loop(self._poke)

    def finish_all(self) -> None:
        """End every task now, as planned."""
        self.world.finish_all()
        self._in_loop(self._poke)

    def request_times(self, on: str) -> list[float]:
        """When requests of a kind ("submit", "query", …) came, in seconds of its clock."""
        return self.world.request_times(on)

    def reset(self) -> None:
        """Forget tasks, uploads, money spent, rules and counters; settings and links stay."""
        self.world.reset()
        self._in_loop(self._forget_webhooks)

    # -- inside the thread ----------------------------------------------------------------------

    def _open(self) -> socket.socket:
        """Take up what is remembered, and bind: where we were before if that is free. OSError."""
        folder = self.world.config.state_dir
        memory = Memory.hold(folder) if folder else None
        if memory is None:
            return self._bound_socket(0)
        found = memory.recall()
        try:
            sock = self._bound_socket(found.port)
        except OSError:
            memory.close()
            raise
        self.world.go_on_from(found, memory, self._url)
        return sock

    def _bound_socket(self, port_before: int) -> socket.socket:
        config = self.world.config
        if port_before and not config.port:
            with contextlib.suppress(OSError):
                return self._bind(config.host, port_before)
        return self._bind(config.host, config.port)

    def _bind(self, host: str, port: int) -> socket.socket:
        # With the protocol named, asyncio turns on TCP_NODELAY; without, answers wait 40 ms.
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
        except OSError:
            sock.close()
            raise
        self._url = f"http://{host}:{sock.getsockname()[1]}"
        return sock

    def _run(self, sock: socket.socket) -> None:
        try:
            with sock, ThreadPoolExecutor(_RENDERERS, "simulator-paint") as executor:
                asyncio.run(self._serve(sock, executor))
        except BaseException as error:
            log.exception("the simulator died")
            self._failure = error
        finally:
            self._listening.set()

    async def _serve(self, sock: socket.socket, executor: ThreadPoolExecutor) -> None:
        self._loop = asyncio.get_running_loop()
        self._webhooks = Webhooks(self.world)
        self._webhooks.go_on(self.world.unfinished())
        app = build(self.world, self._webhooks, executor)
        self._server = server = _Server(_uvicorn_config(app))
        server.stopping = asyncio.Event()
        calls = asyncio.create_task(self._webhooks.run())
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        await self._until_started(server, serving)
        try:
            await serving
        finally:
            calls.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await calls

    async def _until_started(self, server: _Server, serving: asyncio.Task[None]) -> None:
        while not server.started and not serving.done():
            await asyncio.sleep(0.001)
        self._listening.set()

    def _in_loop(self, call: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _begin_stop(self) -> None:
        assert self._server is not None
        self._server.drop_connections()
        self._server.stopping.set()

    def _poke(self) -> None:
        assert self._webhooks is not None
        self._webhooks.poke()

    def _forget_webhooks(self) -> None:
        assert self._webhooks is not None
        self._webhooks.clear()


def _uvicorn_config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=BreakableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        date_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )
