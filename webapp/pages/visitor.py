"""Who looks: the language, the theme and the time zone that a request asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
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


class MachineZone(tzinfo):
    """The machine's own time zone. Asks the system for each date: summer time has its own offset."""

    def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
        return self._on(moment).utcoffset()

    def tzname(self, moment: datetime | None, /) -> str | None:
        return self._on(moment).tzname()

    def dst(self, moment: datetime | None, /) -> timedelta | None:
        return None  # the system does not tell

    def fromutc(self, moment: datetime, /) -> datetime:
        local = moment.replace(tzinfo=UTC).astimezone()
        naive = local.replace(tzinfo=None)
        # The hour that comes twice when summer time ends: the second time has fold 1.
        return naive.replace(fold=naive.astimezone() != local, tzinfo=self)

    def _on(self, moment: datetime | None) -> datetime:
        return (moment or datetime.now()).replace(tzinfo=None).astimezone()


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
    return MachineZone()


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def client_name(user_agent: str) -> str:
    """A browser in two words, as in “Firefox · Windows”, so that its owner knows it again; of a program
    its own first word."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser:
        return f"{browser} · {system}" if system else browser
    return "".join(sign for sign in user_agent[:60] if sign.isprintable()).split(" ")[0]
