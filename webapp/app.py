"""Wires everything: the only module that knows all others."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from webapp import routes
from webapp.account import Account
from webapp.accounts.audit_trail import AuditTrail, note_key
from webapp.accounts.passwords import Passwords
from webapp.accounts.people import LOCAL, NOBODY
from webapp.accounts.team import Team
from webapp.archive import Archive
from webapp.backups.daily import DailyCopy
from webapp.backups.restored import RestoredDatabase
from webapp.clock import Clock, SystemClock
from webapp.db import (
    close_idle,
)
from webapp.files.downloads import Downloads
from webapp.i18n import our_catalogue
from webapp.manager import Manager, ManagerConfig
from webapp.mission_templates import Templates
from webapp.missions import Missions
from webapp.opening import make_keeper, may_manage, one_line, open_or_say_why, what_to_tell
from webapp.providers import make_provider
from webapp.providers.base import Provider, ProviderConfig
from webapp.providers.measured import Measured
from webapp.providers.runninghub import RunningHub
from webapp.providers.simulated import Simulated
from webapp.results import ResultFiles
from webapp.routes import errors
from webapp.runner import Limits, Runner
from webapp.safety.keeping import Keeper
from webapp.safety.storage import Storage
from webapp.server import middleware
from webapp.server.gauges import Gauges
from webapp.server.health import WriteProbe
from webapp.server.listening import is_loopback
from webapp.server.metrics import Metrics
from webapp.server.secret import load_secret, webhook_mac
from webapp.services import Services
from webapp.settings import Settings
from webapp.simulator import Simulator, SimulatorConfig
from webapp.spending.usage import Usage
from webapp.store.queue import anything_sent
from webapp.unclear import Unclear
from webapp.uploads import ReferenceImages
from webapp.work.engine import Engine, NoEngine
from webapp.work.janitor import Janitor

log = logging.getLogger(__name__)

SIMULATOR_KEY = "built-in-simulator"
QUICK_TIMEOUT_S = 6.0
"""Of “Test connection”: two questions must be answered before the page gives up."""


def create_app(
    settings: Settings, clock: Clock | None = None, passwords: Passwords | None = None
) -> Starlette:
    """The whole application. Opens the database; its lifespan migrates it, and starts and stops the rest.

    One app lives in a process at a time, for the models are bound to one database. Raises CannotStart
    when the database cannot be used. With one that is damaged or missing it is made all the same, and
    says so on every page.
    """
    storage = Storage(open_or_say_why(settings))
    app = Starlette(
        routes=routes.table(settings),
        middleware=middleware.stack(settings),
        exception_handlers=errors.HANDLERS,
        lifespan=lambda app: _lifespan(
            app, settings, clock or SystemClock(), passwords or Passwords()
        ),
    )
    app.state.metrics = Metrics()
    app.state.write_probe = WriteProbe()
    app.state.manager = None  # until it is started; a signal may come before
    app.state.storage = storage
    app.state.told = partial(what_to_tell, storage)
    return app


@asynccontextmanager
async def _lifespan(
    app: Starlette, settings: Settings, clock: Clock, passwords: Passwords
) -> AsyncIterator[None]:
    stack = ExitStack()
    try:
        await run_in_threadpool(_start, app, settings, clock, passwords, stack)
        yield
    finally:
        await run_in_threadpool(stack.close)


@one_line()
def _start(
    app: Starlette, settings: Settings, clock: Clock, passwords: Passwords, stack: ExitStack
) -> None:
    """Start everything; closing the stack stops what was started, in the opposite order. Blocks. Raises
    CannotStart."""
    stack.callback(close_idle)
    storage: Storage = app.state.storage
    stopping = threading.Event()
    metrics: Metrics = app.state.metrics
    asked, quick = _providers(settings, clock, stack, stopping)
    provider = Measured(asked, metrics)
    secret = load_secret(settings)
    images = ReferenceImages(settings, clock)
    results = ResultFiles(settings, clock, provider, told=metrics.downloaded, disk=storage)
    manager = None
    if may_manage(settings, clock, storage, stack):
        note_key("" if settings.simulated else provider.key_fingerprint, clock)
        downloads = Downloads(clock, results.fetch, results.look_for_room)
        keeper = make_keeper(settings, storage)
        manager = _manager(settings, clock, provider, quick, images, secret, downloads.wake, keeper)
        manager.history.told = metrics.task_ended
        janitor = Janitor(
            clock,
            results.remove,
            settings.uploads,
            DailyCopy(settings, clock, anything_sent).make_if_due,
        )
        for part in (manager, downloads, janitor):
            part.start()
            stack.callback(part.stop)
        # Before any of them is waited for: nothing new is begun, and what waits gives up.
        stack.callback(results.stop)
        stack.callback(manager.begin_stop)
    engine: Engine = manager or NoEngine(settings.max_concurrent_api_tasks)
    app.state.manager = manager
    app.state.secret = secret
    account = Account(settings, quick)
    team = Team(clock, passwords, secret, alone=is_loopback(settings.host))
    app.state.services = _services(
        settings, clock, provider, images, results, engine, account, team, storage
    )
    _add_gauges(app, clock, manager)
    stack.callback(stopping.set)


def _add_gauges(app: Starlette, clock: Clock, manager: Manager | None) -> None:
    missions = app.state.services.missions
    retries = (lambda: manager.storage_retries) if manager else (lambda: 0)
    app.state.metrics.registry.register(Gauges(missions, clock, retries))


def _providers(
    settings: Settings, clock: Clock, stack: ExitStack, stopping: threading.Event
) -> tuple[Provider, Provider]:
    """The one that works, and one that gives up soon, for a person who waits for an answer."""
    name, base_url = RunningHub.name, settings.runninghub_base_url
    key = settings.runninghub_api_key.get_secret_value().strip()
    if settings.simulated:
        simulator = Simulator(
            SimulatorConfig(
                speed=settings.simulator_speed, state_dir=settings.data_dir / "simulator"
            )
        )
        simulator.start()
        stack.callback(simulator.stop)
        name, base_url, key = Simulated.name, simulator.url, SIMULATOR_KEY
    config = ProviderConfig(
        base_url=base_url,
        api_key=key,
        request_timeout_s=settings.request_timeout,
        connections=settings.max_concurrent_api_tasks,
        wait=stopping.wait,
        clock=clock,
    )
    provider = make_provider(name, config)
    stack.callback(provider.close)
    timeout_s = min(settings.request_timeout, QUICK_TIMEOUT_S)
    quick = make_provider(
        name,
        replace(config, request_timeout_s=timeout_s, connections=1, wait=lambda _: True),
    )
    stack.callback(quick.close)
    return provider, quick


def _manager(
    settings: Settings,
    clock: Clock,
    provider: Provider,
    quick: Provider,
    images: ReferenceImages,
    secret: bytes,
    files_wanted: Callable[[], None],
    keeper: Keeper,
) -> Manager:
    def webhook_url(attempt_id: int) -> str | None:
        if not settings.public_url:
            return None
        return f"{settings.public_url}/hooks/rh/{attempt_id}/{webhook_mac(secret, attempt_id)}"

    runner = Runner(
        provider, clock, Limits(settings.max_task_seconds), images.to_remote, webhook_url
    )
    config = ManagerConfig(
        slots=settings.max_concurrent_api_tasks,
        submit_concurrency=settings.submit_concurrency,
        poll_interval_s=settings.poll_interval,
        max_task_s=settings.max_task_seconds,
    )
    return Manager(runner, clock, config, files_wanted, quick.queue_status, keeper)


def _services(
    settings: Settings,
    clock: Clock,
    provider: Provider,
    images: ReferenceImages,
    results: ResultFiles,
    engine: Engine,
    account: Account,
    team: Team,
    storage: Storage,
) -> Services:
    found = Services(
        settings=settings,
        clock=clock,
        catalogue=our_catalogue(),
        missions=Missions(
            clock, provider, engine, images.find_own, settings.max_concurrent_api_tasks
        ),
        templates=Templates(clock),
        images=images,
        results=results,
        archive=Archive(results, clock),
        account=account,
        storage=storage,
        restored=RestoredDatabase(clock, engine),
        trail=AuditTrail(),
        unclear=Unclear(provider),
        usage=Usage(clock, provider.name),
        person=LOCAL,
        team=team,
    )
    return found.by(NOBODY)  # until a request says on whose behalf
