"""Use cases: what a person or a program can do with missions. No Starlette, no SQL.

Every method blocks. Those that change something commit, and wake the manager where there is work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import fields

from webapp.accounts.people import Action, Role
from webapp.db import NotUnique, writing
from webapp.errors import Conflict
from webapp.expansion import MAX_ITEMS, Expansion, expand
from webapp.files.references import check_references
from webapp.messages import msg
from webapp.mission_items import MissionItems
from webapp.mission_requests import MissionChange, MissionRequest, check_name
from webapp.store import audit, items
from webapp.store import missions as store
from webapp.views import MissionPreview, MissionView, PreviewRow

PREVIEW_ROWS = 20


class Missions(MissionItems):
    """Everybody sees all missions. Who may not act on one is told so: each method that changes
    something raises Forbidden, and what it does is written into the audit trail with it."""

    def check_may_create(self) -> None:
        """Raises Forbidden for whoever may make none, before they fill in a form."""
        self._must_be(Role.MEMBER)

    def check_may_resume_all(self) -> None:
        """Raises Forbidden for whoever may not set everybody's missions going."""
        self._must_be(Role.ADMIN)

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
                PreviewRow(index, params, _prompt(made, params), made.task_type.images_of(params))
                for index, params in enumerate(made.items[:PREVIEW_ROWS], start=1)
            ),
            unit_price=task_type.price,
            price=task_type.price * total,
            currency=task_type.currency,
            seconds=typical_s * -(-total // self._slots),
            duplicates=made.duplicates,
            digest=_digest([task_type.name, made.items]),
        )

    def create(self, request: MissionRequest, idempotency_key: str | None = None) -> MissionView:
        """Store the mission and start it when its time has come.

        The same key of the same person with the same request gives the first mission again; with
        another request, or when that was deleted, it raises Conflict. Raises Forbidden, and InvalidInput when something does not
        fit: then nothing is stored.
        """
        self.check_may_create()
        digest = _digest(_values(request))
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
            items=[(params, _prompt(made, params)) for params in made.items],
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
        if found.deleted:
            raise Conflict(
                msg(
                    "What was made with this Idempotency-Key was deleted. Use a new key to make it "
                    "once more."
                )
            )
        if found.request_hash != digest:
            raise Conflict(
                msg("This Idempotency-Key was already used for another mission. Use a new one.")
            )
        return self.get(found.mission_id)

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
        return self.change(mission_id, MissionChange(name=check_name(name)))

    def change(self, mission_id: int, wanted: MissionChange) -> MissionView:
        """Another name, another description, or both."""
        mission = self.mine(mission_id)
        name = mission.name if wanted.name is None else wanted.name
        text = mission.description if wanted.description is None else wanted.description
        with writing():
            store.describe(mission_id, name, text, self._clock.now())
            if name != mission.name:
                self._note(
                    Action.MISSION_RENAMED, mission, subject=audit.renamed(mission.name, name)
                )
            if text != mission.description:
                self._note(Action.MISSION_DESCRIBED, mission, subject=name)
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
        causes: Collection[str] | None = None,
        indexes: Collection[int] | None = None,
    ) -> int:
        """Failed items wait again: all, those of some causes (`class:code`), or those named.

        Cancelled items only when named. Unknown ones never: they may be paid for. Returns how many.
        """
        mission = self.mine(mission_id)
        with writing():
            count = items.retry(
                mission_id, self._clock.now(), self._person.name, causes=causes, indexes=indexes
            )
            if count:
                self._note(Action.MISSION_RETRIED, mission, count=count)
        self._engine.wake()
        return count


def _prompt(made: Expansion, params: dict[str, object]) -> str:
    return str(params.get(made.task_type.prompt_field.name, ""))


def _values(request: MissionRequest) -> dict[str, object]:
    # Not asdict(), which copies 10,000 items one by one and calls itself at each level.
    return {entry.name: getattr(request, entry.name) for entry in fields(request)}


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
