"""Use cases: what a person or a program can do with missions. No Starlette, no SQL.

Every method blocks. Those that change something commit, and wake the manager where there is work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from webapp.clock import Clock
from webapp.db import NotUnique, snapshot, writing
from webapp.engine import Engine
from webapp.errors import Conflict, InvalidInput, NotFound
from webapp.expansion import MAX_ITEMS, Expansion, expand
from webapp.figures import completions_per_minute, median
from webapp.messages import msg
from webapp.mission_requests import MissionRequest, check_name
from webapp.pace import eta_seconds
from webapp.people import Action, Role
from webapp.providers.base import ErrorClass, Provider, ProviderError
from webapp.references import FindOwn, check_references
from webapp.rights import OnBehalf
from webapp.states import ItemState, MissionState
from webapp.store import audit, claims, item_views, items, mission_views, queue, results
from webapp.store import missions as store
from webapp.task_types import task_type_of
from webapp.views import (
    AccountTrouble,
    CauseView,
    ItemDetail,
    ItemView,
    MissionPreview,
    MissionView,
    Pace,
    Page,
    PreviewRow,
    QueueView,
)

Told = TypeVar("Told")

PREVIEW_ROWS = 20
RATE_WINDOW_MIN = 10
HISTOGRAM_MIN = 60
ENOUGH_TO_JUDGE = 5
"""So many completions before a rate is shown as one."""

ResolveAction = Literal["attach", "fail", "resubmit"]


class Missions(OnBehalf):
    """Everybody sees all missions. Who may not act on one is told so: each method that changes
    something raises Forbidden, and what it does is written into the audit trail with it."""

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

    def mine(self, mission_id: int) -> MissionView:
        """The mission, when the person may act on it. Raises NotFound, Forbidden."""
        view = self.get(mission_id)
        self._must_own(view.owner_id, view.owner)
        return view

    def check_may_create(self) -> None:
        """Raises Forbidden for whoever may make none, before they fill in a form."""
        self._must_be(Role.MEMBER)

    def check_may_resume_all(self) -> None:
        """Raises Forbidden for whoever may not set everybody's missions going."""
        self._must_be(Role.ADMIN)

    def _note(
        self,
        action: Action,
        mission: MissionView,
        *,
        index: int | None = None,
        subject: str | None = None,
        count: int | None = None,
    ) -> None:
        """Inside the transaction that does it."""
        audit.note(
            self._person,
            action,
            self._clock.now(),
            mission_id=mission.id,
            item_index=index,
            subject=mission.name if subject is None else subject,
            count=count,
        )

    # Make

    def preview(self, request: MissionRequest) -> MissionPreview:
        """What `create` would make, and the list price. Raises InvalidInput."""
        made = self._expanded(request)
        task_type = made.task_type
        typical_s = self._typical_s(task_type.name) or task_type.typical_s
        total = len(made.items)
        return MissionPreview(
            total=total,
            inputs=made.inputs,
            repeat=made.repeat,
            rows=tuple(
                PreviewRow(index, params, _prompt(params), made.task_type.images_of(params))
                for index, params in enumerate(made.items[:PREVIEW_ROWS], start=1)
            ),
            unit_price=task_type.price,
            price=task_type.price * total,
            currency=task_type.currency,
            seconds=typical_s * -(-total // self._slots),
            duplicates=made.duplicates,
        )

    def create(self, request: MissionRequest, idempotency_key: str | None = None) -> MissionView:
        """Store the mission and start it when its time has come.

        The same key of the same person with the same request gives the first mission again; with
        another request it raises Conflict. Raises InvalidInput when something does not fit: then nothing is stored.
        """
        self.check_may_create()
        digest = _digest(request)
        if idempotency_key is not None:
            first = self._first_with(idempotency_key, digest)
            if first is not None:
                return first
        made = self._expanded(request)
        new = store.NewMission(
            name=request.name,
            description=request.description,
            task_type=request.task_type,
            provider=self._provider.name,
            owner_id=self._person.id,
            config=request.config,
            items=[(params, _prompt(params)) for params in made.items],
            priority=request.priority,
            scheduled_at=request.scheduled_at,
            failure_threshold=request.failure_threshold,
            resubmit_unknown_after=request.resubmit_unknown_after,
            estimate=made.task_type.price * len(made.items),
            currency=made.task_type.currency,
            idempotency_key=idempotency_key,
            request_hash=digest,
        )
        try:
            mission_id = self._store(new)
        except NotUnique:
            # The same click twice at the same moment: the other one was first.
            first = self._first_with(idempotency_key or "", digest)
            if first is None:
                raise
            return first
        self._engine.wake()
        return self.get(mission_id)

    def _store(self, new: store.NewMission) -> int:
        now = self._clock.now()
        with writing():
            mission_id = store.create(new, now, self._person.name)
            audit.note(
                self._person,
                Action.MISSION_CREATED,
                now,
                mission_id=mission_id,
                subject=new.name,
                count=len(new.items),
            )
        return mission_id

    def _expanded(self, request: MissionRequest) -> Expansion:
        made = expand(request)
        check_references(made, self._find_own_image)
        return made

    def _first_with(self, idempotency_key: str, digest: str) -> MissionView | None:
        found = store.find_by_key(self._person.id, idempotency_key)
        if found is None:
            return None
        mission_id, first_digest = found
        if first_digest != digest:
            raise Conflict(
                msg("This Idempotency-Key was already used for another mission. Use a new one.")
            )
        return self.get(mission_id)

    def duplicate_request(self, mission_id: int, *, cause: str | None = None) -> MissionRequest:
        """The request that would make the same mission once more, or only its items that failed
        for a cause (`class:code`); nothing is made."""
        view = self.get(mission_id, with_config=True)
        config: dict[str, object] = dict(view.config)
        if cause is not None:
            failed = self.items(mission_id, page_size=MAX_ITEMS, cause=cause)
            config = {"batch_input": [dict(item.params) for item in failed.rows]}
        return MissionRequest(
            name=view.name,
            description=view.description,
            task_type=view.task_type,
            config=config,
            priority=view.priority,
            failure_threshold=view.failure_threshold,
            resubmit_unknown_after=view.resubmit_unknown_after,
        )

    # Look

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

    def tell_all(
        self,
        mission_id: int,
        tell: Callable[[MissionView, Iterable[tuple[ItemView, ...]]], Told],
        *,
        state: str | None = None,
    ) -> Told:
        """What `tell` makes of a mission with its config and all its items, which come in parts and
        are of one moment. `tell` must not wait for anybody."""
        with snapshot():
            mission = self.get(mission_id, with_config=True)
            return tell(mission, item_views.every(mission_id, mission.task_type, state=state))

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

    # Change a mission

    def pause(self, mission_id: int) -> MissionView:
        """Submit no more; what is in flight finishes. Conflict when it has ended or is paused."""
        mission = self.mine(mission_id)
        with writing():
            if not store.pause(mission_id, self._clock.now(), self._person.name):
                raise Conflict(msg("Only a mission that is queued or running can be paused."))
            self._note(Action.MISSION_PAUSED, mission)
        return self.get(mission_id)

    def resume(self, mission_id: int) -> MissionView:
        """Go on. Conflict when there is nothing to go on with."""
        mission = self.mine(mission_id)
        with writing():
            if not store.resume(mission_id, self._clock.now(), self._person.name):
                raise Conflict(msg("This mission is not paused."))
            self._note(Action.MISSION_RESUMED, mission)
        self._engine.wake()
        return self.get(mission_id)

    def resume_after_trouble(self) -> int:
        """Go on with all that money or the key had paused; returns how many missions."""
        self.check_may_resume_all()
        with writing():
            resumed = store.resume_after_trouble(
                self._provider.name, self._clock.now(), self._person.name
            )
            for mission_id in resumed:
                self._note(Action.MISSION_RESUMED, self.get(mission_id))
        self._engine.wake()
        return len(resumed)

    def cancel(self, mission_id: int) -> int:
        """Cancel what waits, at once; what is in flight is paid for, finishes and keeps its results.

        Returns how many items were cancelled. Conflict when the mission has already ended.
        """
        mission = self.mine(mission_id)
        with writing():
            cancelled = store.cancel(mission_id, self._clock.now(), self._person.name)
            if cancelled is None:
                raise Conflict(msg("This mission has already ended."))
            self._note(Action.MISSION_CANCELLED, mission, count=cancelled)
        self._engine.wake()
        return cancelled

    def rename(self, mission_id: int, name: str) -> MissionView:
        """Raises InvalidInput for an empty or too long name."""
        mission = self.mine(mission_id)
        new_name = check_name(name)
        with writing():
            store.rename(mission_id, new_name, self._clock.now())
            if new_name != mission.name:
                self._note(
                    Action.MISSION_RENAMED, mission, subject=audit.renamed(mission.name, new_name)
                )
        return self.get(mission_id)

    def delete(self, mission_id: int) -> None:
        """Hide it at once and cancel what waits; what is in flight drains. The ledger stays."""
        mission = self.mine(mission_id)
        with writing():
            store.delete(mission_id, self._clock.now(), self._person.name)
            self._note(Action.MISSION_DELETED, mission)

    def retry(
        self,
        mission_id: int,
        *,
        cause: str | None = None,
        indexes: Collection[int] | None = None,
    ) -> int:
        """Failed items wait again: all, those of a cause (`class:code`), or those named.

        Cancelled items only when named. Unknown ones never: they may be paid for. Returns how many.
        """
        mission = self.mine(mission_id)
        with writing():
            count = items.retry(
                mission_id, self._clock.now(), self._person.name, cause=cause, indexes=indexes
            )
            if count:
                self._note(Action.MISSION_RETRIED, mission, count=count)
        self._engine.wake()
        return count

    # Change an item

    def retry_item(self, mission_id: int, index: int, *, confirm_unknown: bool = False) -> ItemView:
        """One more try. An unknown item needs `confirm_unknown`, for it may be paid for twice."""
        mission = self.mine(mission_id)
        item = self._item(mission_id, index)
        if item.state is ItemState.UNKNOWN:
            return self.resolve_item(mission_id, index, action="resubmit", confirm=confirm_unknown)
        with writing():
            if not items.retry(mission_id, self._clock.now(), self._person.name, indexes=[index]):
                raise Conflict(msg("Only a failed or cancelled item can be tried again."))
            self._note(Action.ITEM_RETRIED, mission, index=index)
        self._engine.wake()
        return self._item(mission_id, index)

    def cancel_item(self, mission_id: int, index: int) -> ItemView:
        """Only while it waits. Conflict once it was sent: it is paid for and finishes."""
        mission = self.mine(mission_id)
        item = self._item(mission_id, index)
        with writing():
            if not items.cancel(mission_id, [index], self._clock.now(), self._person.name):
                raise _too_late(item)
            self._note(Action.ITEM_CANCELLED, mission, index=index)
        return self._item(mission_id, index)

    def cancel_items(self, mission_id: int, indexes: Collection[int]) -> int:
        """Those of the named items that still wait; returns how many."""
        mission = self.mine(mission_id)
        with writing():
            count = items.cancel(mission_id, indexes, self._clock.now(), self._person.name)
            if count:
                self._note(Action.ITEMS_CANCELLED, mission, count=count)
        return count

    def resolve_item(
        self,
        mission_id: int,
        index: int,
        *,
        action: ResolveAction,
        remote_task_id: str | None = None,
        confirm: bool = False,
    ) -> ItemView:
        """Decide about an item of which nobody knows whether it was paid for.

        `attach` asks the provider about the id first (blocks for the network). `resubmit` needs
        `confirm`. Raises InvalidInput, or Conflict when the item is not unknown (any more).
        """
        mission = self.mine(mission_id)
        self._item(mission_id, index)
        if action == "attach" and mission.provider != self._provider.name:
            raise Conflict(
                msg("This mission belongs to the demo or to the account, whichever is not in use.")
            )
        attempt_id = items.unknown_attempt(mission_id, index)
        if attempt_id is None:
            raise Conflict(msg("This item is not unknown; there is nothing to decide."))
        match action:
            case "attach":
                done = self._attach(mission, index, attempt_id, (remote_task_id or "").strip())
            case "fail":
                done = self._decide(mission, index, Action.ITEM_GIVEN_UP, items.give_up, attempt_id)
                self._engine.wake()  # it may have held a slot
            case "resubmit":
                if not confirm:
                    raise InvalidInput.field(
                        "confirm",
                        msg(
                            "This item may already be paid for. Confirm that it may be paid twice."
                        ),
                    )
                done = self._decide(
                    mission, index, Action.ITEM_RESUBMITTED, items.submit_again, attempt_id
                )
                self._engine.wake()
        if not done:
            raise Conflict(msg("Somebody else has decided about this item in the meantime."))
        return self._item(mission_id, index)

    def _decide(
        self,
        mission: MissionView,
        index: int,
        action: Action,
        change: Callable[[int, datetime, str], bool],
        attempt_id: int,
    ) -> bool:
        with writing():
            done = change(attempt_id, self._clock.now(), self._person.name)
            if done:
                self._note(action, mission, index=index)
        return done

    def _attach(
        self, mission: MissionView, index: int, attempt_id: int, remote_task_id: str
    ) -> bool:
        field = "runninghub_task_id"
        if not remote_task_id.isascii() or not remote_task_id.isdecimal():
            raise InvalidInput.field(field, msg("A task id is a number of about 19 digits."))
        try:
            self._provider.query(remote_task_id)
        except ProviderError as error:
            if error.error_class in (ErrorClass.LOST, ErrorClass.INPUT):
                raise InvalidInput.field(
                    field, msg("RunningHub does not know a task with this id.")
                ) from error
            raise Conflict(
                msg("RunningHub could not be asked about this id just now. Try again in a moment.")
            ) from error
        try:
            with writing():
                done = items.attach(
                    attempt_id, remote_task_id, self._clock.now(), self._person.name
                )
                if done:
                    subject = f"{remote_task_id[:32]} · {mission.name}"
                    self._note(Action.ITEM_ATTACHED, mission, index=index, subject=subject)
        except NotUnique as error:
            raise Conflict(msg("This task id already belongs to another item.")) from error
        if done:
            self._engine.follow(attempt_id)
        return done

    def refetch_files(self, mission_id: int, index: int | None = None) -> int:
        """Download failed files again, never a new generation; returns how many."""
        mission = self.mine(mission_id)
        item_id = None if index is None else self._item(mission_id, index).id
        with writing():
            count = results.retry_files(mission_id, self._clock.now(), item_id=item_id)
            if count:
                self._note(Action.FILES_REFETCHED, mission, index=index, count=count)
        self._engine.wake()
        return count


def _no_item(index: int) -> NotFound:
    return NotFound(msg("This mission has no item %(index)s.", index=index))


def _too_late(item: ItemView) -> Conflict:
    if item.state is ItemState.PROCESSING:
        return Conflict(msg("This item was already sent and is paid for. It finishes by itself."))
    return Conflict(msg("This item no longer waits, so it cannot be cancelled."))


def _prompt(params: dict[str, object]) -> str:
    return str(params.get("prompt", ""))


def _digest(request: MissionRequest) -> str:
    text = json.dumps(asdict(request), sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
