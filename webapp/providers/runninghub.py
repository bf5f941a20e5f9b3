"""RunningHub's standard models: submit, query, upload, account (protocol.md §1, §2, §5.7)."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from webapp.providers import runninghub_wire as wire
from webapp.providers.base import (
    AccountStatus,
    ErrorClass,
    ProviderConfig,
    ProviderError,
    QueueStatus,
    RemoteTask,
    Submission,
    TaskPhase,
    Upload,
)
from webapp.providers.http import BROKEN_OFF, TIMED_OUT, Answer, HttpClient
from webapp.providers.multipart import MultipartFile
from webapp.providers.refusals import (
    ENDING_CODES,
    FLICKERING,
    QUEUED_CODE,
    RUNNING_CODE,
    Asked,
    classify,
    free_call_status_class,
    submit_status_class,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

V2 = "/openapi/v2"
UPLOAD_LIFE_S = 23 * 3600.0
"""RunningHub keeps an upload for one day; the last hour is for the submit that uses it."""

REPEAT_PAUSES_S = (0.5, 1.5, 3.0)
_NOT_REPEATED = (BROKEN_OFF, TIMED_OUT)
"""Uploads that would only take as long again, while others wait for their seat."""

_PHASES: Mapping[str, TaskPhase] = {
    "CREATE": "queued",
    "QUEUED": "queued",
    "RUNNING": "running",
    "SUCCESS": "succeeded",
    "FAILED": "failed",
    "CANCEL": "cancelled",
}


class RunningHub:
    """A Provider over RunningHub's HTTP interface."""

    name = "runninghub"

    def __init__(self, config: ProviderConfig) -> None:
        key = config.api_key.strip()
        self._key = key
        self.base_url = config.base_url.rstrip("/").removesuffix(V2)
        self._wait = config.wait
        self._http = HttpClient(
            request_timeout_s=config.request_timeout_s,
            connections=config.connections,
            secrets=(key,),
            clock=config.clock,
        )
        self._words_seen: set[str] = set()
        self._words_lock = threading.Lock()
        self.key_fingerprint = hashlib.sha256(key.encode()).hexdigest()[:16]
        # Neither the site nor the answers name the currency of `usage` (protocol.md §1.3).
        international = (urlsplit(self.base_url).hostname or "").endswith(".ai")
        self.currency = "USD" if international else "CNY"

    def submit(
        self, path: str, payload: Mapping[str, object], *, webhook_url: str | None
    ) -> Submission:
        """Start one generation. Sent once; see Provider.submit for what an error means."""
        fields = {**payload, "webhookUrl": webhook_url} if webhook_url else payload
        answer = self._http.submit(
            f"{self.base_url}{V2}/{path.strip('/')}", self._headers(), _encode(fields)
        )
        body = wire.read_json(answer.body)
        remote_id = wire.task_id(body) if body is not None else ""
        if body is None or not remote_id:
            raise self._refused_submit(answer, body)
        phase: Literal["queued", "running"] = (
            "running" if _PHASES.get(wire.status_word(body)) == "running" else "queued"
        )
        return Submission(remote_id, phase, self._http.redact(answer.text))

    def query(self, remote_task_id: str) -> RemoteTask:
        """Ask once how a task is."""

        def ask() -> RemoteTask:
            url = f"{self.base_url}{V2}/query"
            question = _encode({"taskId": remote_task_id})
            answer = self._http.ask("POST", url, self._headers(), question)
            return self._read_task(remote_task_id, answer)

        return self._repeated(ask, transient=False)

    def upload(self, path: Path, filename: str, content_type: str) -> Upload:
        """Send a file in pieces, never whole in memory. An unreadable file is an INPUT error."""

        def send() -> Upload:
            try:
                file = MultipartFile(path, filename, content_type)
            except OSError as error:
                raise ProviderError(ErrorClass.INPUT, "file_unreadable", str(error)) from error
            with file:
                answer = self._http.upload(
                    f"{self.base_url}{V2}/media/upload/binary",
                    {**self._authorization(), "Content-Type": file.content_type},
                    file,
                )
            return self._read_upload(answer)

        return self._repeated(send, transient=True, but_not=_NOT_REPEATED)

    def stop_uploads(self) -> None:
        """Break off the uploads that are open, and begin no more."""
        self._http.stop_uploads()

    def account(self) -> AccountStatus:
        """Balance, coins and kind of key. The key travels in the body here, as `apikey`."""

        def ask() -> AccountStatus:
            url = f"{self.base_url}/uc/openapi/accountStatus"
            answer = self._http.ask("POST", url, self._headers(), _encode({"apikey": self._key}))
            data = wire.unwrapped(self._understood(answer, Asked.QUESTION))
            return AccountStatus(
                api_type=wire.scalar(data.get("apiType")),
                balance=wire.amount(data.get("remainMoney")),
                coins=wire.scalar(data.get("remainCoins")) or None,
                currency=wire.scalar(data.get("currency")) or self.currency,
                running=wire.count(data.get("currentTaskCounts")),
            )

        return self._repeated(ask, transient=True)

    def queue_status(self) -> QueueStatus:
        """The key's limit and what is in flight."""

        def ask() -> QueueStatus:
            answer = self._http.ask(
                "GET", f"{self.base_url}{V2}/queue/status", self._authorization()
            )
            data = wire.unwrapped(self._understood(answer, Asked.QUESTION))
            return QueueStatus(
                limit=wire.count(data.get("concurrentLimit")),
                running=wire.count(data.get("runningCount")) or 0,
                queued=wire.count(data.get("queuedCount")) or 0,
                key_type=wire.scalar(data.get("apiKeyType")),
            )

        return self._repeated(ask, transient=True)

    def price_preview(self, path: str, payload: Mapping[str, object]) -> Decimal | None:
        """What one submit would cost, in `currency`."""

        def ask() -> Decimal | None:
            url = f"{self.base_url}{V2}/price-preview/{path.strip('/')}"
            answer = self._http.ask("POST", url, self._headers(), _encode(payload))
            body = self._understood(answer, Asked.QUESTION)
            free = body.get("isFreeThisCall") is True
            return Decimal(0) if free else wire.amount(body.get("estimatedPrice"))

        return self._repeated(ask, transient=True)

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    def _authorization(self) -> dict[str, str]:
        if not self._key or not self._key.isascii() or not self._key.isprintable():
            raise ProviderError(ErrorClass.ACCOUNT, "key_unusable")
        return {"Authorization": f"Bearer {self._key}"}

    def _headers(self) -> dict[str, str]:
        return {**self._authorization(), "Content-Type": "application/json"}

    def _repeated(
        self, call: Callable[[], T], *, transient: bool, but_not: tuple[str, ...] = ()
    ) -> T:
        """Make a free call again when a good key was refused (it happens, protocol.md §1.4) or,
        on wish, after a passing trouble, but for these codes. The last error is raised; so is one
        during a stop."""
        for pause_s in REPEAT_PAUSES_S:
            try:
                return call()
            except ProviderError as error:
                flickers = error.error_class is ErrorClass.ACCOUNT and error.code in FLICKERING
                passing = transient and error.error_class is ErrorClass.TRANSIENT
                passing = passing and error.code not in but_not
                if not (flickers or passing) or self._wait(pause_s):
                    raise
        return call()

    def _refused_submit(self, answer: Answer, body: wire.Json | None) -> ProviderError:
        """The error of a submit without a task id."""
        by_status = submit_status_class(answer.status)
        code = wire.error_code(body) if body is not None else ""
        # A code decides, except under a status which says that a gateway, not the service, spoke.
        if code and by_status not in (ErrorClass.AMBIGUOUS, ErrorClass.BUSY):
            found = classify(Asked.SUBMIT, code, wire.error_text(body or {}))
            unknown = found is ErrorClass.FAILED and by_status is not None
            return self._error(answer, by_status if by_status and unknown else found, code)
        if by_status is not None:
            return self._error(answer, by_status, f"http_{answer.status}")
        word = "unreadable_answer" if body is None else "no_task_id"
        return self._error(answer, ErrorClass.AMBIGUOUS, word)

    def _understood(self, answer: Answer, asked: Asked) -> wire.Json:
        """The body of a successful free call. Raises what its status or its code says."""
        body = wire.read_json(answer.body)
        code = wire.error_code(body) if body is not None else ""
        by_status = free_call_status_class(answer.status)
        if body is not None and code and by_status is None:
            raise self._error(answer, classify(asked, code, wire.error_text(body)), code)
        if by_status is not None:
            raise self._error(answer, by_status, f"http_{answer.status}")
        if body is None:
            raise self._error(answer, ErrorClass.TRANSIENT, "unreadable_answer")
        return body

    def _read_task(self, asked_id: str, answer: Answer) -> RemoteTask:
        body = wire.read_json(answer.body)
        by_status = free_call_status_class(answer.status)
        if body is None or by_status is not None:
            self._understood(answer, Asked.QUESTION)
            raise self._error(answer, ErrorClass.TRANSIENT, "unreadable_answer")
        word, code = wire.status_word(body), wire.error_code(body)
        phase = self._phase(word, code)
        if phase is None:
            words = wire.error_text(body)
            found = classify(Asked.QUESTION, code, words) if code else ErrorClass.TRANSIENT
            raise self._error(answer, found, code or "no_status", asked_id)
        error = None
        if phase in ("failed", "cancelled"):
            found = classify(Asked.TASK, code, wire.error_text(body))
            error = self._error(answer, found, code or word.lower(), asked_id)
        price = wire.cost(body)
        return RemoteTask(
            remote_task_id=asked_id,
            phase=phase,
            results=wire.results(body) if phase == "succeeded" else (),
            cost=price,
            currency=None if price is None else self.currency,
            task_seconds=wire.task_seconds(body),
            error=error,
            status_word=word,
            raw=self._http.redact(answer.text),
        )

    def _phase(self, word: str, code: str) -> TaskPhase | None:
        """What became of the task, None when the answer does not say.

        A terminal status decides; then codes that speak of the task's end; then a live status:
        other codes beside it are stray, and the end will be told by a terminal status.
        """
        phase = _PHASES.get(word)
        if phase in ("succeeded", "failed", "cancelled"):
            return phase
        if code in ENDING_CODES:
            return "failed"
        if code in (RUNNING_CODE, QUEUED_CODE):
            return "running" if code == RUNNING_CODE else "queued"
        if word and phase is None:
            self._note_unknown(word)
            return "running"
        return phase

    def _note_unknown(self, word: str) -> None:
        with self._words_lock:
            if word in self._words_seen or len(self._words_seen) > 100:
                return
            self._words_seen.add(word)
        log.warning("unknown task status, asking on: %r", word[:40])

    def _read_upload(self, answer: Answer) -> Upload:
        data = wire.unwrapped(self._understood(answer, Asked.UPLOAD))
        url = wire.scalar(data.get("download_url"))
        if not url.startswith(("http://", "https://")):
            raise self._error(answer, ErrorClass.TRANSIENT, "no_upload_url")
        return Upload(url, wire.scalar(data.get("fileName")), UPLOAD_LIFE_S)

    def _error(
        self, answer: Answer, error_class: ErrorClass, code: str, task_id: str | None = None
    ) -> ProviderError:
        return ProviderError(
            error_class,
            code,
            self._http.redact(answer.text),
            retry_after_s=self._http.retry_after_s(answer),
            http_status=answer.status,
            task_id=task_id,
        )


def _encode(fields: Mapping[str, object]) -> bytes:
    """JSON for the wire. Something that JSON cannot say is an INPUT error: nothing was sent."""
    try:
        return json.dumps(dict(fields), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ProviderError(ErrorClass.INPUT, "payload_unusable", str(error)) from error
