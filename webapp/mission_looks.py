"""Looking at missions: everybody sees all of them. Every method blocks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from typing import TypeVar

from webapp.accounts.rights import OnBehalf
from webapp.clock import Clock
from webapp.db import snapshot
from webapp.errors import NotFound
from webapp.files.references import FindOwn
from webapp.messages import msg
from webapp.pages.figures import completions_per_minute, median
from webapp.providers.base import Provider
from webapp.states import MissionState
from webapp.store import claims, item_views, items, mission_views, queue
from webapp.task_types import task_type_of
from webapp.views import (
    AccountTrouble,
    CauseView,
    ItemDetail,
    ItemView,
    MissionView,
    Pace,
    Page,
    QueueView,
)
from webapp.work.engine import Engine
from webapp.work.pace import eta_seconds

Told = TypeVar("Told")

RATE_WINDOW_MIN = 10
HISTOGRAM_MIN = 60
ENOUGH_TO_JUDGE = 5
"""So many completions before a rate is shown as one."""


class MissionLooks(OnBehalf):
    """What can be seen. Whose missions are one's own is all that depends on who asks."""

    def __init__(
        self,
        clock: Clock,
        provider: Provider,
        engine: Engine,
        find_own_image: FindOwn,
        slots: int,
    ) -> None:
        self._clock = clock
        self._provider = provider
        self._engine = engine
        self._find_own_image = find_own_image
        self._slots = slots

    def list(
        self,
        *,
        page: int = 1,
        page_size: int = 20,
        state: str | None = None,
        task_type: str | None = None,
        q: str | None = None,
        mine: bool = False,
    ) -> Page[MissionView]:
        """Newest first. `state` is a mission's state or "attention"; `mine` leaves out those of
        others."""
        chosen = mission_views.Chosen(task_type, mission_views.search(q), self._owner(mine))
        return mission_views.page(page, page_size, state, chosen)

    def list_with_counts(
        self,
        *,
        page: int,
        page_size: int,
        state: str | None,
        task_type: str | None,
        q: str | None,
        mine: bool,
    ) -> tuple[Page[MissionView], dict[str, int]]:
        """The same page, and how many missions each filter would show: one search for both."""
        chosen = mission_views.Chosen(task_type, mission_views.search(q), self._owner(mine))
        return (
            mission_views.page(page, page_size, state, chosen),
            mission_views.state_counts(chosen),
        )

    def _owner(self, mine: bool) -> int | None:
        return self._person.id if mine else None

    def list_since(self, rev: int, mission_ids: Collection[int]) -> tuple[MissionView, ...]:
        """Those of the missions that changed after `rev`."""
        return mission_views.since(rev, mission_ids)

    def get(self, mission_id: int, *, with_config: bool = False) -> MissionView:
        """Raises NotFound, also for deleted ones."""
        view = mission_views.get(mission_id, with_config=with_config)
        if view is None:
            raise NotFound(msg("This mission does not exist, or was deleted."))
        return view

    def account_trouble(self) -> AccountTrouble | None:
        """Why missions wait for somebody to mend the account, None when none does."""
        return mission_views.account_trouble(self._provider.name)

    def unknown_total(self) -> int:
        """How many items wait for a person, because nobody knows whether they were paid for."""
        return queue.unknown_count()

    def items(
        self,
        mission_id: int,
        *,
        page: int = 1,
        page_size: int = 60,
        state: str | None = None,
        q: str | None = None,
        cause: str | None = None,
    ) -> Page[ItemView]:
        """In their order. `cause` is `class:code` of failed items."""
        task_type = self.get(mission_id).task_type
        return item_views.page(
            mission_id, task_type, page, page_size, state=state, q=q, cause=cause
        )

    def indexes(
        self,
        mission_id: int,
        *,
        state: str | None = None,
        q: str | None = None,
        cause: str | None = None,
    ) -> tuple[int, ...]:
        """The numbers of all items on all pages of `items`. Raises NotFound."""
        self.get(mission_id)
        return item_views.indexes(mission_id, state=state, q=q, cause=cause)

    def tell_all(
        self,
        mission_id: int,
        tell: Callable[[MissionView, Iterable[tuple[ItemView, ...]]], Told],
        *,
        state: str | None = None,
        q: str | None = None,
        cause: str | None = None,
    ) -> Told:
        """What `tell` makes of a mission with its config and all items that fit, which come in parts and
        are of one moment. `tell` must not wait for anybody."""
        with snapshot():
            mission = self.get(mission_id, with_config=True)
            parts = item_views.every(mission_id, mission.task_type, state=state, q=q, cause=cause)
            return tell(mission, parts)

    def items_since(self, mission_id: int, rev: int, ids: Collection[int]) -> tuple[ItemView, ...]:
        """Those of the items (by id) that changed after `rev`."""
        return item_views.since(mission_id, self.get(mission_id).task_type, rev, ids)

    def item(self, mission_id: int, index: int) -> ItemDetail:
        """One item with its whole history. Raises NotFound."""
        found = item_views.detail(mission_id, self.get(mission_id).task_type, index)
        if found is None:
            raise _no_item(index)
        return found

    def _item(self, mission_id: int, index: int) -> ItemView:
        found = item_views.find(mission_id, self.get(mission_id).task_type, index)
        if found is None:
            raise _no_item(index)
        return found

    def causes(self, mission_id: int) -> tuple[CauseView, ...]:
        """Failed items by cause, the most frequent first."""
        return mission_views.causes(mission_id)

    def rev(self, mission_id: int) -> int | None:
        """For the quiet poll: one look at an index. None when the mission does not exist."""
        return mission_views.rev(mission_id)

    def list_rev(self) -> int:
        """The highest revision of all missions."""
        return mission_views.list_rev()

    def any_live(self) -> bool:
        """Whether any mission can still change by itself."""
        return mission_views.any_live()

    def pace(self, mission_id: int) -> Pace:
        """How fast it moves, from what ended in the last minutes."""
        view = self.get(mission_id)
        now = self._clock.now()
        ended = mission_views.ended_since(mission_id, now - timedelta(minutes=HISTOGRAM_MIN))
        recent = [at for at in ended if at > now - timedelta(minutes=RATE_WINDOW_MIN)]
        span_s = (now - min(recent)).total_seconds() if recent else 0.0
        rate = len(recent) / span_s if len(recent) >= ENOUGH_TO_JUDGE and span_s > 0 else None
        typical_s = self._typical_s(view.task_type)
        waiting = view.state in (MissionState.QUEUED, MissionState.RUNNING)
        return Pace(
            eta_s=eta_seconds(
                view.counts.pending,
                view.counts.processing,
                self._engine.slots_now,
                typical_s or task_type_of(view.task_type).typical_s,
                rate,
            )
            if waiting
            else None,
            per_minute=rate * 60 if rate else None,
            typical_s=typical_s,
            histogram=completions_per_minute(ended, now, HISTOGRAM_MIN),
        )

    def _typical_s(self, task_type: str) -> float | None:
        return median(self._engine.durations(task_type))

    def queue(self) -> QueueView:
        """The whole program's work right now."""
        now = self._clock.now()
        waiting, oldest = items.waiting_total()
        return QueueView(
            slots=self._slots,
            busy=claims.busy_slots(now, self._provider.name),
            waiting=waiting,
            limit=self._engine.slots_now,
            per_minute=queue.ended_count(now - timedelta(minutes=5)) / 5,
            unknown=queue.unknown_count(),
            oldest_waiting_at=oldest,
            manager=self._engine.running,
        )


def _no_item(index: int) -> NotFound:
    return NotFound(msg("This mission has no item %(index)s.", index=index))
