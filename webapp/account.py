"""What the settings page shows: which account, what is in force, and whether the key works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from webapp.messages import Message, msg
from webapp.pages.explanations import explain
from webapp.providers.base import AccountStatus, Provider, ProviderError, QueueStatus
from webapp.redaction import without_password
from webapp.settings import Settings

_SHOWN_KEY_CHARACTERS = 4
_FRESH_S = 60
_SECRET_ENOUGH = 12  #: of a shorter key, four characters would tell too much


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and what to do; `raw` is the service's own text."""

    title: Message
    advice: Message
    code: str
    raw: str


@dataclass(frozen=True, slots=True)
class Connection:
    """The answer to “does it work?”. With a problem, what is None was not learnt."""

    milliseconds: int
    queue: QueueStatus | None = None
    account: AccountStatus | None = None
    problem: Problem | None = None
    warnings: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting: its name in the environment, what it is now, what it means."""

    name: str
    value: str
    meaning: Message


class Account:
    """Reads settings and asks the provider. `provider` should answer or give up within seconds:
    a person waits."""

    def __init__(
        self,
        settings: Settings,
        provider: Provider,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._monotonic = monotonic
        self._asking = threading.Lock()
        self._newest: tuple[float, Connection] | None = None

    @property
    def key_end(self) -> str:
        """The last characters of the key, to tell two keys apart; empty without a key."""
        key = self._settings.runninghub_api_key.get_secret_value().strip()
        return key[-_SHOWN_KEY_CHARACTERS:] if len(key) >= _SECRET_ENOUGH else ""

    def records_url(self, remote_task_id: str | None = None) -> str | None:
        """RunningHub's page of all calls, or of one; None for the demo, which has none."""
        if self._settings.simulated:
            return None
        parts = urlsplit(self._settings.runninghub_base_url)
        page = f"{parts.scheme}://{parts.netloc}/call-api/call-record"
        return f"{page}-detail/{remote_task_id}" if remote_task_id else page

    def latest(self) -> Connection:
        """The newest answer when it is less than a minute old; else like `test`."""
        with self._asking:  # of many open pages one asks
            if self._newest is not None and self._monotonic() - self._newest[0] < _FRESH_S:
                return self._newest[1]
            return self.test()

    def test(self) -> Connection:
        """Ask the service two free questions. Blocks for seconds; never raises for its answers."""
        started = self._monotonic()
        queue: QueueStatus | None = None
        account: AccountStatus | None = None
        problem: Problem | None = None
        try:
            queue = self._provider.queue_status()
            account = self._provider.account()
        except ProviderError as error:
            problem = self._problem(error)
        ended = self._monotonic()
        answer = Connection(
            milliseconds=round((ended - started) * 1000),
            queue=queue,
            account=account,
            problem=problem,
            warnings=self._warnings(queue, account),
        )
        self._newest = (ended, answer)
        return answer

    def obstacle(self, code: str) -> Problem | None:
        """What still stands in the way after a refusal with this code, None when the service answers
        and there is money. Asks like `test`."""
        answer = self.test()
        account = answer.account
        if answer.problem is not None or account is None:
            return answer.problem
        if account.balance is not None and account.balance <= 0 and not _has_coins(account):
            return Problem(msg("The balance is still used up"), _TOP_UP, code, "")
        if code == _WRONG_KIND and account.api_type == "NORMAL":
            told = explain("account", code)
            return Problem(told.title, told.advice, code, "")
        return None

    def in_force(self) -> tuple[SettingLine, ...]:
        """All settings but the secrets, in the order of README."""
        return tuple(
            SettingLine(name.upper(), self._shown(name), meaning)
            for name, meaning in MEANINGS.items()
        )

    def _shown(self, name: str) -> str:
        named = {"database_url": self._settings.database, "upload_dir": self._settings.uploads}
        value = named.get(name, getattr(self._settings, name))
        # PUBLIC_URL may carry a password, so that RunningHub passes a proxy that asks.
        return without_password(f"{value:g}" if isinstance(value, float) else str(value))

    def _problem(self, error: ProviderError) -> Problem:
        host = urlsplit(self._settings.runninghub_base_url).hostname or ""
        known = _REACHING.get(error.code) or _ANSWERS.get(error.code)
        if known is None:
            words = explain(error.cause, error.code)
            known = words.title, words.advice
        title, advice = known
        return Problem(_with_host(title, host), _with_host(advice, host), error.code, error.raw)

    def _warnings(
        self, queue: QueueStatus | None, account: AccountStatus | None
    ) -> tuple[Message, ...]:
        warnings: list[Message] = []
        wanted = self._settings.max_concurrent_api_tasks
        if queue is not None and queue.limit is not None and queue.limit < wanted:
            warnings.append(
                msg(
                    "This account runs %(limit)s at a time. MAX_CONCURRENT_API_TASKS is %(wanted)s; "
                    "the rest waits its turn.",
                    limit=queue.limit,
                    wanted=wanted,
                )
            )
        if account is not None and account.api_type == "NORMAL" and not self._settings.simulated:
            warnings.append(
                msg(
                    "This is a personal key. RunningHub offers these models to Enterprise-Shared "
                    "keys only."
                )
            )
        if account is not None and account.balance is not None and account.balance <= 0:
            warnings.append(msg("The balance is used up. Top it up before you start a mission."))
        return tuple(warnings)


