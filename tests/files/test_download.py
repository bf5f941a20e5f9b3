"""Fetching a file from an address that somebody else chose (reliability.md §5 row 14)."""

from __future__ import annotations

import gzip
import hashlib
import io
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.providers.rawserver import Connection, Handler, RawServer, answering, http_answer
from webapp.files.download import (
    Downloader,
    DownloadError,
    Fetched,
    Limits,
    Stopped,
    Trouble,
)

BODY = bytes(range(256)) * 2000
BLOCKED = (Trouble.ADDRESS, "blocked_address")
SMALL = Limits(max_bytes=1_000_000, total_s=1, idle_s=0.3, connect_s=1)


class Fetch:
    """Downloads to a file in a folder of its own. Servers of `own_urls` are the provider's."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "file.part"
        self.own_urls: list[str] = []

    def __call__(
        self, url: str, limits: Limits = SMALL, stopped: Callable[[], bool] = lambda: False
    ) -> Fetched:
        downloader = Downloader(limits, own_urls=self.own_urls)
        try:
            with self.path.open("wb") as file:
                return downloader.fetch(url, self.path, file, stopped)
        finally:
            downloader.close()

    def fails(self, url: str, limits: Limits = SMALL) -> tuple[Trouble, str]:
        with pytest.raises(DownloadError) as caught:
            self(url, limits)
        assert "http" not in caught.value.detail
        return caught.value.trouble, caught.value.code


@pytest.fixture
def fetch(tmp_path: Path) -> Fetch:
    return Fetch(tmp_path)


@pytest.fixture
def serve(fetch: Fetch) -> Iterator[Callable[[Handler], RawServer]]:
    """Start a server, which is the provider's own."""
    started: list[RawServer] = []

    def start(handler: Handler) -> RawServer:
        started.append(RawServer(handler).__enter__())
        fetch.own_urls.append(started[-1].url)
        return started[-1]

    yield start
    for server in started:
        server.__exit__(None, None, None)


Serve = Callable[[Handler], RawServer]


def redirect(to: str, status: int = 302) -> bytes:
    return http_answer(status=status, headers=f"Location: {to}\r\n")


def test_a_whole_file_arrives_with_its_hash(fetch: Fetch, serve: Serve) -> None:
    server = serve(answering(http_answer(BODY)))

    got = fetch(f"{server.url}/a.png?signature=secret")

    assert got == Fetched(len(BODY), hashlib.sha256(BODY).hexdigest(), BODY[:4096])
    assert fetch.path.read_bytes() == BODY
    assert b"\r\nAccept-Encoding: identity\r\n" in server.requests[0]


def test_no_key_and_no_cookie_leaves_with_it(fetch: Fetch, serve: Serve) -> None:
    server = serve(answering(http_answer(BODY, headers="Set-Cookie: a=b\r\n")))

    fetch(server.url)
    fetch(server.url)

    assert not any(b"uthorization" in one or b"ookie" in one for one in server.requests)


def test_chunks_are_joined(fetch: Fetch, serve: Serve) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:10], BODY[10:]))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server = serve(answering(head + chunks + b"0\r\n\r\n"))

    fetch(server.url)

    assert fetch.path.read_bytes() == BODY


def test_a_body_that_is_packed_all_the_same_is_unpacked(fetch: Fetch, serve: Serve) -> None:
    server = serve(
        answering(http_answer(gzip.compress(BODY), headers="Content-Encoding: gzip\r\n"))
    )

    assert fetch(server.url).size == len(BODY)


def test_a_packed_bomb_stops_at_the_cap(fetch: Fetch, serve: Serve) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    server = serve(answering(http_answer(bomb, headers="Content-Encoding: gzip\r\n")))

    assert fetch.fails(server.url) == (Trouble.SIZE, "too_large")
    assert fetch.path.stat().st_size <= SMALL.max_bytes


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (403, Trouble.GONE),
        (404, Trouble.GONE),
        (410, Trouble.GONE),
        (429, Trouble.NETWORK),
        (500, Trouble.NETWORK),
        (503, Trouble.NETWORK),
        (204, Trouble.NETWORK),
        (206, Trouble.NETWORK),
    ],
)
def test_only_200_is_a_file(fetch: Fetch, serve: Serve, status: int, trouble: Trouble) -> None:
    server = serve(answering(http_answer(b"not the file", status=status)))

    assert fetch.fails(server.url) == (trouble, f"http_{status}")
    assert fetch.path.stat().st_size == 0


