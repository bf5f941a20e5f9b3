"""Many people, tabs and threads at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.core.conftest import MakeRig
from tests.core.rig import ENDPOINTS, Rig, states
from tests.helpers.live import mission_body
from tests.helpers.waiting import wait_until
from webapp.db import reading
from webapp.models import Mission
from webapp.simulator import Simulator
from webapp.states import ItemState

HOURS = dict.fromkeys(ENDPOINTS, (36000, 36000))


def test_the_same_click_twice_at_the_same_moment_makes_one_mission(rig: Rig) -> None:
    def create(body: object) -> requests.Response:
        url = f"{rig.app.url}/api/api-missions"
        return requests.post(url, json=body, headers={"Idempotency-Key": "once"}, timeout=30)

    body = mission_body(config={"batch_input": [f"fox {n}" for n in range(20)]})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, [body] * 24))
    assert {answer.status_code for answer in answers} == {200}
    ids = {answer.json()["data"]["api_mission_id"] for answer in answers}
    assert len(ids) == 1
    assert create(mission_body(name="Other")).status_code == 409
    rig.ended(ids.pop())
    with reading():
        assert Mission.select().count() == 1
    assert rig.submits() == 20


def test_one_picture_beside_a_large_mission_gets_the_next_free_slot(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    rig = make_rig(max_concurrent_api_tasks=4)
    rig.start()
    simulator.configure(durations=HOURS)
    large = rig.create(*(f"fox {n}" for n in range(1000)))
    rig.when(large, lambda _: len(simulator.ledger) == 4)
    one = rig.create("an owl")
    simulator.finish_all()
    wait_until(lambda: len(simulator.ledger) >= 5)
    wait_until(lambda: rig.paid("an owl") == 1)
    # Slots that were free at the same time are filled at the same time, in any order.
    assert "an owl" in [entry["body"]["prompt"] for entry in simulator.ledger[4:8]]
    rig.missions.cancel(large)
    simulator.finish_all()
    assert states(rig.ended(one)) == ["completed"]


def test_missions_beside_each_other_do_not_leave_slots_empty(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    """The free slots were once shared with missions that had nothing left, and stayed empty until
    something ended."""
    rig = make_rig(max_concurrent_api_tasks=50)
    rig.start()
    simulator.configure(durations=HOURS)
    for n in range(5):
        rig.create(f"owl {n}")
    rig.create(*(f"fox {n}" for n in range(100)))
    wait_until(lambda: len(simulator.ledger) == 50)
    assert len(simulator.request_times("submit")) == 50
    simulator.configure(durations=dict.fromkeys(ENDPOINTS, (0.01, 0.02)))
    simulator.finish_all()
    wait_until(lambda: len(simulator.ledger) == 105)


def test_everybody_presses_every_button(rig: Rig, simulator: Simulator) -> None:
    """Pause, resume, cancel, retry and decide, from many threads, while a mission runs and things
    go wrong: the books balance after it, and nothing was paid for twice."""
    simulator.scenario("submit", "reset", accept=True, match="7")
    simulator.scenario("submit", "refuse", code="1501", match="8", times=6)
    simulator.scenario("query", "http", status=500, times=10)
    missions = [rig.create(*(f"m{m} fox {n}" for n in range(40))) for m in range(3)]
    use = rig.missions
    buttons: list[Callable[[int, int], object]] = [
        lambda m, i: use.pause(m),
        lambda m, i: use.resume(m),
        lambda m, i: use.resume(m),
        lambda m, i: use.cancel_item(m, i),
        lambda m, i: use.retry_item(m, i),
        lambda m, i: use.retry(m),
        lambda m, i: use.resolve_item(m, i, action="fail"),
        lambda m, i: use.rename(m, f"named {i}"),
        lambda m, i: use.cancel(missions[2]),
        lambda m, i: use.item(m, i),
    ]

    def press(seed: int) -> int:
        chance = random.Random(seed)
        done = 0
        for _ in range(40):
            button = chance.choice(buttons)
            try:
                button(chance.choice(missions), chance.randint(1, 40))
                done += 1
            except Exception as error:
                assert type(error).__module__ == "webapp.errors", repr(error)
        return done

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(press, range(6))) > 50
    for mission_id in missions:
        if rig.app.mission(mission_id)["status"] == "paused":
            use.resume(mission_id)
        rig.when(
            mission_id,
            lambda m: not m["counts"][ItemState.PENDING] + m["counts"][ItemState.PROCESSING],
            step_s=0.5,
        )
