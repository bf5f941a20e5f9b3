"""What can be done with single items of a mission. Every method blocks."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Literal

from webapp.accounts.people import Action
from webapp.db import NotUnique, writing
from webapp.errors import Conflict, InvalidInput
from webapp.messages import msg
from webapp.mission_looks import MissionLooks
from webapp.providers.base import ErrorClass, ProviderError
from webapp.states import ItemState
from webapp.store import audit, items, results
from webapp.views import ItemView, MissionView

ResolveAction = Literal["attach", "fail", "resubmit"]


class MissionItems(MissionLooks):
    """Each method that changes something raises Forbidden for whoever may not act on the mission."""

    def mine(self, mission_id: int) -> MissionView:
        """The mission, when the person may act on it. Raises NotFound, Forbidden."""
        view = self.get(mission_id)
        self._must_own(view.owner_id, view.owner)
        return view

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
        number: int | None = None,
        remote_task_id: str | None = None,
        confirm: bool = False,
    ) -> ItemView:
        """Decide about an item of which nobody knows whether it was paid for. `number` says which of
        its tries the person has looked at: a newer one, which they know nothing of, is left alone.

        `attach` asks the provider about the id first (blocks for the network). `resubmit` needs
        `confirm`. Raises InvalidInput, or Conflict when the item is not unknown (any more).
        """
        mission = self.mine(mission_id)
        self._item(mission_id, index)
        if action == "attach" and mission.provider != self._provider.name:
            raise Conflict(
                msg("This mission belongs to the demo or to the account, whichever is not in use.")
            )
        found = items.unknown_attempt(mission_id, index)
        if found is None:
            raise Conflict(msg("This item is not unknown; there is nothing to decide."))
        attempt_id, newest = found
        if number not in (None, newest):
            raise _decided()
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
            raise _decided()
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


def _decided() -> Conflict:
    return Conflict(msg("Somebody else has decided about this item in the meantime."))


def _too_late(item: ItemView) -> Conflict:
    if item.state is ItemState.PROCESSING:
        return Conflict(msg("This item was already sent and is paid for. It finishes by itself."))
    return Conflict(msg("This item no longer waits, so it cannot be cancelled."))
