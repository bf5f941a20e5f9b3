"""Passwords are checked two at a time, in threads that no page waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

from webapp.accounts.passwords import AT_ONCE

T = TypeVar("T")

_limiter: RunVar[CapacityLimiter] = RunVar("password_limiter")


async def take_turn(work: Callable[..., T], *args: object) -> T:
    """Run blocking work that hashes a password. Who waits for a turn holds no thread: Starlette's own
    are few, and every page needs one."""
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(AT_ONCE)
        _limiter.set(limiter)
    return await to_thread.run_sync(work, *args, limiter=limiter)
