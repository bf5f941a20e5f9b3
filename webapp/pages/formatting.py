"""Numbers, money and times as people read them, in either language."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal

from webapp.i18n import LOCALES
from webapp.messages import Message, msg, nmsg

_DAY = timedelta(days=1)
_SYMBOLS = {"CNY": "¥"}


def number(value: float, language: str) -> str:
    """1,234 and 9.4: at most one decimal."""
    return format_decimal(round(value, 1), locale=LOCALES[language])


def money(amount: Decimal, currency: str, language: str) -> str:
    """¥12.80; up to four decimals where a price is smaller than a cent."""
    symbol = _SYMBOLS.get(currency)
    if symbol is None:
        return format_currency(
            amount, currency, "¤#,##0.00##", locale=LOCALES[language], currency_digits=False
        )
    return symbol + format_decimal(amount, format="#,##0.00##", locale=LOCALES[language])


def file_size(size: int, language: str) -> str:
    """4.2 MB, in steps of 1000 as file managers count."""
    value, unit = float(size), "B"
    for bigger in ("KB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, bigger
    return f"{format_decimal(round(value, 1), locale=LOCALES[language])} {unit}"


def duration(seconds: float) -> Message:
    """How long something took: 42 s, 3 min 20 s, 2 h 5 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return msg("%(seconds)s s", seconds=whole)
    if whole < 3600:
        return msg("%(minutes)s min %(seconds)s s", minutes=whole // 60, seconds=whole % 60)
    return msg("%(hours)s h %(minutes)s min", hours=whole // 3600, minutes=whole % 3600 // 60)


def about(seconds: float) -> Message:
    """How long something will take, no finer than we can know."""
    if seconds < 50:
        return msg("less than a minute")
    minutes = round(seconds / 60)
    if minutes < 90:
        return nmsg("about %(count)s minute", "about %(count)s minutes", max(1, minutes))
    return nmsg("about %(count)s hour", "about %(count)s hours", round(minutes / 60))


def clip_length(seconds: float) -> str:
    """0:05, the length of a video."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def moment(value: datetime, zone: tzinfo) -> str:
    """`2026-11-22 14:05` in both languages: aligned and unambiguous."""
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def full_moment(value: datetime, zone: tzinfo, language: str) -> str:
    """To the second and with the zone, for a tooltip."""
    local = value.astimezone(zone)
    return format_datetime(local, "yyyy-MM-dd HH:mm:ss zzzz", locale=LOCALES[language])


def ago(value: datetime, now: datetime, zone: tzinfo, language: str) -> str | None:
    """`7 minutes ago` within a day, None for what is older or less than a minute away."""
    apart = now - value
    if abs(apart) >= _DAY or abs(apart) < timedelta(minutes=1):
        return None
    return format_timedelta(-apart, add_direction=True, locale=LOCALES[language])
