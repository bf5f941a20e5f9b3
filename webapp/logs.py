"""Logging: one line per event on stderr, with the request's id, and never with a secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from webapp.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that is being answered; thread pools of the web server inherit it."""

_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
_MIN_SECRET = 6  # a shorter "secret" would turn ordinary words into stars
_STARS = "***"

# What gives a secret away by its place, for those that we do not know by heart: another key in a
# provider's answer, the signature of a result's link.
_PLACES = re.compile(
    r"""(?ix)
    (  bearer\s+
     | \b(?:api_?-?key|access_?key|secret|signature|token|password)\b ["']? \s* [=:] \s* ["']?
     | [?&][a-z0-9_-]*(?:sign|signature|key|token|credential)[a-z0-9_-]*=
    )
    [^\s"'&,}]{6,}
    """
)


class RedactingFormatter(logging.Formatter):
    """Replaces the given secrets, and what looks like one, also inside tracebacks.

    Line breaks in a message are escaped: nobody can write a second log line through a prompt.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__(_FORMAT)
        self._secrets = tuple(secret for secret in secrets if len(secret) >= _MIN_SECRET)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = request_id.get()
        return redact(super().format(record), self._secrets)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with stars in place of secrets."""
    for secret in secrets:
        text = text.replace(secret, _STARS)
    return _PLACES.sub(lambda match: match[1] + _STARS, text)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """What must never be written down."""
    return (
        settings.runninghub_api_key.get_secret_value().strip(),
        settings.secret_key.get_secret_value().strip(),
    )


def configure(settings: Settings, stream: TextIO | None = None) -> logging.Handler:
    """Send every logger to one handler. Libraries speak from WARNING on, we from LOG_LEVEL on.

    May be called again: it replaces its own handler and leaves others alone.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(RedactingFormatter(secrets_of(settings)))
    handler.set_name("webapp")
    root = logging.getLogger()
    for old in [one for one in root.handlers if one.get_name() == "webapp"]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("webapp").setLevel(settings.log_level.upper())
    return handler
