"""What a person decides about unclear items, one or several at once."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.errors import AppError, Conflict, Forbidden, InvalidInput, NotFound
from webapp.messages import msg
from webapp.mission_items import ResolveAction
from webapp.missions import Missions

Pick = tuple[int, int, int | None]
"""A mission's id, an item's index, and which of its tries the person has looked at (None: any)."""


def decide(
    missions: Missions,
    picks: Sequence[Pick],
    action: ResolveAction,
    *,
    remote_task_id: str | None = None,
    confirm: bool = False,
) -> int:
    """Do the same with every picked item; returns with how many it could be done.

    Those that are no longer unclear, or that the person may not decide about, are left out; when
    none is left, the reason is raised. A task id belongs to one item: `attach` takes one pick.
    """
    if not picks:
        raise InvalidInput.field("pick", msg("Choose some items first."))
    if action == "attach" and len(picks) > 1:
        raise InvalidInput.field("pick", msg("A task id belongs to one item. Choose only one."))
    done = 0
    reason: AppError | None = None
    for mission_id, index, number in picks:
        try:
            missions.resolve_item(
                mission_id,
                index,
                action=action,
                number=number,
                remote_task_id=remote_task_id,
                confirm=confirm,
            )
            done += 1
        except (Conflict, Forbidden, NotFound) as error:
            reason = error
    if not done and reason is not None:
        raise reason
    return done
