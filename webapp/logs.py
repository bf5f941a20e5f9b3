"""Logging: one line per event on stderr, with the request's id, and never with a secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from webapp.redaction import hide_secrets
from webapp.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that is being answered; thread pools of the web server inherit it."""

_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
_NAME = "webapp"


class SafeFormatter(logging.Formatter):
    """Hides secrets, also inside tracebacks. Line breaks in a message are escaped: nobody can write
    a second log line through a prompt."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__(_FORMAT)
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = request_id.get()
        return hide_secrets(super().format(record), self._secrets)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)


def configure(settings: Settings, stream: TextIO | None = None) -> logging.Handler:
    """Send every logger to one handler. Libraries speak from WARNING on, we from LOG_LEVEL on.

    May be called again: it replaces its own handler and leaves others alone.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(SafeFormatter(_secrets(settings)))
    handler.set_name(_NAME)
    root = logging.getLogger()
    for old in [one for one in root.handlers if one.get_name() == _NAME]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("webapp").setLevel(settings.log_level.upper())
    return handler


def _secrets(settings: Settings) -> tuple[str, ...]:
    return (
        settings.runninghub_api_key.get_secret_value().strip(),
        settings.secret_key.get_secret_value().strip(),
    )
