"""Who looks: the language, the theme and the time zone that a request asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from starlette.requests import HTTPConnection

from webapp.i18n import LANGUAGES, negotiate

LANGUAGE_COOKIE = "lang"
THEME_COOKIE = "theme"
ZONE_COOKIE = "tz"
THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a page needs to know about the person in front of it."""

    language: str
    theme: str
    zone: tzinfo


def visitor_of(connection: HTTPConnection) -> Visitor:
    """Read the cookies and headers of a request."""
    theme = connection.cookies.get(THEME_COOKIE, "auto")
    return Visitor(
        language=language_of(connection),
        theme=theme if theme in THEMES else "auto",
        zone=find_zone(connection.cookies.get(ZONE_COOKIE, "")),
    )


def language_of(connection: HTTPConnection) -> str:
    """`en` or `zh`: the cookie, else what the browser asks for, else the setting."""
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    default: str = connection.app.state.services.settings.default_locale
    return negotiate(connection.headers.get("accept-language", ""), default)


@lru_cache(maxsize=200)
def find_zone(name: str) -> tzinfo:
    """The named zone; the machine's own when the name is unknown."""
    if name and len(name) < 60 and not name.startswith("/"):
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
    return datetime.now().astimezone().tzinfo or UTC
