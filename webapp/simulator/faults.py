"""Which request goes wrong, and how: the rules of a scenario (reliability.md §6)."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Where a rule can apply. "webhook" is our own call at a task's end.
SURFACES = frozenset({"submit", "query", "upload", "download", "queue", "account", "webhook"})

#: Faults of the wire and of the answer; they fit every surface but "webhook".
ANSWER_FAULTS = frozenset(
    {
        *("http", "redirect", "refuse", "reset", "hang", "delay", "cut", "drip"),
        *("html", "invalid_json", "empty_body", "merge", "status"),
    }
)
#: Ways a task can end; on "submit" they stay with the task, on "query" they show once.
OUTCOME_FAULTS = frozenset(
    {
        *("never_ends", "fail", "cancel", "empty_results", "many_results"),
        *("text_result", "result_url", "slow", "finish"),
    }
)
FAULTS: Mapping[str, frozenset[str]] = {
    "submit": ANSWER_FAULTS | OUTCOME_FAULTS | {"no_ids", "id_and_error"},
    "query": ANSWER_FAULTS | (OUTCOME_FAULTS - {"slow"}) | {"not_found"},
    "upload": ANSWER_FAULTS,
    "download": (ANSWER_FAULTS - {"merge", "status"}) | {"endless", "too_large", "length_lies"},
    "queue": ANSWER_FAULTS,
    "account": ANSWER_FAULTS,
    "webhook": frozenset({"none", "duplicate", "delay", "early", "other_task"}),
}
_LIMITS: Mapping[str, tuple[float, float]] = {
    "seconds": (0, 10**6),
    "interval_s": (0, 10**6),
    "factor": (0, 10**6),
    "fraction": (0, 1),
    "status": (200, 599),
    "bytes": (0, 10**12),
    "length": (0, 10**12),
    "step": (1, 10**9),
    "copies": (0, 100),
}
_OWN_KEYS = frozenset({"on", "fault", "match", "times", "after"})


@dataclass(slots=True)
class Rule:
    """One fault: skip the first `after` matching requests, then strike `times` times."""

    on: str
    fault: str
    match: str = ""  #: part of the prompt, task id, file name or key; empty matches all
    times: int | None = None  #: None: for ever
    after: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    struck: int = 0

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Rule":
        """Read one rule of `POST /_sim/scenario`; ValueError names what is wrong."""
        on, fault = str(data.get("on", "")), str(data.get("fault", ""))
        if on not in SURFACES:
            raise ValueError(f"on must be one of {sorted(SURFACES)}, not {on!r}")
        if fault not in FAULTS[on]:
            raise ValueError(f"fault on {on} must be one of {sorted(FAULTS[on])}, not {fault!r}")
        if fault == "result_url" and not data.get("url"):
            raise ValueError("result_url needs a url")
        _check_parameters(data)
        times = data.get("times")
        return cls(
            on=on,
            fault=fault,
            match=str(data.get("match") or ""),
            times=None if times is None else int(times),
            after=int(data.get("after") or 0),
            params={name: value for name, value in data.items() if name not in _OWN_KEYS},
        )

    def strikes(self, subjects: tuple[str, ...]) -> bool:
        """Count a request against this rule and say whether it goes wrong."""
        if self.match and not any(self.match in subject for subject in subjects):
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        self.seen += 1
        if self.seen <= self.after:
            return False
        self.struck += 1
        return True

    def view(self) -> dict[str, Any]:
        return {
            "on": self.on,
            "fault": self.fault,
            "match": self.match,
            "times": self.times,
            "after": self.after,
            **self.params,
            "seen": self.seen,
            "struck": self.struck,
        }


def _check_parameters(data: Mapping[str, Any]) -> None:
    """ValueError, TypeError or OverflowError for what would only fail when the rule strikes."""
    for name, (low, high) in _LIMITS.items():
        if name in data and not low <= float(data[name]) <= high:
            raise ValueError(f"{name} must be from {low} to {high}")
    if not re.fullmatch(r"-?\d{1,6}|", str(data.get("code", ""))):
        raise ValueError("code must be a number")
    for name in ("headers", "fields"):
        if name in data and not isinstance(data[name], dict):
            raise ValueError(f"{name} must be an object")
    for word in (
        *(one for pair in data.get("headers", {}).items() for one in pair),
        data.get("url"),
    ):
        if word is not None and not (str(word).isascii() and str(word).isprintable()):
            raise ValueError(f"{word!r} cannot be in a header")


class Scenario:
    """The rules in the order they were added; the first that strikes wins."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, rule: Rule) -> Rule:
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, surface: str, *subjects: str) -> Rule | None:
        """The rule that this request falls under, if any."""
        if not self._rules:
            return None
        with self._lock:
            mine = (rule for rule in self._rules if rule.on == surface)
            return next((rule for rule in mine if rule.strikes(subjects)), None)

    def view(self) -> list[dict[str, Any]]:
        with self._lock:
            return [rule.view() for rule in self._rules]
