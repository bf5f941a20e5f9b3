"""HTTP for providers: timeouts, a total deadline, a byte cap, and what a failure means for money."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Protocol

import requests
from urllib3 import exceptions as urllib3_errors

from webapp.clock import Clock, SystemClock
from webapp.providers.base import ErrorClass, ProviderError
from webapp.providers.deadline import BoundedAdapter, one_call, tls_context
from webapp.providers.open_calls import OpenCalls
from webapp.providers.redaction import redact

CONNECT_TIMEOUT_S = 8.0
MAX_ANSWER_BYTES = 1024 * 1024
MAX_RETRY_AFTER_S = 3600.0
_CHUNK_BYTES = 16 * 1024
SLOWEST_UPLOAD_BYTES_S = 10_000
"""Several share a line: at half a megabit a second, each of six gets as much."""

TIMED_OUT = "read_timeout"
BROKEN_OFF = "broken_off"
"""Codes of ours: it took too long; the program stops."""


class Body(Protocol):
    """A request body that is read in pieces; its length is known before."""

    def __len__(self) -> int: ...

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer, of at most MAX_ANSWER_BYTES."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """For people: undecodable bytes are replaced."""
        return self.body.decode("utf-8", "replace")


class AnswerTooLarge(Exception):
    """The other side sent more than MAX_ANSWER_BYTES."""


class HttpClient:
    """Calls one provider. Methods block, may be used from any thread, raise only ProviderError."""

    def __init__(
        self,
        *,
        request_timeout_s: float,
        connections: int,
        secrets: Iterable[str] = (),
        clock: Clock | None = None,
    ) -> None:
        self._timeout_s = request_timeout_s
        self._secrets = tuple(secrets)
        self._clock = clock or SystemClock()
        self._tls = tls_context()
        self._questions = BoundedAdapter(self._tls, connections)
        self._uploads = OpenCalls()

    def submit(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST something that costs money: one connection of its own, one try.

        Raises TRANSIENT only when no connection was opened, thus nothing can have been sent;
        AMBIGUOUS for everything after that. A kept connection would be a source of needless
        AMBIGUOUS: the server may close it in the moment in which we send.
        """
        adapter = BoundedAdapter(self._tls, connections=1)
        try:
            with one_call(self._timeout_s) as call:
                try:
                    closing = {**headers, "Connection": "close"}
                    return self._send(adapter, "POST", url, closing, body)
                except Exception as error:
                    # requests alone cannot tell: a reset is a ConnectionError before and after.
                    unsure = ErrorClass.AMBIGUOUS if call.sent else ErrorClass.TRANSIENT
                    raise self._failure(error, unsure, sent=call.sent) from error
        finally:
            adapter.close()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Make a call that is free and may be repeated, on a kept connection. Raises TRANSIENT."""
        with one_call(self._timeout_s) as call:
            try:
                try:
                    return self._send(self._questions, method, url, headers, body)
                except requests.ConnectionError:
                    if call.opened or not call.sent:
                        raise
                    # The server closed a kept connection while we sent: try on a new one.
                    return self._send(self._questions, method, url, headers, body)
            except Exception as error:
                raise self._failure(error, ErrorClass.TRANSIENT, sent=call.sent) from error

    def upload(self, url: str, headers: Mapping[str, str], body: Body) -> Answer:
        """POST a file, which is free and may be repeated. Raises TRANSIENT; BROKEN_OFF at once when
        `stop_uploads` is called meanwhile, or was before.

        It may take as long as a slow line needs for its bytes; its answer, as long as any other.
        """
        total_s = self._timeout_s + len(body) / SLOWEST_UPLOAD_BYTES_S
        with one_call(total_s, answer_s=self._timeout_s, calls=self._uploads) as call:
            try:
                return self._send(self._questions, "POST", url, headers, body)
            except Exception as error:
                if self._uploads.broken:
                    raise ProviderError(ErrorClass.TRANSIENT, BROKEN_OFF) from error
                raise self._failure(error, ErrorClass.TRANSIENT, sent=call.sent) from error

    def stop_uploads(self) -> None:
        """Break off all uploads, and begin no more. Returns at once."""
        self._uploads.break_off()

    def redact(self, text: str) -> str:
        """`text` as it may be stored and shown."""
        return redact(text, self._secrets)

    def retry_after_s(self, answer: Answer) -> float | None:
        """The Retry-After of an answer, seconds or a date, as seconds from now."""
        return parse_retry_after(answer.headers, self._clock)

    def close(self) -> None:
        """Close the kept connections."""
        self._questions.close()

    def _send(
        self,
        adapter: BoundedAdapter,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | Body | None,
    ) -> Answer:
        plain = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        request = requests.Request(method, url, headers=plain, data=body).prepare()
        connect_s = min(CONNECT_TIMEOUT_S, self._timeout_s)
        response = adapter.send(request, stream=True, timeout=(connect_s, self._timeout_s))
        try:
            return Answer(response.status_code, response.headers, _read_body(response))
        finally:
            response.close()

    def _failure(self, error: Exception, error_class: ErrorClass, *, sent: bool) -> ProviderError:
        return ProviderError(error_class, _code(error, sent=sent), self.redact(_innermost(error)))


def _read_body(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise AnswerTooLarge(f"more than {MAX_ANSWER_BYTES} bytes")
    return bytes(body)


def parse_retry_after(headers: Mapping[str, str], clock: Clock) -> float | None:
    """Seconds to wait, 0 to MAX_RETRY_AFTER_S; None when there is nothing usable."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d*)?", value):
        return min(float(value), MAX_RETRY_AFTER_S)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - clock.now()).total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and everything wrapped in it: requests wraps urllib3, which wraps the socket's."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [getattr(cause, "reason", None), *cause.args, cause.__cause__]
    return found


def _innermost(error: Exception) -> str:
    cause = _causes(error)[-1]
    return f"{type(cause).__name__}: {cause}"


_CODES: tuple[tuple[type[BaseException], str], ...] = (
    (urllib3_errors.NameResolutionError, "dns_failed"),
    (ConnectionRefusedError, "connection_refused"),
    (urllib3_errors.SSLError, "tls_failed"),
    (urllib3_errors.NewConnectionError, "not_sent"),
    (AnswerTooLarge, "answer_too_large"),
    (TimeoutError, "timeout"),
    (urllib3_errors.TimeoutError, "timeout"),
    (requests.Timeout, "timeout"),
    (requests.exceptions.ChunkedEncodingError, "answer_cut"),
    (requests.exceptions.ContentDecodingError, "unreadable_answer"),
)


def _code(error: Exception, *, sent: bool) -> str:
    causes = _causes(error)
    found = (code for kind, code in _CODES if any(isinstance(cause, kind) for cause in causes))
    code = next(found, "connection_lost" if sent else "not_sent")
    return (TIMED_OUT if sent else "connect_timeout") if code == "timeout" else code
