"""Stops a mission that only fails, before it has spent everything (design.md §6).

What was not started stays waiting, and Resume goes on: from then on only new endings count.
"""

from __future__ import annotations

from datetime import datetime

from peewee import fn

from webapp.models import Attempt, Mission
from webapp.states import AttemptState, MissionState
from webapp.store.rows import row, rows
from webapp.store.transitions import move_mission

SAME_CAUSE_AT_FIRST = 5
SAME_CAUSE_IN_A_ROW = 10
SHARE_FROM = 20
DEFAULT_THRESHOLD = 0.5

TOO_MANY = "too_many_failures"
"""The pause code when no single cause is to blame."""

_FAILED = (AttemptState.FAILED, AttemptState.REFUSED)
_ENDED = (AttemptState.SUCCEEDED, *_FAILED)


def judge(mission_id: int, now: datetime) -> bool:
    """Called when an item has failed, inside the same transaction; True when the mission was stopped.

    A mission with nothing left to start is never stopped: there is nothing to save.
    """
    found = row(
        Mission.select(Mission.pending_count, Mission.failure_threshold, Mission.judged_from).where(
            Mission.id == mission_id, Mission.status == MissionState.RUNNING
        )
    )
    if found is None or not found[0]:
        return False
    threshold = DEFAULT_THRESHOLD if found[1] is None else float(found[1])
    # A moment that has not come yet: the machine's clock was set back since, and all endings count.
    since = found[2] if found[2] is None or found[2] <= now else None
    cause = _same_cause(mission_id, since)
    if cause is None and not _too_many(mission_id, since, threshold):
        return False
    pause_cause, pause_code = cause or ("breaker", TOO_MANY)
    return move_mission(
        mission_id,
        MissionState.FAILED,
        now=now,
        note=f"stopped:{pause_cause}:{pause_code}",
        pause_cause=pause_cause,
        pause_code=pause_code,
        pause_raw="",
    )


def _same_cause(mission_id: int, since: datetime | None) -> tuple[str, str] | None:
    """The cause of the first five endings, or of the last ten, when it is one and the same."""
    last = rows(
        Attempt.select(Attempt.state, Attempt.error_class, Attempt.error_code)
        .where(*_endings(mission_id, since))
        .order_by(Attempt.ended_at.desc(), Attempt.id.desc())
        .limit(SAME_CAUSE_IN_A_ROW)
    )
    causes = {(entry[1], entry[2]) if entry[0] in _FAILED else None for entry in last}
    # Fewer than ten are all that ever ended.
    if len(last) < SAME_CAUSE_AT_FIRST or len(causes) != 1:
        return None
    return causes.pop()


def _too_many(mission_id: int, since: datetime | None, threshold: float) -> bool:
    counted: dict[str, int] = dict(
        rows(
            Attempt.select(Attempt.state, fn.COUNT(Attempt.id))
            .where(*_endings(mission_id, since))
            .group_by(Attempt.state)
        )
    )
    total = sum(counted.values())
    failed = total - counted.get(AttemptState.SUCCEEDED, 0)
    return total >= SHARE_FROM and failed > threshold * total


def _endings(mission_id: int, since: datetime | None) -> list[object]:
    chosen: list[object] = [Attempt.mission_id == mission_id, Attempt.state.in_(_ENDED)]
    chosen.append(Attempt.ended_at.is_null(False) if since is None else Attempt.ended_at > since)
    return chosen
