"""The real client, made small and quick for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.helpers.canary import KEY
from webapp.clock import FakeClock
from webapp.providers import ProviderConfig, make_provider
from webapp.providers.base import ErrorClass, Provider, ProviderError, Submission

PATH = "rhart-image-v1/text-to-image"
PAYLOAD = {"prompt": "a cat", "aspectRatio": "3:4"}


class Waits:
    """A `wait` that only notes how long it should have waited."""

    def __init__(self, *, stopping: bool = False) -> None:
        self.pauses: list[float] = []
        self._stopping = stopping

    def __call__(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        return self._stopping


@contextmanager
def client(
    url: str, *, timeout_s: float = 5.0, wait: Waits | None = None, key: str = KEY
) -> Iterator[Provider]:
    """A RunningHub provider that never sleeps."""
    provider = make_provider(
        "runninghub",
        ProviderConfig(url, key, timeout_s, wait=wait or Waits(), clock=FakeClock()),
    )
    try:
        yield provider
    finally:
        provider.close()


def submit(provider: Provider) -> Submission:
    """One submit of the usual payload."""
    return provider.submit(PATH, PAYLOAD, webhook_url=None)


def submit_error(url: str, *, timeout_s: float = 5.0) -> ProviderError:
    """The error of one submit, which must not carry the key."""
    with client(url, timeout_s=timeout_s) as provider, pytest.raises(ProviderError) as caught:
        submit(provider)
    assert KEY not in caught.value.raw + str(caught.value) + repr(caught.value)
    return caught.value


def described(error: ProviderError) -> tuple[ErrorClass, str]:
    """Class and code, to compare in one go."""
    return error.error_class, error.code
