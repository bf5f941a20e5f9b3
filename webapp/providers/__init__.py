"""The services behind: one protocol, one adapter each, found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from webapp.providers.base import Provider, ProviderConfig
from webapp.providers.runninghub import RunningHub

__all__ = ["PROVIDERS", "Provider", "ProviderConfig", "make_provider"]

PROVIDERS: Mapping[str, Callable[[ProviderConfig], Provider]] = {RunningHub.name: RunningHub}
"""Adapters by the name that attempts and uploads are stored under."""


def make_provider(name: str, config: ProviderConfig) -> Provider:
    """The adapter called `name`; KeyError when there is none. Opens no connection yet."""
    return PROVIDERS[name](config)
