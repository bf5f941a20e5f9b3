"""Logging: one line per event on stderr, as text or JSON, with the request's id, the person and what
the event is about, and never with a secret."""

from __future__ import annotations

import json
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

person: ContextVar[str] = ContextVar("person", default="")
"""Who asked for what is being done; empty for what the program does by itself."""

ABOUT = ("mission", "item", "attempt", "remote_task", "result")
"""What a line may be about, in `extra`: numbers of ours, and the provider's id of a task."""

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
        record.message = _one_line(record.message)
        about = "".join(f" {name}={_one_line(str(value))}" for name, value in _about(record))
        return super().formatMessage(record) + about


class JsonFormatter(SafeFormatter):
    """Each line is one JSON object; a traceback is one of its values."""

    def format(self, record: logging.LogRecord) -> str:
        made: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (request := request_id.get()) != "-":
            made["request_id"] = request
        made |= dict(_about(record))
        if record.exc_info:
            made["error"] = self.formatException(record.exc_info)
        safe = {name: self._hidden(value) for name, value in made.items()}
        return json.dumps(safe, ensure_ascii=False, default=str)

    def _hidden(self, value: object) -> object:
        # Before it is JSON: escaping could hide a secret from whoever looks for it.
        return hide_secrets(value, self._secrets) if isinstance(value, str) else value


def configure(settings: Settings, stream: TextIO | None = None) -> logging.Handler:
    """Send every logger to one handler. Libraries speak from WARNING on, we from LOG_LEVEL on.

    May be called again: it replaces its own handler and leaves others alone.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    formatter = JsonFormatter if settings.log_format == "json" else SafeFormatter
    handler.setFormatter(formatter(_secrets(settings)))
    handler.set_name(_NAME)
    root = logging.getLogger()
    for old in [one for one in root.handlers if one.get_name() == _NAME]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("webapp").setLevel(settings.log_level.upper())
    return handler


def _about(record: logging.LogRecord) -> list[tuple[str, object]]:
    found = [(name, getattr(record, name, None)) for name in ABOUT]
    return [(name, value) for name, value in [*found, ("person", person.get())] if value]


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n")


def _secrets(settings: Settings) -> tuple[str, ...]:
    return (
        settings.runninghub_api_key.get_secret_value().strip(),
        settings.secret_key.get_secret_value().strip(),
    )