MEANINGS: dict[str, Message] = {
    "runninghub_base_url": msg(
        "The service’s address: runninghub.cn or runninghub.ai, as your key"
    ),
    "data_dir": msg("Where everything is kept"),
    "database_url": msg("The database"),
    "upload_dir": msg("Reference images, results and previews"),
    "host": msg("The address on which this program listens"),
    "port": msg("The port on which this program listens"),
    "public_url": msg("How RunningHub reaches this program; turns on notices from there"),
    "allowed_hosts": msg("Other names under which this program may be called"),
    "max_concurrent_api_tasks": msg("Generations at a time"),
    "max_concurrent_app_tasks": msg("App runs at a time"),
    "submit_concurrency": msg("Submissions on their way at a time"),
    "poll_interval": msg(
        "The longest pause between two questions about a task whose end is near, in seconds"
    ),
    "request_timeout": msg("How long we wait for an answer, in seconds"),
    "max_task_seconds": msg("When a generation counts as lost, in seconds"),
    "max_upload_mb": msg("The largest reference image, in MB"),
    "log_level": msg("How much is written to the log"),
    "log_format": msg("The log’s lines: text or JSON"),
    "default_locale": msg("The language of the terminal, and for browsers that ask for neither"),
    "simulator_speed": msg("How many times faster than life the demo is"),
}
"""Every setting that is no secret. A test holds that none is forgotten."""

SECRETS = frozenset({"runninghub_api_key", "secret_key"})

_CHECK_ADDRESS = msg("Check the internet connection and RUNNINGHUB_BASE_URL.")
_SLOW = msg("The service answers slowly or the network loses packets. Try again in a minute.")

_REACHING: dict[str, tuple[Message, Message]] = {
    "dns_failed": (msg("The name %(host)s cannot be found"), _CHECK_ADDRESS),
    "connection_refused": (msg("%(host)s does not accept connections"), _CHECK_ADDRESS),
    "tls_failed": (
        msg("No secure connection to %(host)s could be made"),
        msg("Check this machine’s clock, and that no firewall decrypts secure connections."),
    ),
    "not_sent": (msg("%(host)s cannot be reached"), _CHECK_ADDRESS),
    "connect_timeout": (msg("%(host)s does not answer"), _CHECK_ADDRESS),
    "read_timeout": (msg("%(host)s took too long to answer"), _SLOW),
    "connection_lost": (msg("The connection to %(host)s broke"), _SLOW),
}

_NEW_KEY = msg("Copy the key again from RunningHub’s API console, put it into .env, and restart.")
_SITE = msg(
    "Copy the key again. A key of runninghub.ai works only with "
    "RUNNINGHUB_BASE_URL=https://www.runninghub.ai."
)
_WRONG_KIND = "1014"
_TOP_UP = msg("Top up the RunningHub account, then test again.")

_ANSWERS: dict[str, tuple[Message, Message]] = {
    **{
        code: (msg("RunningHub does not accept the API key"), _SITE)
        for code in ("-1", "401", "1002", "http_401", "http_403")
    },
    "802": (msg("The API key is switched off or expired"), _NEW_KEY),
    "806": (msg("The owner of the API key is unknown"), _NEW_KEY),
    "811": (msg("The company API key is not valid"), _NEW_KEY),
    "414": (msg("RunningHub credit is used up"), _TOP_UP),
    "416": (msg("The RunningHub wallet is empty"), _TOP_UP),
    "605": (msg("The RunningHub balance is too low"), _TOP_UP),
    "812": (msg("The company’s RunningHub balance is empty"), _TOP_UP),
}


def _has_coins(account: AccountStatus) -> bool:
    return (account.coins or "0").strip("0.") != ""


def _with_host(message: Message, host: str) -> Message:
    return Message(message.text, {"host": host}) if "%(host)s" in message.text else message
