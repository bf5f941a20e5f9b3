"""`webapp check`: is everything in place to make something? Costs nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from webapp.account import Account, Connection
from webapp.backups.inspection import Finding, local_findings
from webapp.messages import Message, msg
from webapp.pages.explanations import explain
from webapp.providers import make_provider
from webapp.providers.base import AccountStatus, ErrorClass, Provider, ProviderConfig, ProviderError
from webapp.providers.runninghub import RunningHub
from webapp.settings import Settings
from webapp.simulator import Simulator

_NOBODYS_TASK = "1000000000000000001"


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at one thing after another. Blocks on the network; never submits anything.

    Without a key the built-in simulator is asked instead of RunningHub.
    """
    yield from local_findings(settings)
    with _provider(settings) as provider:
        connection = Account(settings, provider).test()
        yield _key(settings, connection)
        if connection.account is not None:  # else each of the rest would say the same again
            yield _account(settings, connection.account)
            yield _asked(msg("Upload"), lambda: _upload(provider))
            yield _asked(msg("Question"), lambda: _question(provider))


def _key(settings: Settings, connection: Connection) -> Finding:
    name, queue = msg("Key"), connection.queue
    if connection.problem is not None:
        problem = connection.problem
        said = msg("%(title)s (%(code)s).", title=problem.title, code=problem.code)
        return Finding(name, said, problem.advice)
    if settings.simulated:
        said = msg("None: the built-in simulator stands in, and nothing is billed.")
        return Finding(name, said)
    return Finding(
        name,
        msg(
            "RunningHub accepts it (%(kind)s, %(limit)s tasks at a time).",
            kind=queue.key_type if queue else "?",
            limit=queue.limit if queue and queue.limit is not None else "?",
        ),
    )


def _account(settings: Settings, account: AccountStatus) -> Finding:
    name = msg("Account")
    if account.balance is None:
        return Finding(name, msg("RunningHub names no balance."))
    balance, currency = account.balance, account.currency or ""
    said = msg("Balance %(balance)s %(currency)s.", balance=balance, currency=currency)
    if balance <= 0:
        return Finding(name, said, msg("Top up the RunningHub account."))
    if account.api_type == "NORMAL" and not settings.simulated:
        return Finding(
            name,
            msg("This is a personal key."),
            msg("Get an Enterprise-Shared key: RunningHub offers these models to no other."),
        )
    return Finding(name, said)


def _upload(provider: Provider) -> Message:
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "check.png"
        Image.new("RGB", (64, 64), "white").save(picture)
        provider.upload(picture, picture.name, "image/png")
    return msg("A small test image was taken.")


def _question(provider: Provider) -> Message:
    try:
        provider.query(_NOBODYS_TASK)
    except ProviderError as error:
        if error.error_class is not ErrorClass.LOST:
            raise
    return msg("RunningHub answers questions about tasks.")


def _asked(name: Message, look: Callable[[], Message]) -> Finding:
    try:
        return Finding(name, look())
    except ProviderError as error:
        told = explain(error.error_class.value, error.code)
        said = msg("%(title)s (%(code)s).", title=told.title, code=error.code)
        return Finding(name, said, told.advice)


@contextmanager
def _provider(settings: Settings) -> Iterator[Provider]:
    if settings.simulated:
        with Simulator() as simulator, _connected(settings, simulator.url, "simulator") as made:
            yield made
    else:
        key = settings.runninghub_api_key.get_secret_value()
        with _connected(settings, settings.runninghub_base_url, key) as made:
            yield made


@contextmanager
def _connected(settings: Settings, base_url: str, key: str) -> Iterator[Provider]:
    config = ProviderConfig(base_url, key, request_timeout_s=settings.request_timeout)
    provider = make_provider(RunningHub.name, config)
    try:
        yield provider
    finally:
        provider.close()
