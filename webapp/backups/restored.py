"""After a restore: nothing is submitted until a person has looked at what may have been paid for since
the backup. Every method blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from webapp.accounts.people import Role
from webapp.accounts.rights import OnBehalf
from webapp.clock import Clock
from webapp.db import STORAGE_ERRORS, writing
from webapp.errors import Conflict
from webapp.messages import msg
from webapp.store import facts, review
from webapp.store.facts import Restored
from webapp.store.review import Doubtful
from webapp.work.engine import Engine

SHOWN = 100
"""So many missions are listed one by one; the others follow the choice for all."""


class Choice(StrEnum):
    """What to do with the items of a mission that wait."""

    PAUSE = "pause"  #: wait until somebody resumes it
    UNCLEAR = "unclear"  #: each may have been paid for; somebody decides about each
    GO_ON = "go_on"  #: nothing was paid for since: as it was


@dataclass(frozen=True, slots=True)
class Review:
    """What to look at: since when, and which missions."""

    since: Restored
    missions: tuple[Doubtful, ...]
    total: int


class RestoredDatabase(OnBehalf):
    """Everybody may look; an admin decides."""

    def __init__(self, clock: Clock, engine: Engine) -> None:
        self._clock = clock
        self._engine = engine

    def pending(self) -> Restored | None:
        """Whether a person has still to look; one query by key, for every page asks. None also when
        the database does not answer."""
        try:
            return facts.restored()
        except STORAGE_ERRORS:
            return None

    def review(self) -> Review | None:
        """None when there is nothing to look at (any more)."""
        since = facts.restored()
        return Review(since, *review.doubtful(since, SHOWN)) if since else None

    def decide(self, otherwise: Choice, choices: Mapping[int, Choice]) -> None:
        """Do with each mission what was chosen for it, with the others `otherwise`; then submitting
        goes on. Commits each mission: broken off, it can be done again. Raises Forbidden, and Conflict
        when somebody else has decided."""
        self._must_be(Role.ADMIN)
        since = facts.restored()
        if since is None:
            raise _decided()
        for mission_id in review.doubtful_ids(since):
            choice = choices.get(mission_id, otherwise)
            with writing():
                if not facts.is_held():  # from that commit on items are sent: too late to mark them
                    raise _decided()
                self._apply(mission_id, choice)
        if not review.finish(self._clock.now(), self._person):
            raise _decided()
        self._engine.wake()

    def _apply(self, mission_id: int, choice: Choice) -> None:
        now, who = self._clock.now(), self._person.name
        match choice:
            case Choice.PAUSE:
                review.keep_paused(mission_id, now, who)
            case Choice.UNCLEAR:
                review.mark_unclear(mission_id, now, who)
            case Choice.GO_ON:
                review.go_on(mission_id, now, who)


def _decided() -> Conflict:
    return Conflict(msg("Somebody else has decided about this in the meantime."))
