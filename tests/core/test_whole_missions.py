"""All items of a mission at once: in parts, but of one moment."""

from __future__ import annotations

import threading

import pytest

from tests.core.making import NOW, accept, claim, finish, new_mission
from webapp.db import snapshot
from webapp.settings import Settings
from webapp.states import ItemState
from webapp.store import item_views, items

TYPE = "text_to_image"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_views, "PART", 2)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_parts_hold_every_item_once(db: Settings, count: int) -> None:
    mission = new_mission(count)
    with snapshot():
        parts = list(item_views.every(mission, TYPE))
    assert [item.index for part in parts for item in part] == list(range(1, count + 1))
    assert all(parts)


def test_a_state_is_chosen_in_every_part(db: Settings) -> None:
    mission = new_mission(7)
    items.cancel(mission, [2, 3, 4, 6], NOW, "anna")
    with snapshot():
        parts = list(item_views.every(mission, TYPE, state="cancelled"))
    assert [[item.index for item in part] for part in parts] == [[2, 3], [4, 6]]


def test_each_item_has_its_results(db: Settings) -> None:
    mission = new_mission(5)
    for flight in claim(5).flights:
        finish(accept(flight))
    with snapshot():
        found = [item for part in item_views.every(mission, TYPE) for item in part]
    assert [len(item.results) for item in found] == [1] * 5
    assert len({item.results[0].id for item in found}) == 5


def test_what_changes_meanwhile_is_not_seen(db: Settings) -> None:
    mission = new_mission(6)
    with snapshot():
        parts = item_views.every(mission, TYPE)
        seen = list(next(parts))
        other = threading.Thread(target=items.cancel, args=(mission, [5, 6], NOW, "anna"))
        other.start()
        other.join()
        seen += [item for part in parts for item in part]
    assert [item.state for item in seen] == [ItemState.PENDING] * 6
    with snapshot():
        now = [item.state for part in item_views.every(mission, TYPE) for item in part]
    assert now == [ItemState.PENDING] * 4 + [ItemState.CANCELLED] * 2
