"""Fetch a file from a URL that somebody else chose: bounded in size and time, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from webapp.addresses import is_public
from webapp.files.filetypes import HEAD_BYTES
from webapp.providers.deadline import BoundedAdapter, one_call, tls_context
from webapp.providers.open_calls import BrokenOff, OpenCalls
from webapp.safety.disk import DISK_FULL, disk_code

_CHUNK = 256 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}


class Trouble(StrEnum):
    """Why a file did not come; stored with the result, said in words by texts.py."""

    NETWORK = "file_network"  #: no answer, an error answer, cut off: may work soon
    GONE = "file_gone"  #: the link is refused or leads nowhere
    TYPE = "file_type"  #: not what was promised: an error page, nothing at all
    SIZE = "file_size"  #: more than we take
    ADDRESS = "file_address"  #: a place that we do not fetch from
    DISK = "file_disk"  #: no room here, or the disk refuses


class DownloadError(Exception):
    """A foreseen trouble. `code` is a short word or HTTP status; `detail` names no URL, for
    links are secrets."""

    def __init__(self, trouble: Trouble, code: str, detail: str = "") -> None:
        super().__init__(f"{trouble}:{code} {detail}".rstrip())
        self.trouble = trouble
        self.code = code
        self.detail = detail


class Stopped(Exception):
    """The program is ending; the file is fetched after the next start."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one file. `total_s` covers redirects, headers and body; `reserve_bytes` stay free on
    disk, so that the database can still write."""

    max_bytes: int = 2 * 1024**3
    total_s: float = 1800
    connect_s: float = 10
    idle_s: float = 30
    redirects: int = 3
    reserve_bytes: int = 200 * 1024**2


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was written. `head` is the beginning, for filetypes."""

    size: int
    sha256: str
    head: bytes


class Downloader:
    """Fetches files from public addresses, and from the host and port of each of `own_urls`,
    wherever that is. May be used from any thread. No cookies, no proxies from the environment."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        connections: int = 8,
        own_urls: Collection[str] = (),
    ) -> None:
        self._limits = limits or Limits()
        self._own_urls = tuple(own_urls)
        self._adapter = BoundedAdapter(tls_context(), connections)
        self._calls = OpenCalls()

    def fetch(
        self, url: str, path: Path, file: BinaryIO, stopped: Callable[[], bool] = lambda: False
    ) -> Fetched:
        """Write what is behind `url` to `file`, which is open at `path`; blocks.

        Raises DownloadError; Stopped when `stopped()` turns true, or after `close()`. What was written
        until then is the caller's to remove.
        """
        limits, calls = self._limits, self._calls
        with one_call(
            limits.total_s, idle_s=limits.idle_s, check_peer=self._check_peer, calls=calls
        ):
            try:
                response = self._open(url)
                try:
                    return self._receive(response, path, file, stopped)
                finally:
                    response.close()
            except BrokenOff as error:
                raise Stopped from error
            except (requests.RequestException, HTTPError, OSError) as error:
                if calls.broken:
                    raise Stopped from error
                raise DownloadError(Trouble.NETWORK, _word_for(error)) from error

    def close(self) -> None:
        """Break off what is open, for good, and let go of kept connections."""
        self._calls.break_off()
        self._adapter.close()

    def _open(self, url: str) -> requests.Response:
        for _ in range(self._limits.redirects + 1):
            self._check_url(url)
            response = self._ask(url)
            if response.status_code == 200:
                return response
            response.close()
            if response.status_code not in _REDIRECTS:
                raise _refused(response.status_code)
            url = _redirected(url, response.headers.get("Location", ""))
        raise DownloadError(Trouble.NETWORK, "too_many_redirects")

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = None
        if not host or parts.scheme not in _PORTS:
            raise DownloadError(Trouble.ADDRESS, "not_http")
        # Said at once of a plain address. Of names and odd spellings, the connection knows more.
        with contextlib.suppress(ValueError):
            self._check_peer(host, port or _PORTS[parts.scheme])

    def _check_peer(self, address: str, port: int) -> None:
        if not is_public(address) and not self._is_own(address, port):
            raise DownloadError(Trouble.ADDRESS, "blocked_address")

    def _is_own(self, address: str, port: int) -> bool:
        return any((address, port) in _places(url) for url in self._own_urls)

    def _ask(self, url: str) -> requests.Response:
        request = requests.Request("GET", url, headers={"Accept-Encoding": "identity"})
        timeout = (self._limits.connect_s, self._limits.idle_s)
        return self._adapter.send(request.prepare(), stream=True, timeout=timeout)

    def _receive(
        self,
        response: requests.Response,
        path: Path,
        file: BinaryIO,
        stopped: Callable[[], bool],
    ) -> Fetched:
        promised = _content_length(response.headers)
        self._check_room(promised or 0, path)
        digest, head, size = hashlib.sha256(), b"", 0
        # read1 gives what has come; read would wait for a whole chunk from a slow server.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            if stopped():
                raise Stopped
            size += len(chunk)
            if size > self._limits.max_bytes:
                raise DownloadError(Trouble.SIZE, "too_large")
            _write(file, chunk)
            digest.update(chunk)
            head += chunk[: HEAD_BYTES - len(head)]
        if self._calls.broken:  # a connection that was broken off looks like the end of the file
            raise Stopped
        if promised is not None and response.raw.tell() != promised:
            raise DownloadError(Trouble.NETWORK, "cut_off")
        if size == 0:
            raise DownloadError(Trouble.TYPE, "empty")
        return Fetched(size, digest.hexdigest(), head)

    def _check_room(self, promised: int, path: Path) -> None:
        if promised > self._limits.max_bytes:
            raise DownloadError(Trouble.SIZE, "too_large")
        try:
            free = shutil.disk_usage(path.parent).free
        except OSError as error:
            raise DownloadError(Trouble.DISK, _word_for(error)) from error
        if free - promised < self._limits.reserve_bytes:
            raise DownloadError(Trouble.DISK, DISK_FULL)


def _places(url: str) -> frozenset[tuple[str, int]]:
    """The addresses and port of a host; looks its name up."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    return frozenset((str(place[4][0]), int(place[4][1])) for place in found)


def _refused(status: int) -> DownloadError:
    is_gone = 400 <= status < 500 and status not in (408, 425, 429)
    return DownloadError(Trouble.GONE if is_gone else Trouble.NETWORK, f"http_{status}")


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    if not location or (url.startswith("https:") and not target.startswith("https:")):
        raise DownloadError(Trouble.ADDRESS, "bad_redirect")
    return target


def _content_length(headers: CaseInsensitiveDict[str]) -> int | None:
    value = headers.get("Content-Length", "").strip()
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else None


def _write(file: BinaryIO, chunk: bytes) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise DownloadError(Trouble.DISK, disk_code(error)) from error


def _word_for(error: BaseException) -> str:
    """A short word for the log and the ledger: the innermost cause, without its text."""
    seen: BaseException = error
    while inner := (seen.__cause__ or seen.__context__):
        seen = inner
    return type(seen).__name__
