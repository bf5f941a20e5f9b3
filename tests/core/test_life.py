"""Use cases, runner and ledger in any order, with crashes at every place between, against RunningHub's
own ledger and a model of what each item must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from tests.conftest import MakeSettings
from tests.core import making
from tests.core.books import check_books, check_ledger
from tests.core.lives import live, wipe
from tests.core.pretended import REFUSALS, Pretended
from tests.helpers.examples import examples
from webapp.accounts.people import LOCAL
from webapp.clock import FakeClock
from webapp.db import NotUnique
from webapp.errors import Conflict, InvalidInput
from webapp.mission_requests import MissionRequest
from webapp.missions import Missions
from webapp.providers.base import ProviderError, Submission
from webapp.runner import Limits, Next, Runner
from webapp.safety.receipts import Receipt
from webapp.states import AttemptState, ItemState, MissionState
from webapp.store import attempts, claims, items, receipts
from webapp.store.claims import Submitter
from webapp.store.flights import Flight, load_flight
from webapp.work.engine import NoEngine

P, R, C, F, U, X = ItemState
Key = tuple[int, int]
SLOTS = 6
MAX_TASK_S = 600.0
PREPARED = frozenset({"image_to_image"})
AFTER_SUBMIT = {"accepted and silent": U, "silent": U, "refused": F}
Answer = Submission | ProviderError
T = TypeVar("T", bound=Callable[..., None])


Enabled = Callable[["Life"], object]
ACTIONS: list[tuple[str, int, Enabled]] = []


def action(weight: int, enabled: Enabled) -> Callable[[T], T]:
    """A step that may come whenever it is enabled, the more often the heavier it is. Rules of Hypothesis
    come in long rows of the same, so that few lives would get as far as an answer."""

    def note(step: T) -> T:
        ACTIONS.append((step.__name__, weight, enabled))
        return step

    return note


class Life(RuleBasedStateMachine):
    """The program on one side, what must be on the other. `claimed`, `answered` and `asked` are what a
    process has in its memory; a crash forgets them."""

    def __init__(self) -> None:
        super().__init__()
        wipe()
        self.clock = FakeClock(making.NOW)
        self.service = Pretended()
        self.missions = Missions(
            self.clock, self.service, NoEngine(SLOTS), lambda _: None, SLOTS
        ).by(LOCAL)
        self.runner = Runner(
            self.service, self.clock, Limits(MAX_TASK_S), lambda value, _: value, lambda _: None
        )
        self.boot = Submitter(self.service.name, self.service.key_fingerprint, "boot-1")
        self.items: dict[Key, ItemState] = {}
        self.deleted: set[int] = set()
        self.claimed: list[Flight] = []
        self.answered: list[tuple[Flight, Answer]] = []
        self.asked: list[Flight] = []
        self.receipts: dict[int, Receipt] = {}
        self.confirmed: Counter[str] = Counter()

    def keys(self, *states: ItemState) -> list[Key]:
        """Items that a person can see, in these states."""
        return [k for k, s in self.items.items() if s in states and k[0] not in self.deleted]

    def seen(self) -> list[int]:
        return sorted({key[0] for key in self.items} - self.deleted)

    def key(self, flight: Flight) -> Key:
        return flight.mission_id, flight.item_index

    def back(self, flight: Flight) -> ItemState:
        """What becomes of an item whose submit did not leave, or was not taken."""
        return X if self._stopped(flight.mission_id) else P

    def _stopped(self, mission_id: int) -> bool:
        return mission_id in self.deleted or making.status(mission_id) is MissionState.CANCELLED

    # The person

    @initialize(count=st.integers(1, 4))
    def begin(self, count: int) -> None:
        self._create(count, images=False)

    @action(2, lambda self: len(self.seen()) < 3)
    def create(self, data: st.DataObject) -> None:
        self._create(data.draw(st.integers(1, 4)), images=data.draw(st.booleans()))

    def _create(self, count: int, *, images: bool) -> None:
        number = len(self.items)
        prompts = [f"fox {number + n}" for n in range(count)]
        urls = ["https://example.com/fox.png"]
        batch: list[object] = (
            [{"prompt": p, "imageUrls": urls} for p in prompts] if images else [*prompts]
        )
        kind = "image_to_image" if images else "text_to_image"
        request = MissionRequest("n", "", kind, {"batch_input": batch}, failure_threshold=1.0)
        made = self.missions.create(request)
        self.items |= {(made.id, index): P for index in range(1, count + 1)}

    @action(2, lambda self: self.seen())
    def pause_or_resume(self, data: st.DataObject) -> None:
        pause = data.draw(st.booleans())
        mission_id = data.draw(st.sampled_from(self.seen()))
        with suppress(Conflict):
            (self.missions.pause if pause else self.missions.resume)(mission_id)

    @action(1, lambda self: self.seen())
    def cancel_or_delete(self, data: st.DataObject) -> None:
        delete = data.draw(st.booleans())
        mission_id = data.draw(st.sampled_from(self.seen()))
        waiting = [key for key in self.keys(P) if key[0] == mission_id]
        try:
            (self.missions.delete if delete else self.missions.cancel)(mission_id)
        except Conflict:
            assert not waiting
            return
        self.items |= dict.fromkeys(waiting, X)
        if delete:
            self.deleted.add(mission_id)

    @action(2, lambda self: self.keys(P, R, C, F, U, X))
    def one_item(self, data: st.DataObject) -> None:
        cancel = data.draw(st.booleans())
        key = data.draw(st.sampled_from(self.keys(P, R, C, F, U, X)))
        may, then = ((P,), X) if cancel else ((F, X), P)
        act = self.missions.cancel_item if cancel else self.missions.retry_item
        was = self.items[key]
        if was in may:
            act(*key)
            self.items[key] = then
            return
        with pytest.raises((Conflict, InvalidInput)):  # also an unclear one without a yes
            act(*key)

    @action(2, lambda self: self.seen())
    def retry_all(self, data: st.DataObject) -> None:
        mission_id = data.draw(st.sampled_from(self.seen()))
        failed = [key for key in self.keys(F) if key[0] == mission_id]
        assert self.missions.retry(mission_id) == len(failed)
        self.items |= dict.fromkeys(failed, P)

    @action(3, lambda self: self.keys(U))
    def decide(self, data: st.DataObject) -> None:
        action = data.draw(st.sampled_from(["fail", "resubmit", "attach", "attach another's"]))
        key = data.draw(st.sampled_from(self.keys(U)))
        if action == "fail":
            self.missions.resolve_item(*key, action="fail")
            self.items[key] = F
        elif action == "resubmit":
            self.missions.resolve_item(*key, action="resubmit", confirm=True)
            self.items[key] = P
            self.confirmed[self.prompt(key)] += 1
        else:
            self._attach(key, own=action == "attach")

    def _attach(self, key: Key, *, own: bool) -> None:
        used = {entry["task_id"]: entry["body"]["prompt"] for entry in self.service.ledger}
        fitting = [t for t, prompt in used.items() if (prompt == self.prompt(key)) is own]
        if not fitting or self.service.down:
            return
        known = making.attached(fitting[-1])
        if known is not None and known != self.attempt_of(key):
            with pytest.raises(Conflict):
                self.missions.resolve_item(*key, action="attach", remote_task_id=fitting[-1])
        elif own:
            self.missions.resolve_item(*key, action="attach", remote_task_id=fitting[-1])
            self.items[key] = R
            self._follow(self.attempt_of(key))

    def prompt(self, key: Key) -> str:
        return making.prompt_of(*key)

    def attempt_of(self, key: Key) -> int:
        found = making.live_attempt(*key)
        assert found is not None
        return found

    def _follow(self, attempt_id: int) -> None:
        found = load_flight(attempt_id)
        assert found is not None
        self.asked = [flight for flight in self.asked if flight.attempt_id != attempt_id]
        self.asked.append(found)

    # The program

    @action(6, lambda self: True)
    def admit_post_and_record(self, data: st.DataObject) -> None:
        """The usual way, in one: without it most lives would end before anything was sent."""
        says = data.draw(st.sampled_from(["accepted", "accepted", *REFUSALS]))
        before = len(self.claimed)
        self._admit(4)
        while len(self.claimed) > before:
            count = len(self.answered)
            self._post(self.claimed.pop(), says)
            if len(self.answered) > count and data.draw(st.booleans()):
                self._record(*self.answered.pop())

    @action(3, lambda self: True)
    def admit(self, data: st.DataObject) -> None:
        self._admit(data.draw(st.integers(1, 4)))

    def _admit(self, limit: int) -> None:
        busy = claims.busy_slots(self.clock.now(), self.service.name)
        found = claims.claim(limit, SLOTS, self.clock.now(), self.boot, PREPARED).flights
        assert busy + len(found) <= max(busy, SLOTS)
        for flight in found:
            assert self.items[self.key(flight)] is P
            self.items[self.key(flight)] = R
        self.claimed += found

    @action(3, lambda self: self.claimed)
    def post(self, data: st.DataObject) -> None:
        says = data.draw(st.sampled_from(["accepted", "accepted", "accepted", *REFUSALS]))
        self._post(self.claimed.pop(data.draw(st.integers(0, len(self.claimed) - 1))), says)

    def _post(self, flight: Flight, says: str) -> None:
        body = self.runner.payload(flight)
        assert not isinstance(body, ProviderError)
        ready: Flight | None = flight
        if flight.state is AttemptState.PREPARING:
            ready = attempts.begin_submit(flight, self.clock.now())
        if ready is None:
            self.items[self.key(flight)] = self.back(flight)
            return
        self.service.says = says
        self.answered.append((ready, self.runner.submit(ready, body)))

    @action(1, lambda self: self.claimed)
    def not_sent(self, data: st.DataObject) -> None:
        """The program stops, or could not write down what comes back."""
        flight = self.claimed.pop(data.draw(st.integers(0, len(self.claimed) - 1)))
        self.runner.record_not_sent(flight)
        self.items[self.key(flight)] = self.back(flight)

    @action(1, lambda self: self.answered)
    def keep_as_receipt(self, data: st.DataObject) -> None:
        """The disk is full: the answer is not recorded yet, its id is in the other file."""
        self._keep(*data.draw(st.sampled_from(self.answered)))

    def _keep(self, flight: Flight, answer: Answer) -> None:
        if isinstance(answer, Submission):
            self.receipts[flight.attempt_id] = Receipt(
                flight.attempt_id, self.boot.boot_id, answer.remote_task_id, ""
            )

    @action(4, lambda self: self.answered)
    def record(self, data: st.DataObject) -> None:
        self._record(*self.answered.pop(data.draw(st.integers(0, len(self.answered) - 1))))

    def _record(self, flight: Flight, answer: Answer) -> None:
        outcome = self.runner.record_submit(flight, answer)
        self.receipts.pop(flight.attempt_id, None)
        if isinstance(outcome, Flight):
            self.asked.append(outcome)
            return
        assert isinstance(answer, ProviderError)
        said = next(
            word
            for word, (kind, code) in REFUSALS.items()
            if (kind, code) == (answer.error_class, answer.code)
        )
        self.items[self.key(flight)] = AFTER_SUBMIT.get(said, self.back(flight))

    @action(10, lambda self: self.asked)
    def ask(self, data: st.DataObject) -> None:
        """About anything that a process may still hold, also what a person has decided about."""
        says = data.draw(st.sampled_from(["running", "succeeded", "failed", "trouble"]))
        overdue = data.draw(st.booleans())
        flight = self.asked.pop(data.draw(st.integers(0, len(self.asked) - 1)))
        task_id = flight.remote_task_id or ""
        self.service.down = says == "trouble"
        if says in ("succeeded", "failed") and self.service.phases[task_id] == "running":
            self.service.phases[task_id] = "succeeded" if says == "succeeded" else "failed"
        answer = self.runner.ask(task_id)
        self.service.down = False
        present = load_flight(flight.attempt_id)
        open_still = present is not None and present.remote_task_id == task_id
        outcome = self.runner.record_answer(
            flight, answer, lost_answers=0, elapsed_s=MAX_TASK_S + 1 if overdue else 1
        )
        if outcome is Next.ENDED:
            ends = {"succeeded": C, "failed": F}
            if open_still:
                self.items[self.key(flight)] = ends[self.service.phases[task_id]]
            return
        if outcome is Next.LATE and open_still:
            self.items[self.key(flight)] = U
            flight = replace(flight, state=AttemptState.UNKNOWN)
        self.asked.append(flight)

    @action(2, lambda self: self.keys(U))
    def webhook(self, data: st.DataObject) -> None:
        """RunningHub names a task of an unclear try; the asker has found that it exists."""
        right = data.draw(st.booleans())
        key = data.draw(st.sampled_from(self.keys(U)))
        attempt_id, named = self.attempt_of(key), self.prompt(key)
        own = [e["task_id"] for e in self.service.ledger if e["body"]["prompt"] == named]
        other = [e["task_id"] for e in self.service.ledger if e["body"]["prompt"] != named]
        for task_id in (own if right else other)[-1:]:
            known = making.attached(task_id)
            if known == attempt_id:
                continue  # it is asked about already, and a webhook only hurries that
            if known is not None:
                with pytest.raises(NotUnique):
                    items.attach(attempt_id, task_id, self.clock.now(), "webhook")
            elif right:
                assert items.attach(attempt_id, task_id, self.clock.now(), "webhook")
                self.items[key] = R
                self._follow(attempt_id)

    # Power cuts and time

    @action(3, lambda self: self.claimed or self.answered or self.asked)
    def crash(self, data: st.DataObject) -> None:
        """Also while answers could not be recorded, and were kept as receipts."""
        on_full_disk = data.draw(st.booleans())
        if on_full_disk:
            for entry in self.answered:
                self._keep(*entry)
        self.crash_and_start()

    def crash_and_start(self) -> None:
        unsent = [f for f in self.claimed if f.state is AttemptState.PREPARING]
        sent = [f for f in self.claimed if f.state is AttemptState.SUBMITTING]
        sent += [flight for flight, _ in self.answered]
        for flight in unsent:
            self.items[self.key(flight)] = self.back(flight)
        for flight in sent:
            if flight.attempt_id not in self.receipts:
                self.items[self.key(flight)] = U
        self.claimed, self.answered, self.asked = [], [], []
        self.boot = replace(self.boot, boot_id=f"{self.boot.boot_id}+")
        for receipt in self.receipts.values():
            assert receipts.take(receipt, self.clock.now())
            assert receipts.take(receipt, self.clock.now()), "a second time changes nothing"
        self.receipts.clear()
        self.asked = claims.recover(self.clock.now(), self.boot, self.runner.may_run_for_s)

    @action(1, lambda self: True)
    def time_passes(self, data: st.DataObject) -> None:
        seconds = data.draw(st.integers(1, 60))
        self.clock.advance(seconds)

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        names = [name for name, weight, may in ACTIONS if may(self) for _ in range(weight)]
        getattr(self, data.draw(st.sampled_from(names)))(data)

    # What must be true

    @invariant()
    def every_item_is_what_it_must_be(self) -> None:
        for mission_id in {key[0] for key in self.items}:
            wanted = [state for key, state in self.items.items() if key[0] == mission_id]
            assert making.states(mission_id) == wanted

    @invariant()
    def the_books_balance(self) -> None:
        check_books()

    @invariant()
    def nothing_is_paid_twice_and_nothing_is_forgotten(self) -> None:
        check_ledger(self.service.ledger, twice=self._allowed())

    def _allowed(self) -> Counter[str]:
        """What a person confirmed, and every retry of something that had ended."""
        tries = Counter[str]()
        for key in self.items:
            tries[self.prompt(key)] = making.ended_tries(*key)
        return tries + self.confirmed

    def teardown(self) -> None:
        """Nothing hangs: after a start, whatever is asked about can end."""
        if not hasattr(self, "boot"):
            return
        self.crash_and_start()
        for flight in self.asked:
            self.service.phases[flight.remote_task_id or ""] = "succeeded"
            answer = self.runner.ask(flight.remote_task_id or "")
            self.runner.record_answer(flight, answer, lost_answers=0, elapsed_s=1)
        check_books()
        assert making.live(AttemptState.SUBMITTED) == 0
        assert making.live(AttemptState.SUBMITTING) == 0


def test_a_life_in_whatever_order(make_settings: MakeSettings) -> None:
    live(Life, make_settings, examples(10))
