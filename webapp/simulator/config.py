"""What a simulated RunningHub can be told before and while it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from webapp.simulator.clock import wall_clock


class KeyKind(StrEnum):
    """What a key is allowed to do (protocol.md §1.1, §6)."""

    ENTERPRISE = "enterprise-shared"  #: may call the standard models
    CONSUMER = "consumer"  #: 1014 on models, everything else works
    FREE = "free"  #: 801 everywhere
    DISABLED = "disabled"  #: 802 everywhere
    INVALID = "invalid"  #: 1002 on models, "ApiKey verification failed" elsewhere
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


#: What `POST /_sim/config` and `Simulator.configure` may change while it runs.
LIVE_SETTINGS = frozenset(
    {
        "speed",
        "key",
        "keys",
        "concurrency",
        "balance",
        "balance_code",
        "charge_failed",
        "durations",
        "link_hours",
        "expired_status",
        "upload_limit_mb",
        "image_format",
        "plain_results",
    }
)
