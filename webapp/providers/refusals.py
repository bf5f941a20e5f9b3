"""RunningHub's codes and words, and what each means for us (protocol.md §6, design.md §6)."""

from __future__ import annotations

from enum import Enum

from webapp.providers.base import ErrorClass

_BUSY = ("421", "415", "814", "1003", "1011", "1520", "429")
_TRANSIENT = ("500", "808", "1005", "1010", "1012", "1504")
_CONTENT = ("1501", "1505")
_INPUT = (
    *("301", "380", "412", "433", "803", "809", "810", "901"),
    *("1001", "1007", "1008", "1009", "1013", "1101", "40310"),
)
_KEY = ("-1", "401", "403", "801", "802", "806", "811", "1002", "1014")
_MONEY = ("414", "416", "605", "812", "435", "436")
_LOST = ("1004", "423", "807")
_FAILED = ("1000", "1006", "1015", "805")

CODES: dict[str, ErrorClass] = {
    **dict.fromkeys(_BUSY, ErrorClass.BUSY),
    **dict.fromkeys(_TRANSIENT, ErrorClass.TRANSIENT),
    **dict.fromkeys(_CONTENT, ErrorClass.CONTENT),
    **dict.fromkeys(_INPUT, ErrorClass.INPUT),
    **dict.fromkeys((*_KEY, *_MONEY), ErrorClass.ACCOUNT),
    **dict.fromkeys(_LOST, ErrorClass.LOST),
    **dict.fromkeys(_FAILED, ErrorClass.FAILED),
}
"""Every code with a meaning of its own. 1 means nothing: its text decides."""

RUNNING_CODE, QUEUED_CODE = "804", "813"
"""Not errors: the older interface says "still running" and "still queued" in this way."""

UNREADABLE_MEDIA = "1013"
"""A link to an image leads nowhere, or to something else. Perhaps it is gone before its time."""

ENDING_CODES = frozenset({*_CONTENT, "805", "1006", "1015"})
"""In the answer to a question without a terminal status, these speak of the task: it is over."""

FULL = frozenset({"421", "415", "814"})
"""Busy because the account has no place for one more; the other busy codes speak of speed."""

FLICKERING = frozenset({"-1", "1", "401", "811", "http_401"})
"""Seen now and then with good keys: free calls are repeated before the key is blamed."""

_WORDS: tuple[tuple[ErrorClass, tuple[str, ...]], ...] = (
    (
        ErrorClass.CONTENT,
        (
            *("violation", "illegal", "forbidden", "nsfw", "content policy", "moderation"),
            *("rhauditexception", "content verification", "违规", "敏感"),
        ),
    ),
    (
        ErrorClass.ACCOUNT,
        (
            *("balance", "insufficient", "quota", "余额"),
            *("apikey", "api key", "api-key"),
        ),
    ),
    (ErrorClass.INPUT, ("invalid parameter", "参数")),
)
"""The words by which the official client knows what never to repeat, and some of ours."""


class Asked(Enum):
    """What we wanted when the refusal came. The same code can mean different things."""

    SUBMIT = "submit"
    TASK = "task"  #: the error of a task that has ended
    QUESTION = "question"  #: the question itself was refused; nothing is said about the task
    UPLOAD = "upload"


def classify(asked: Asked, code: str, words: str) -> ErrorClass:
    """The class of a refusal: by its code, else by its words, else by what was asked.

    Never AMBIGUOUS: a code is an answer. The error of an ended task is CONTENT, INPUT or FAILED,
    for everything else would start it again by itself, and that costs again.
    """
    found = _by_audit(code, words) or CODES.get(code) or _by_words(words)
    if asked is Asked.TASK:
        ending = found in (ErrorClass.CONTENT, ErrorClass.INPUT)
        return found if found and ending else ErrorClass.FAILED
    if asked is Asked.QUESTION:
        return found if found and found is not ErrorClass.FAILED else ErrorClass.TRANSIENT
    if found is ErrorClass.LOST:
        return ErrorClass.INPUT
    return found or ErrorClass.FAILED


def _by_audit(code: str, words: str) -> ErrorClass | None:
    """805 is any failure of a workflow; the exception's name tells moderation apart."""
    audited = code == "805" and "rhauditexception" in words.lower()
    return ErrorClass.CONTENT if audited else None


def _by_words(words: str) -> ErrorClass | None:
    lower = words.lower()
    for error_class, needles in _WORDS:
        if any(needle in lower for needle in needles):
            return error_class
    return None


def submit_status_class(status: int) -> ErrorClass | None:
    """What an HTTP status says about a submit, None when the body decides.

    A gateway's 5xx says nothing about what the service behind it did with the request, and 408
    and 499 come from gateways that gave up waiting. 503 is sent before anything is accepted.
    """
    if status == 429:
        return ErrorClass.BUSY
    if status in (401, 403):
        return ErrorClass.ACCOUNT
    if status == 503:
        return ErrorClass.TRANSIENT
    if 400 <= status < 500 and status not in (408, 499):
        return ErrorClass.INPUT
    return None if 200 <= status < 300 else ErrorClass.AMBIGUOUS


def free_call_status_class(status: int) -> ErrorClass | None:
    """What an HTTP status says about a call that may be repeated, None when the body decides."""
    if status == 429:
        return ErrorClass.BUSY
    if status in (401, 403):
        return ErrorClass.ACCOUNT
    if status in (413, 415):
        return ErrorClass.INPUT
    return None if 200 <= status < 300 else ErrorClass.TRANSIENT
