"""Two things at the same moment, in both orders: one effect each, and money is never forgotten."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest

from tests.core import making
from tests.core.books import check_books
from webapp.settings import Settings
from webapp.states import ItemState
from webapp.store import items, missions
from webapp.store.flights import Flight

ROUNDS = 30
"""For each order of the two calls; test_machine.py goes through all orders without threads."""


def at_once(first: object, second: object) -> None:
    """Call both, from two threads that wait for each other."""
    start = Barrier(2)

    def run(step: object) -> None:
        start.wait()
        assert callable(step)
        step()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(run, step) for step in (first, second)]:
            done.result()


def in_flight() -> tuple[int, Flight]:
    """A mission of two items: RunningHub works on one, the other waits."""
    mission_id = making.new_mission(2)
    (flight,) = making.claim(limit=1).flights
    return mission_id, making.accept(flight)


@pytest.mark.parametrize("cancel_first", [True, False])
def test_cancelling_while_a_task_ends(db: Settings, cancel_first: bool) -> None:
    for _ in range(ROUNDS):
        mission_id, flight = in_flight()
        steps = [
            lambda: missions.cancel(mission_id, making.NOW, "anna"),  # noqa: B023
            lambda: making.finish(flight),  # noqa: B023
        ]
        at_once(*(steps if cancel_first else reversed(steps)))
        assert making.states(mission_id) == [ItemState.COMPLETED, ItemState.CANCELLED]
        missions.delete(mission_id, making.NOW, "anna")
    check_books()


def test_a_late_answer_while_a_person_decides(db: Settings) -> None:
    """Whoever is second changes nothing; what was delivered is in the ledger either way."""
    ends = set()
    for _ in range(15):
        mission_id, flight = in_flight()
        making.lose(flight)
        steps = [
            lambda: items.give_up(flight.attempt_id, making.NOW, "anna"),  # noqa: B023
            lambda: making.finish(flight),  # noqa: B023
        ]
        random.shuffle(steps)
        at_once(*steps)
        state = making.states(mission_id)[0]
        assert state in (ItemState.COMPLETED, ItemState.FAILED)
        assert making.attempt(flight).cost == Decimal("0.05")
        ends.add(state)
        missions.delete(mission_id, making.NOW, "anna")
    check_books()
    assert ends