def test_a_length_beyond_the_cap_is_believed_at_once(fetch: Fetch, serve: Serve) -> None:
    def handle(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
        connection.hold()

    assert fetch.fails(serve(handle).url) == (Trouble.SIZE, "too_large")


def test_an_endless_stream_stops_at_the_cap(fetch: Fetch, serve: Serve) -> None:
    def handle(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.send(bytes(65536))

    assert fetch.fails(serve(handle).url) == (Trouble.SIZE, "too_large")


def test_a_body_that_ends_early_is_no_file(fetch: Fetch, serve: Serve) -> None:
    server = serve(answering(http_answer(BODY)[:-100]))

    assert fetch.fails(server.url) == (Trouble.NETWORK, "IncompleteRead")


def test_chunks_that_end_early_are_no_file(fetch: Fetch, serve: Serve) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server = serve(answering(head + b"a\r\n0123456789\r\n5\r\n01"))

    assert fetch.fails(server.url)[0] is Trouble.NETWORK


def test_a_reset_is_no_file(fetch: Fetch, serve: Serve) -> None:
    def handle(connection: Connection) -> None:
        connection.read_request()
        connection.send(http_answer(BODY)[:5000])
        connection.reset()

    assert fetch.fails(serve(handle).url)[0] is Trouble.NETWORK


def test_nothing_at_all_is_no_file(fetch: Fetch, serve: Serve) -> None:
    assert fetch.fails(serve(answering(http_answer(b""))).url) == (Trouble.TYPE, "empty")


def test_silence_ends_the_wait(fetch: Fetch, serve: Serve) -> None:
    def handle(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        connection.hold()

    server = serve(handle)

    assert fetch.fails(server.url) == (Trouble.NETWORK, "TimeoutError")
    assert server.left.wait(5)


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", b""])
def test_a_server_that_drips_does_not_hold_us(fetch: Fetch, serve: Serve, start: bytes) -> None:
    def handle(connection: Connection) -> None:
        connection.read_request()
        connection.send(start)
        connection.drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000)

    server = serve(handle)

    assert fetch.fails(server.url) == (Trouble.NETWORK, "TimeoutError")
    assert server.left.wait(5)


def test_nobody_listens(fetch: Fetch, serve: Serve) -> None:
    with RawServer(answering(b"")) as server:
        url = server.url
        fetch.own_urls.append(url)

    assert fetch.fails(url)[0] is Trouble.NETWORK


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(fetch: Fetch, serve: Serve, status: int) -> None:
    target = serve(answering(http_answer(BODY)))
    server = serve(answering(redirect(f"{target.url}/b", status)))

    assert fetch(f"{server.url}/a").size == len(BODY)


def test_a_relative_redirect_stays_on_its_host(fetch: Fetch, serve: Serve) -> None:
    server = serve(answering(redirect("/other?x=1"), http_answer(BODY)))

    fetch(f"{server.url}/a/b")

    assert server.requests[1].startswith(b"GET /other?x=1 HTTP/1.1")


def test_three_redirects_and_no_more(fetch: Fetch, serve: Serve) -> None:
    three = serve(answering(*[redirect("/next")] * 3, http_answer(BODY)))
    four = serve(answering(*[redirect("/next")] * 4, http_answer(BODY)))

    assert fetch(three.url).size == len(BODY)
    assert fetch.fails(four.url) == (Trouble.NETWORK, "too_many_redirects")


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://127.0.0.1/", "data:,a", ""]
)
def test_a_redirect_out_of_http_is_refused(fetch: Fetch, serve: Serve, to: str) -> None:
    trouble, _ = fetch.fails(serve(answering(redirect(to))).url)

    assert trouble is Trouble.ADDRESS


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/x", "//a.example/x", "", "http://", "http://[x"]
)
def test_other_addresses_are_refused(fetch: Fetch, url: str) -> None:
    assert fetch.fails(url) == (Trouble.ADDRESS, "not_http")


@pytest.fixture
def stranger() -> Iterator[RawServer]:
    """Something else on this machine, which nobody asked to have fetched."""
    with RawServer(answering(http_answer(BODY))) as server:
        yield server


PRIVATE_HOSTS = [
    *("127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]"),
    *("0.0.0.0", "0", "LOCALHOST"),
]
"""Ways to write this machine."""


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_this_machine_is_refused_however_it_is_written(
    fetch: Fetch, stranger: RawServer, host: str
) -> None:
    assert fetch.fails(f"http://{host}:{stranger.port}/a.png") == BLOCKED
    assert stranger.requests == []


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_a_redirect_to_this_machine_is_refused_however_it_is_written(
    fetch: Fetch, serve: Serve, stranger: RawServer, host: str
) -> None:
    server = serve(answering(redirect(f"http://{host}:{stranger.port}/admin")))

    assert fetch.fails(server.url) == BLOCKED
    assert stranger.requests == []


def test_a_refused_address_gets_no_byte_of_tls(fetch: Fetch) -> None:
    received: list[bytes] = []

    def handle(connection: Connection) -> None:
        received.append(connection.take().recv(1))

    with RawServer(handle) as server:
        trouble = fetch.fails(server.url.replace("http://127.0.0.1", "https://localhost"))

    assert trouble == BLOCKED
    assert b"".join(received) == b""


