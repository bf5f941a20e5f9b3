"""Uploads to a service that takes them slowly, or says nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.waiting import wait_until
from tests.providers.clients import client
from tests.providers.rawserver import Connection, RawServer
from webapp.clock import FakeClock
from webapp.providers.base import ErrorClass, Provider, ProviderError
from webapp.providers.http import HttpClient

MORE_THAN_A_SOCKET_HOLDS = 32 * 1024 * 1024


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(b"picture" * 50_000)
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(MORE_THAN_A_SOCKET_HOLDS)
    return path


class Endless:
    """A body of one byte, as it says, that never ends."""

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(), b"")

    def read(self, size: int = -1, /) -> bytes:
        return b"x" * 1024


class Upload(threading.Thread):
    """An upload in a thread, and the error that it ends with."""

    def __init__(self, provider: Provider, path: Path) -> None:
        super().__init__()
        self._provider = provider
        self._path = path
        self.code = ""
        self.start()

    def run(self) -> None:
        try:
            self._provider.upload(self._path, "a.png", "image/png")
        except ProviderError as error:
            self.code = error.code

    def ended_with(self) -> str:
        self.join(6)  # less than a single piece may take
        assert not self.is_alive()
        return self.code


def take_all_and_say_nothing(connection: Connection) -> None:
    if connection.read_request():
        connection.hold()


def test_sending_ends_with_the_deadline_however_willing_the_receiver_is() -> None:
    """Each piece is taken at once; before, only reading was bounded as a whole."""
    http = HttpClient(request_timeout_s=0.2, connections=1, clock=FakeClock())
    with RawServer(Connection.hold) as server, pytest.raises(ProviderError) as caught:
        http.upload(f"{server.url}/upload", {}, Endless())
    http.close()
    assert (caught.value.error_class, caught.value.code) == (ErrorClass.TRANSIENT, "read_timeout")


def test_an_answer_is_waited_for_no_longer_than_any_other(picture: Path) -> None:
    """Of a file whose sending may take half a minute. It is not sent four times, either."""
    with (
        RawServer(take_all_and_say_nothing) as server,
        client(server.url, timeout_s=0.2) as provider,
    ):
        assert Upload(provider, picture).ended_with() == "read_timeout"
        assert server.connections == len(server.requests) == 1


def test_a_stop_breaks_off_an_upload_that_nobody_takes(large: Path) -> None:
    with RawServer(Connection.hold_unread) as server, client(server.url, timeout_s=300) as provider:
        upload = Upload(provider, large)
        wait_until(server.begun.is_set)
        provider.stop_uploads()
        assert upload.ended_with() == "broken_off"
        assert server.connections == 1


def test_a_stop_breaks_off_the_wait_for_an_answer_and_begins_nothing(picture: Path) -> None:
    with (
        RawServer(take_all_and_say_nothing) as server,
        client(server.url, timeout_s=300) as provider,
    ):
        upload = Upload(provider, picture)
        wait_until(lambda: len(server.requests) == 1)
        provider.stop_uploads()
        assert upload.ended_with() == "broken_off"
        assert Upload(provider, picture).ended_with() == "broken_off"
        assert len(server.requests) == 1
