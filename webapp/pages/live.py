"""How often a page asks again, and what it reads out: rules without a page."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.messages import Message, msg, nmsg
from webapp.task_types import task_type_of
from webapp.views import Counts, MissionView, Pace

QUICK_S = 2
SLOW_S = 5
LIST_S = 5
_QUICK_BELOW_S = 60
_QUARTER = 25


@dataclass(frozen=True, slots=True)
class Milestone:
    """A point that is read out once, when `key` is a new one."""

    key: str
    text: Message


def poll_interval_s(mission: MissionView, pace: Pace) -> int:
    """Two seconds where items end quickly, five for videos and for what only waits."""
    typical = pace.typical_s or task_type_of(mission.task_type).typical_s
    return QUICK_S if typical < _QUICK_BELOW_S and mission.counts.processing else SLOW_S


def milestone(mission: MissionView) -> Milestone:
    """Every quarter, the first failure, every change of the state: not every poll."""
    counts = mission.counts
    quarter = counts.ended * 100 // counts.total // _QUARTER if counts.total else 0
    failed = "f" if counts.failed else ""
    return Milestone(f"{mission.display_state}:{quarter}{failed}", _progress(counts))


def _progress(counts: Counts) -> Message:
    done = msg("%(ended)s of %(total)s items have ended.", ended=counts.ended, total=counts.total)
    if not counts.failed:
        return done
    failures = nmsg("%(count)s failed.", "%(count)s failed.", counts.failed)
    return msg("%(first)s %(second)s", first=done, second=failures)
