"""Pictures are taken in a few at a time, in threads that no page waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")

AT_ONCE = 2
_limiter: RunVar[CapacityLimiter] = RunVar("upload_limiter")


async def take_turn(work: Callable[..., T], *args: object) -> T:
    """Run blocking work on uploads. Starlette's own threads are few, and every page needs one:
    two hundred pictures that wait for a decoder would stop them all."""
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(AT_ONCE)
        _limiter.set(limiter)
    return await to_thread.run_sync(work, *args, limiter=limiter)
