"""Words in a prompt that steer what becomes of the task; see the package docstring."""

import re
from dataclasses import dataclass, replace

_WORD = re.compile(r"\[(fail|refuse):(\d{1,5})\]|\[(empty|many|text|slow|jpg|never|lost)\]")


@dataclass(frozen=True, slots=True)
class Plan:
    """How a task will end, fixed when it is accepted."""

    status: str = "SUCCESS"  #: or FAILED, CANCEL
    code: str = ""  #: errorCode of a FAILED task
    text: str = ""  #: errorMessage, if not the usual one
    results: str = "one"  #: one, empty, many or text
    url: str = ""  #: given instead of the real result link
    slow: float = 1.0  #: stretches the duration
    never: bool = False  #: stays RUNNING for ever
    jpg: bool = False


def refusal_in(prompt: str) -> str:
    """The code of a `[refuse:…]` trigger, or an empty string."""
    return next((m[2] for m in _WORD.finditer(prompt) if m[1] == "refuse"), "")


def answer_lost(prompt: str) -> bool:
    """Whether a `[lost]` trigger lets the connection break after the task was accepted."""
    return any(match[3] == "lost" for match in _WORD.finditer(prompt))


def plan_in(prompt: str) -> Plan:
    """The plan that the triggers in `prompt` ask for; the plain one without any."""
    plan = Plan()
    for match in _WORD.finditer(prompt):
        plan = _with_trigger(plan, match)
    return plan


def _with_trigger(plan: Plan, match: re.Match[str]) -> Plan:
    if match[1] == "fail":
        return replace(plan, status="FAILED", code=match[2])
    if match[3] in ("empty", "many", "text"):
        return replace(plan, results=match[3])
    if match[3] == "slow":
        return replace(plan, slow=4.0)
    return replace(plan, jpg=plan.jpg or match[3] == "jpg", never=plan.never or match[3] == "never")
