"""What a simulated RunningHub can be told before and while it runs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from webapp.simulator.clock import wall_clock


class KeyKind(StrEnum):
    """What a key is allowed to do (protocol.md §1.1, §6)."""

    ENTERPRISE = "enterprise-shared"  #: may call the standard models
    CONSUMER = "consumer"  #: 1014 on models, everything else works
    FREE = "free"  #: 801 everywhere
    DISABLED = "disabled"  #: 802 everywhere
    INVALID = "invalid"  #: 1002 on models, "ApiKey verification failed" elsewhere
    WRONG_SITE = "wrong-site"  #: "ApiKey verification failed" everywhere: made at the other site
    UNVERIFIED = "unverified"  #: HTTP 401 everywhere, as seen now and then with good keys


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """All settings; every one has a default, so tests name only what they are about."""

    host: str = "127.0.0.1"
    port: int = 0  #: 0 takes a free port
    speed: float = 1.0  #: divides every duration and every webhook retry pause
    key: str | None = None  #: the one good key; None: every key not named in `keys` is good
    keys: Mapping[str, KeyKind] = field(default_factory=dict)
    concurrency: int = 50  #: queued and running tasks per key, above it 421
    balance: Decimal = Decimal("1000")  #: CNY, for each key
    balance_code: str = "605"  #: the refusal when money is short: 605, 416 or 812
    charge_failed: bool = False  #: keep the money of a task that ends FAILED or CANCEL
    durations: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    link_hours: float = 24.0  #: life of result and upload links
    expired_status: int = 403  #: what an expired link answers, 403 or 404
    upload_limit_mb: float = 100.0
    image_format: str = "png"  #: png or jpg
    plain_results: bool = False  #: one small ready file for every result, for benchmarks
    cache_mb: int = 32  #: rendered results kept in memory
    seed: int | None = None  #: makes durations repeatable
    clock: Callable[[], float] = wall_clock  #: a test can hand in one that it moves itself
    #: remembers tasks, uploads and the port over a restart; None: everything is in memory
    state_dir: Path | None = None


def changed(config: SimulatorConfig, changes: Mapping[str, Any]) -> SimulatorConfig:
    """`config` with what `POST /_sim/config` and `Simulator.configure` may change while it runs.

    ValueError, TypeError, KeyError or AttributeError for what makes no sense.
    """
    unknown = set(changes) - set(_LIVE)
    if unknown:
        raise ValueError(f"cannot change {', '.join(sorted(map(str, unknown)))}")
    return replace(config, **{name: _LIVE[name](value) for name, value in changes.items()})


def _amount(value: Any) -> float:
    number = float(value)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{value} is no amount")
    return number


def _speed(value: Any) -> float:
    number = _amount(value)
    if not number:
        raise ValueError("nothing would ever end at speed 0")
    return number


def _count(value: Any) -> int:
    return int(_amount(value))


def _status(value: Any) -> int:
    if value not in (403, 404):
        raise ValueError("an expired link answers 403 or 404")
    return int(value)


def _money(value: Any) -> Decimal:
    _amount(value)
    return Decimal(str(value))


def _keys(value: Any) -> dict[str, KeyKind]:
    return {str(key): KeyKind(kind) for key, kind in value.items()}


def _durations(value: Any) -> dict[str, tuple[float, float]]:
    return {str(name): (_amount(low), _amount(high)) for name, (low, high) in value.items()}


def _format(value: Any) -> str:
    if value not in ("png", "jpg"):
        raise ValueError("image_format is png or jpg")
    return str(value)


_LIVE: Mapping[str, Callable[[Any], Any]] = {
    "speed": _speed,
    "key": lambda value: None if value is None else str(value),
    "keys": _keys,
    "concurrency": _count,
    "balance": _money,
    "balance_code": str,
    "charge_failed": bool,
    "durations": _durations,
    "link_hours": _amount,
    "expired_status": _status,
    "upload_limit_mb": _amount,
    "image_format": _format,
    "plain_results": bool,
}