class Names:
    """A resolver whose answers a test writes: for each question about a name the next one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ask = socket.getaddrinfo
        self.answers: dict[str, list[list[str]]] = {}
        monkeypatch.setattr(socket, "getaddrinfo", self)

    def __call__(self, host: Any, port: Any, *more: Any, **options: Any) -> Any:
        answers = self.answers.get(host)
        if answers is None:
            return self._ask(host, port, *more, **options)
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [place for one in addresses for place in self._ask(one, port, *more, **options)]


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1", "1.1.1.1"], ["1.1.1.1", "127.0.0.1"], ["1.1.1.1", "10.0.0.1"]]
)
def test_a_name_with_one_private_address_is_refused_unconnected(
    fetch: Fetch, stranger: RawServer, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    Names(monkeypatch).answers["mixed.example"] = [addresses]

    assert fetch.fails(f"http://mixed.example:{stranger.port}/a.png") == BLOCKED
    assert stranger.connections == 0


def test_a_name_that_moves_between_question_and_connection_is_refused(
    fetch: Fetch, stranger: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch).answers["moving.example"] = [["1.1.1.1"], ["127.0.0.1"]]

    assert fetch.fails(f"http://moving.example:{stranger.port}/a.png") == BLOCKED
    assert stranger.requests == []


def test_a_redirect_to_a_clouds_own_data_is_refused(fetch: Fetch, serve: Serve) -> None:
    for target in (
        "http://169.254.169.254/latest/",
        "http://[fd00:ec2::254]/",
        "http://0xa9fea9fe/",
    ):
        server = serve(answering(redirect(target)))
        assert fetch.fails(server.url) == BLOCKED


def test_the_provider_s_own_address_may_be_private_and_be_written_otherwise(
    fetch: Fetch, serve: Serve
) -> None:
    server = serve(answering(http_answer(BODY), http_answer(BODY)))
    fetch.own_urls = [server.url.replace("127.0.0.1", "localhost") + "/openapi/v2"]

    assert fetch(server.url).size == len(BODY)
    assert fetch(server.url.replace("127.0.0.1", "LOCALHOST")).size == len(BODY)


def test_the_provider_s_own_host_on_another_port_is_refused(
    fetch: Fetch, serve: Serve, stranger: RawServer
) -> None:
    serve(answering(http_answer(BODY)))

    assert fetch.fails(stranger.url) == BLOCKED


def test_a_cloud_s_own_data_is_refused_without_a_try(fetch: Fetch) -> None:
    assert fetch.fails("http://169.254.169.254/latest/meta-data") == BLOCKED


def test_a_full_disk_is_seen_before_the_first_byte(fetch: Fetch, serve: Serve) -> None:
    server = serve(answering(http_answer(BODY)))

    assert fetch.fails(server.url, Limits(reserve_bytes=10**18)) == (Trouble.DISK, "disk_full")
    assert fetch.path.stat().st_size == 0


def test_a_disk_that_refuses_is_no_network_trouble(
    fetch: Fetch, tmp_path: Path, serve: Serve
) -> None:
    class Full(io.BytesIO):
        def write(self, _: object, /) -> int:
            raise OSError(28, "No space left on device")

    server = serve(answering(http_answer(BODY)))
    downloader = Downloader(SMALL, own_urls=fetch.own_urls)

    with pytest.raises(DownloadError) as caught:
        downloader.fetch(server.url, tmp_path / "x", Full())
    downloader.close()

    assert caught.value.trouble is Trouble.DISK


def test_the_end_of_the_program_ends_a_download(fetch: Fetch, serve: Serve) -> None:
    server = serve(answering(http_answer(BODY)))

    with pytest.raises(Stopped):
        fetch(server.url, stopped=lambda: True)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf a file"])
def test_the_end_of_the_program_does_not_wait_for_a_silent_server(
    fetch: Fetch, serve: Serve, sent: bytes
) -> None:
    """Nor is what has come until then taken for the whole file."""
    begun = threading.Event()

    def fall_silent(connection: Connection) -> None:
        connection.read_request()
        connection.send(sent)
        begun.set()
        connection.hold()

    server = serve(fall_silent)
    downloader = Downloader(own_urls=fetch.own_urls)  # patient for half a minute
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(downloader.fetch, server.url, fetch.path, io.BytesIO())
        assert begun.wait(10)
        downloader.close()
        with pytest.raises(Stopped):
            running.result(10)
    with pytest.raises(Stopped):
        downloader.fetch(server.url, fetch.path, io.BytesIO())


def test_proxies_of_the_environment_are_not_used(
    fetch: Fetch, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert fetch(serve(answering(http_answer(BODY))).url).size == len(BODY)
