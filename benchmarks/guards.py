"""What each guard costs, beside what it guards: a request, an item, a sign-in.

In this process and without sockets: each guard alone around the same trivial work, in turns.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from io import StringIO
from pathlib import Path
from statistics import median
from time import perf_counter

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message

from benchmarks.figures import Figure
from benchmarks.options import Options
from benchmarks.stored import Stored
from webapp.accounts.cookies import SESSION_COOKIE
from webapp.accounts.doorkeeper import Identify
from webapp.accounts.people import LOCAL, Role
from webapp.addresses import is_public
from webapp.app import create_app
from webapp.db import writing
from webapp.models import Mission
from webapp.redaction import hide_secrets
from webapp.safety.disk import part_file, put
from webapp.safety.failpoints import reached
from webapp.server import logs, middleware
from webapp.services import Services
from webapp.settings import Settings, load_settings

TITLE = "guards: what each of them costs"

_PASSWORD = "a long walk in the rain"
_HOST = "127.0.0.1"
_KEY = "benchmark-key"
_ANSWER = json.dumps({"taskId": "1" * 19, "status": "RUNNING", "promptTips": "x" * 1800})
_FILE = bytes(300_000)
_MANY, _FEW = 50, 2

Headers = Mapping[str, str]
Call = Callable[[], Awaitable[None]]


def run(options: Options) -> list[Figure]:
    """Beside each guard, in the same run, what happens without it."""
    rounds = 5 if options.quick else 25
    settings = load_settings(_env_file=None, data_dir=options.folder / "app")
    with Stored(settings.data_dir) as stored:
        stored.add_mission(1000)
    return asyncio.run(_measured(create_app(settings), settings, rounds))


async def _measured(app: Starlette, settings: Settings, rounds: int) -> list[Figure]:
    async with app.router.lifespan_context(app):
        return [
            *await _of_a_request(app, settings, rounds),
            *await asyncio.to_thread(_of_an_item, settings, rounds),
            # The last, for the first account shuts out who has none.
            *await _of_accounts(app, rounds),
        ]


async def _of_a_request(app: Starlette, settings: Settings, rounds: int) -> list[Figure]:
    guards = middleware.stack(settings)
    every: ASGIApp = PlainTextResponse("ok")
    for guard in reversed(guards):
        every = guard.cls(every, *guard.args, **guard.kwargs)
    each = {
        str(getattr(guard.cls, "__name__", guard.cls)): guard.cls(
            PlainTextResponse("ok"), *guard.args, **guard.kwargs
        )
        for guard in guards
    }
    calls = {name: partial(_call, one, app) for name, one in each.items()}
    bare, whole = partial(_call, PlainTextResponse("ok"), app), partial(_call, every, app)
    *each_s, bare_s, whole_s = await _in_turns([*calls.values(), bare, whole], rounds, _MANY)
    (page_s,) = await _in_turns([partial(_call, app, app, "/missions")], rounds, _FEW)
    return [
        *(_us(f"a request: {name}", s - bare_s) for name, s in zip(calls, each_s, strict=True)),
        _us("  all of them, one around the other", whole_s - bare_s),
        Figure("  of the time of the list of missions", (whole_s - bare_s) / page_s * 100, "%"),
    ]


async def _of_accounts(app: Starlette, rounds: int) -> list[Figure]:
    """Who asks is found out with each request; a password is looked at once, at the sign-in."""
    found: Services = app.state.services
    team = found.team
    guard = Identify(PlainTextResponse("ok"))
    bare = partial(_call, PlainTextResponse("ok"), app)
    bare_s, alone_s = await _in_turns([bare, partial(_call, guard, app)], rounds, _MANY)

    def prepare() -> tuple[Headers, Headers, float]:
        team.users.add("ann", Role.ADMIN, _PASSWORD, LOCAL)
        attempt = team.sign_in.count("ann", _HOST)
        team.sign_in.check(attempt, _PASSWORD)  # the first one makes the stand-in for nobody's
        begun = perf_counter()
        ann = team.sign_in.check(attempt, _PASSWORD)
        taken_s = perf_counter() - begun
        session = {"cookie": f"{SESSION_COOKIE}={team.sign_in.start(ann, 'benchmark')}"}
        token = {"authorization": f"Bearer {team.tokens.create(ann, 'benchmark')}"}
        return session, token, taken_s

    session, token, password_s = await asyncio.to_thread(prepare)
    by_session = partial(_call, guard, app, headers=session)
    by_token = partial(_call, guard, app, headers=token)
    session_s, token_s = await _in_turns([by_session, by_token], rounds, _MANY)
    return [
        _us("who asks: without accounts", alone_s - bare_s),
        _us("who asks: by a session", session_s - bare_s),
        _us("who asks: by a token", token_s - bare_s),
        Figure("a password at the sign-in", password_s * 1000, "ms"),
    ]


def _of_an_item(settings: Settings, rounds: int) -> list[Figure]:
    log, quiet = logging.getLogger("webapp.benchmark"), logging.getLogger("benchmark")
    handler = logs.configure(settings, StringIO())
    plain = logging.StreamHandler(StringIO())
    quiet.addHandler(plain)
    quiet.propagate = False
    quiet.setLevel(logging.INFO)
    steps: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "a commit that waits for the disk": (_commit(True), _commit(False)),
        "a file that a power cut cannot take": (
            partial(_keep, settings.uploads, safely=True),
            partial(_keep, settings.uploads, safely=False),
        ),
        "an answer of 1.8 kB without its secrets": (
            partial(hide_secrets, _ANSWER, [_KEY]),
            partial(str, _ANSWER),
        ),
        "an address that must be public": (partial(is_public, "93.184.216.34"), _nothing),
        "a log line without secrets": (
            partial(log.info, "submitted", extra={"mission": 1}),
            partial(quiet.info, "submitted", extra={"mission": 1}),
        ),
        "a fail-point that is off": (partial(reached, "submit.ready"), _nothing),
    }
    figures = []
    for name, pair in steps.items():
        with_s, without_s = _both(pair, rounds)
        figures.append(_us(f"an item: {name}", with_s - without_s))
    quiet.removeHandler(plain)
    handler.close()
    return figures


def _commit(durable: bool) -> Callable[[], None]:
    def commit() -> None:
        with writing(durable=durable):
            Mission.update(description="").where(Mission.id == 1).execute()

    return commit


def _keep(folder: Path, *, safely: bool) -> None:
    with part_file(folder) as (part, file):
        file.write(_FILE)
        final = folder / "benchmark.bin"
        if safely:
            put(part, file, final)
        else:
            file.close()
            part.replace(final)


def _nothing() -> None:
    """What is left without the guard."""


def _both(pair: tuple[Callable[[], object], Callable[[], object]], rounds: int) -> list[float]:
    taken: list[list[float]] = [[], []]
    for _ in range(rounds):
        for step, found in zip(pair, taken, strict=True):
            begun = perf_counter()
            for _ in range(_MANY):
                step()
            found.append((perf_counter() - begun) / _MANY)
    return [median(found) for found in taken]


async def _in_turns(calls: list[Call], rounds: int, times: int) -> list[float]:
    """Seconds that each call takes, the median of the rounds; in turns, so that all meet the same
    machine."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, found in zip(calls, taken, strict=True):
            begun = perf_counter()
            for _ in range(times):
                await call()
            found.append((perf_counter() - begun) / times)
    return [median(found) for found in taken]


async def _call(
    asgi: ASGIApp, app: Starlette, path: str = "/api/queue", headers: Headers | None = None
) -> None:
    """One GET, without a socket. Raises when it is refused: then nothing was measured."""
    given = {"host": _HOST, **(headers or {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": (_HOST, 50_000),
        "server": (_HOST, 80),
        "app": app,
        "state": {},
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(f"{path} was answered with {message['status']}")

    await asgi(scope, receive, send)


def _us(name: str, seconds: float) -> Figure:
    return Figure(name, seconds * 1e6, "µs")
