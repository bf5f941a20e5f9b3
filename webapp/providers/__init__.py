"""The services behind: one protocol, one adapter each, found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from webapp.providers.base import Provider, ProviderConfig
from webapp.providers.runninghub import RunningHub
from webapp.providers.simulated import Simulated

__all__ = ["PROVIDERS", "Provider", "ProviderConfig", "make_provider"]

PROVIDERS: Mapping[str, Callable[[ProviderConfig], Provider]] = {
    adapter.name: adapter for adapter in (RunningHub, Simulated)
}
"""Adapters by the name that missions, attempts and uploads are stored under."""


def make_provider(name: str, config: ProviderConfig) -> Provider:
    """The adapter called `name`; KeyError when there is none. Opens no connection yet."""
    return PROVIDERS[name](config)
