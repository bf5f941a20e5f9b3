"""Everything that can happen to attempts, in any order, against a model that a person can check."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.conftest import MakeSettings
from tests.core import making
from tests.core.books import check_books
from tests.core.lives import live, wipe
from tests.helpers.examples import examples
from webapp.states import AttemptState, ItemState, MissionState
from webapp.store import attempts, claims, flights, items, missions
from webapp.store.claims import Submitter
from webapp.store.flights import Flight, Refusal

P, R, C, F, U, X = ItemState
QUEUED, RUNNING, PAUSED, COMPLETED, CANCELLED, FAILED = MissionState
PREPARED = frozenset({"image_to_image"})


@dataclass(eq=False)
class ModelItem:
    """What we believe of one item."""

    mission: ModelMission
    index: int
    state: ItemState = P
    flight: Flight | None = None  #: of the live attempt
    tries: int = 0
    results: int = 0


@dataclass(eq=False)
class ModelMission:
    """What we believe of one mission."""

    id: int
    state: MissionState = QUEUED
    deleted: bool = False
    items: list[ModelItem] = field(default_factory=list)

    def count(self, *states: ItemState) -> int:
        return sum(item.state in states for item in self.items)

    @property
    def stopped(self) -> bool:
        return self.deleted or self.state is CANCELLED

    @property
    def ended(self) -> bool:
        return self.state in (COMPLETED, CANCELLED, FAILED)

    def follow(self) -> None:
        """The last item ends the mission."""
        if self.ended or self.count(P, R):
            return
        if self.count(C):
            self.state = COMPLETED
        else:
            self.state = CANCELLED if self.count(X) == len(self.items) else FAILED

    def wake(self) -> None:
        if self.ended:
            self.state = RUNNING

    def reopen(self) -> None:
        if self.state in (COMPLETED, FAILED) and not self.count(P):
            self.state = RUNNING


class Life(RuleBasedStateMachine):
    """The store on one side, the model on the other."""

    def __init__(self) -> None:
        super().__init__()
        wipe()
        self.now = making.NOW
        self.missions: list[ModelMission] = []
        self.known: list[tuple[ModelItem, Flight]] = []  # what askers may still bring answers about
        self.forgotten: list[Flight] = []  # and of missions that are gone
        self.codes = 0

    # What there is to choose from

    def items_in(self, *states: ItemState) -> list[ModelItem]:
        every = (item for mission in self.missions for item in mission.items)
        return [item for item in every if item.state in states]

    def flying(self, *states: AttemptState) -> list[ModelItem]:
        return [i for i in self.items_in(R, U) if i.flight is not None and i.flight.state in states]

    def visible(self) -> list[ModelMission]:
        return [mission for mission in self.missions if not mission.deleted]

    def why(self) -> Refusal:
        """A cause that was never seen before, so that the breaker sees no pattern."""
        self.codes += 1
        return Refusal("failed", f"code-{self.codes}", "")

    # The person

    @initialize(first=st.integers(1, 4))
    def begin(self, first: int) -> None:
        self.create(first, False)

    @precondition(lambda self: len(self.missions) < 3)
    @rule(count=st.integers(1, 4), images=st.booleans())
    def create(self, count: int, images: bool) -> None:
        kind = "image_to_image" if images else "text_to_image"
        found = making.new_mission(count, now=self.now, task_type=kind, failure_threshold=1.0)
        mission = ModelMission(found)
        mission.items = [ModelItem(mission, index) for index in range(1, count + 1)]
        self.missions.append(mission)

    @precondition(lambda self: self.visible())
    @rule(data=st.data())
    def pause(self, data: st.DataObject) -> None:
        mission = data.draw(st.sampled_from(self.visible()))
        can = mission.state in (QUEUED, RUNNING)
        assert missions.pause(mission.id, self.now, "anna") is can
        if can:
            mission.state = PAUSED

    @precondition(lambda self: self.visible())
    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        mission = data.draw(st.sampled_from(self.visible()))
        can = mission.state is PAUSED or (mission.state is FAILED and mission.count(P) > 0)
        assert missions.resume(mission.id, self.now, "anna") is can
        if can:
            mission.state = RUNNING
            mission.follow()

    @precondition(lambda self: self.visible())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        mission = data.draw(st.sampled_from(self.visible()))
        waiting = [item for item in mission.items if item.state is P]
        can = not mission.ended or (mission.state is FAILED and bool(waiting))
        found = missions.cancel(mission.id, self.now, "anna")
        assert found == (len(waiting) if can else None)
        if can:
            self._cancelled(mission, waiting)

    @precondition(lambda self: self.visible())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        mission = data.draw(st.sampled_from(self.visible()))
        missions.delete(mission.id, self.now, "anna")
        waiting = [item for item in mission.items if item.state is P]
        if not mission.ended or (mission.state is FAILED and waiting):
            self._cancelled(mission, waiting)
        mission.deleted = True

    def _cancelled(self, mission: ModelMission, waiting: list[ModelItem]) -> None:
        mission.state = CANCELLED
        for item in waiting:
            item.state = X

    @precondition(lambda self: self.visible())
    @rule(data=st.data(), index=st.integers(1, 4))
    def cancel_item(self, data: st.DataObject, index: int) -> None:
        mission = data.draw(st.sampled_from(self.visible()))
        hit = [item for item in mission.items if item.index == index and item.state is P]
        assert items.cancel(mission.id, [index], self.now, "anna") == len(hit)
        for item in hit:
            item.state = X
            mission.follow()

    @precondition(lambda self: self.visible())
    @rule(data=st.data(), index=st.integers(1, 4), everything=st.booleans())
    def retry(self, data: st.DataObject, index: int, everything: bool) -> None:
        mission = data.draw(st.sampled_from(self.visible()))
        takes = (F,) if everything else (F, X)
        hit = [i for i in mission.items if i.state in takes and (everything or i.index == index)]
        indexes = None if everything else [index]
        assert items.retry(mission.id, self.now, "anna", indexes=indexes) == len(hit)
        for item in hit:
            item.state = P
        if hit:
            mission.wake()

    @precondition(lambda self: self.items_in(U))
    @rule(data=st.data())
    def attach(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.items_in(U)))
        assert item.flight is not None
        assert items.attach(item.flight.attempt_id, making.new_task_id(), self.now, "anna")
        item.state = R
        item.mission.reopen()
        self._reload(item)

    @precondition(lambda self: self.items_in(U))
    @rule(data=st.data(), again=st.booleans())
    def decide(self, data: st.DataObject, again: bool) -> None:
        item = data.draw(st.sampled_from(self.items_in(U)))
        assert item.flight is not None
        act = items.submit_again if again else items.give_up
        assert act(item.flight.attempt_id, self.now, "anna")
        assert not act(item.flight.attempt_id, self.now, "anna")
        item.state, item.flight = (P if again else F), None
        if again:
            item.mission.wake()
        else:
            item.mission.follow()

    # The program

    @rule(limit=st.integers(1, 5), slots=st.integers(1, 8))
    def claim(self, limit: int, slots: int) -> None:
        running = [m for m in self.missions if m.state in (QUEUED, RUNNING) and not m.deleted]
        waiting = sum(mission.count(P) for mission in running)
        busy = len(self.items_in(R, U))  # in here, an unknown one may run for ever
        found = making.claim(limit, slots, now=self.now, prepares=PREPARED).flights
        assert len(found) == max(0, min(limit, slots - busy, waiting))
        for flight in found:
            (mission,) = (m for m in running if m.id == flight.mission_id)
            item = mission.items[flight.item_index - 1]
            assert item.state is P
            item.state, item.flight, item.tries = R, flight, item.tries + 1
            mission.state = RUNNING
            self.known.append((item, flight))

    @precondition(lambda self: self.flying(AttemptState.PREPARING))
    @rule(data=st.data())
    def images_are_up(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.flying(AttemptState.PREPARING)))
        assert item.flight is not None
        sent = attempts.begin_submit(item.flight, self.now)
        assert (sent is not None) is (item.mission.state is RUNNING and not item.mission.deleted)
        if sent is None:
            self._returned(item)
        else:
            self._reload(item)

    @precondition(lambda self: self.flying(AttemptState.SUBMITTING))
    @rule(data=st.data())
    def accepted(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.flying(AttemptState.SUBMITTING)))
        assert item.flight is not None
        attempts.accepted(item.flight, making.new_task_id(), "queued", "{}", self.now)
        self._reload(item)

    @precondition(lambda self: self.flying(AttemptState.PREPARING, AttemptState.SUBMITTING))
    @rule(data=st.data(), counts=st.booleans(), pauses=st.booleans())
    def not_accepted(self, data: st.DataObject, counts: bool, pauses: bool) -> None:
        on_its_way = (AttemptState.PREPARING, AttemptState.SUBMITTING)
        item = data.draw(st.sampled_from(self.flying(*on_its_way)))
        assert item.flight is not None
        attempts.give_back(
            item.flight, self.why(), self.now, retry_at=None, counts_as_try=counts, pause=pauses
        )
        if pauses and item.mission.state is RUNNING:
            item.mission.state = PAUSED
        self._returned(item)

    def _returned(self, item: ModelItem) -> None:
        item.state, item.flight = (X if item.mission.stopped else P), None
        item.mission.follow()

    @precondition(lambda self: self.flying(AttemptState.SUBMITTING))
    @rule(data=st.data())
    def refused(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.flying(AttemptState.SUBMITTING)))
        assert item.flight is not None
        attempts.refuse(item.flight, self.why(), self.now)
        self._ended(item, F)

    @precondition(lambda self: self.flying(AttemptState.SUBMITTING, AttemptState.SUBMITTED))
    @rule(data=st.data())
    def never_answered(self, data: st.DataObject) -> None:
        sent = (AttemptState.SUBMITTING, AttemptState.SUBMITTED)
        item = data.draw(st.sampled_from(self.flying(*sent)))
        assert item.flight is not None
        making.lose(item.flight, self.now, may_run_for_s=10**9)
        item.state = U
        item.mission.follow()
        self._reload(item)

    # Answers, also about attempts that somebody has decided about long ago

    @precondition(lambda self: self.known)
    @rule(data=st.data(), files=st.integers(0, 3))
    def succeeded(self, data: st.DataObject, files: int) -> None:
        item, flight = data.draw(st.sampled_from(self.known))
        current = self._is_current(item, flight)
        stored = making.finish(flight, self.now, files=files)
        assert stored == (files if current else 0)
        if current:
            item.results += files
            if item.state is U:
                item.state = R
                item.mission.reopen()
            self._ended(item, C)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def failed(self, data: st.DataObject) -> None:
        item, flight = data.draw(st.sampled_from(self.known))
        current = self._is_current(item, flight)
        making.fail(flight, self.now, self.why())
        if current:
            self._ended(item, F)

    @precondition(lambda self: self.items_in(R))
    @rule(data=st.data())
    def cancelled_over_there(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.items_in(R)))
        assert item.flight is not None
        attempts.cancelled_remotely(item.flight, self.why(), self.now)
        self._ended(item, X)

    def _is_current(self, item: ModelItem, flight: Flight) -> bool:
        mine = item.flight
        return (
            mine is not None
            and mine.attempt_id == flight.attempt_id
            and mine.remote_task_id == flight.remote_task_id
        )

    def _ended(self, item: ModelItem, state: ItemState) -> None:
        item.state, item.flight = state, None
        item.mission.follow()

    def _reload(self, item: ModelItem) -> None:
        assert item.flight is not None
        item.flight = flights.load_flight(item.flight.attempt_id)
        assert item.flight is not None
        self.known.append((item, item.flight))

    # Power cuts, time, and the hourly broom

    @rule()
    def crash_and_start(self) -> None:
        boot = Submitter("runninghub", "key-1", f"boot-after-{self.codes}")
        self.codes += 1
        asked = claims.recover(self.now, boot, lambda _: 1e9)
        for item in self.flying(AttemptState.PREPARING):
            self._returned(item)
        for item in self.flying(AttemptState.SUBMITTING):
            item.state = U
            item.mission.follow()
            self._reload(item)
        with_id = [i.flight for i in self.items_in(R, U) if i.flight and i.flight.remote_task_id]
        assert {flight.attempt_id for flight in asked} == {f.attempt_id for f in with_id}

    @rule(seconds=st.integers(1, 60))
    def time_passes(self, seconds: int) -> None:
        self.now = self.now.fromtimestamp(self.now.timestamp() + seconds, self.now.tzinfo)

    @precondition(lambda self: any(mission.deleted for mission in self.missions))
    @rule()
    def sweep(self) -> None:
        gone = [m for m in self.missions if m.deleted and not m.count(R)]
        day = making.later(86400 * 365)
        assert missions.purgeable(day) == sorted(mission.id for mission in gone)
        for mission in gone:
            missions.purge(mission.id, self.now)
            self.missions.remove(mission)
            self.forgotten += [entry[1] for entry in self.known if entry[0].mission is mission]
            self.known = [entry for entry in self.known if entry[0].mission is not mission]

    @precondition(lambda self: self.forgotten)
    @rule(data=st.data(), delivers=st.booleans())
    def answer_about_what_was_removed(self, data: st.DataObject, delivers: bool) -> None:
        flight = data.draw(st.sampled_from(self.forgotten))
        if delivers:
            assert making.finish(flight, self.now) == 0
        else:
            making.fail(flight, self.now, self.why())

    # What must be true

    @invariant()
    def the_store_agrees(self) -> None:
        for mission in self.missions:
            assert making.states(mission.id) == [item.state for item in mission.items]
            assert making.status(mission.id) is mission.state

    @invariant()
    def the_books_balance(self) -> None:
        check_books()


def test_whatever_happens_in_whatever_order(make_settings: MakeSettings) -> None:
    live(Life, make_settings, examples(20))
