"""Errors of our own in the middle of a step: no attempt stays behind, none is sent twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from peewee import OperationalError

from tests.core.making import attempt_states
from tests.core.rig import Rig, states
from webapp.db import reading
from webapp.models import Item
from webapp.simulator import Simulator
from webapp.store import attempts, claims, deliveries


class Breaking:
    """A function that raises the first times, and then works."""

    def __init__(self, works: Callable[..., Any], error: Exception, times: int) -> None:
        self._works = works
        self._error = error
        self._left = times
        self.struck = 0

    def __call__(self, *args: Any, **options: Any) -> Any:
        if self._left:
            self._left -= 1
            self.struck += 1
            raise self._error
        return self._works(*args, **options)


Break = Callable[..., Breaking]


@pytest.fixture
def break_(monkeypatch: pytest.MonkeyPatch) -> Break:
    def make(owner: Any, name: str, error: Exception, times: int = 1) -> Breaking:
        broken = Breaking(getattr(owner, name), error, times)
        monkeypatch.setattr(owner, name, broken)
        return broken

    return make


def attempts_in(mission_id: int) -> list[str]:
    with reading():
        return attempt_states(Item.get(Item.mission == mission_id).id)


FULL = OperationalError("database or disk is full")


def test_a_full_disk_after_a_submit_forgets_nothing(rig: Rig, break_: Break) -> None:
    broken = break_(attempts, "accepted", FULL, times=3)
    assert states(rig.run("a fox")) == ["completed"]
    assert broken.struck == 3
    assert rig.submits() == 1


def test_a_full_disk_at_the_end_of_a_task_forgets_nothing(rig: Rig, break_: Break) -> None:
    break_(deliveries, "succeed", FULL, times=3)
    assert states(rig.run("a fox")) == ["completed"]
    assert rig.submits() == 1


def test_a_full_disk_at_a_claim_only_waits(rig: Rig, break_: Break) -> None:
    break_(claims, "claim", FULL, times=1)
    assert states(rig.run("a fox")) == ["completed"]
    assert rig.submits() == 1


def test_an_error_in_the_dispatcher_does_not_end_it(rig: Rig, break_: Break) -> None:
    break_(claims, "claim", KeyError("a bug"), times=1)
    assert states(rig.run("a fox")) == ["completed"]


def test_an_answer_that_cannot_be_stored_is_asked_for_again(
    rig: Rig, simulator: Simulator, break_: Break
) -> None:
    broken = break_(deliveries, "succeed", TypeError("a bug"), times=2)
    rig.until(rig.create("a fox"), ["completed"], step_s=1)
    assert broken.struck == 2
    assert rig.submits() == 1


def test_an_accepted_submit_that_cannot_be_stored_is_unknown(rig: Rig, break_: Break) -> None:
    break_(attempts, "accepted", TypeError("a bug"), times=1)
    mission_id = rig.create("a fox")
    mission = rig.until(mission_id, ["unknown"])
    assert mission["items"][0]["error_cause"] == "ambiguous:internal_error"
    assert attempts_in(mission_id) == ["unknown"]
    assert rig.submits() == 1


def test_a_refusal_that_cannot_be_stored_fails_the_item(rig: Rig, break_: Break) -> None:
    break_(attempts, "refuse", TypeError("a bug"), times=1)
    mission = rig.run("a fox [refuse:1501]")
    assert mission["items"][0]["error_cause"] == "content:internal_error"
    assert rig.submits() == 1


@pytest.mark.parametrize("error", [FULL, TypeError("a bug")])
def test_an_error_before_the_submit_sends_nothing_and_is_tried_again(
    rig: Rig, break_: Break, error: Exception
) -> None:
    broken = break_(rig.manager._runner, "_to_remote", error, times=2)
    config = {"prompt": "blue", "batch_input": ["https://example.com/fox.png"]}
    mission_id = rig.app.create(task_type="image_to_image", config=config)
    rig.when(mission_id, lambda _: broken.struck >= 1)
    rig.until(mission_id, ["completed"], step_s=1)
    assert attempts_in(mission_id) == ["returned", "returned", "succeeded"]
    assert rig.submits() == 1


def test_an_error_in_the_provider_after_the_submit_left_is_unknown(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = rig.manager._runner.provider
    submit = provider.submit

    def broken(*args: Any, **options: Any) -> Any:
        submit(*args, **options)
        raise RuntimeError("a bug")

    monkeypatch.setattr(provider, "submit", broken)
    mission_id = rig.create("a fox")
    rig.until(mission_id, ["unknown"])
    assert rig.paid("a fox") == 1
