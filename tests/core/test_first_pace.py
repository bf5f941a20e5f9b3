"""The account is asked at the start how many it takes at a time."""

from __future__ import annotations

import pytest
import requests

from tests.conftest import KEY
from tests.core.conftest import MakeRig
from tests.core.rig import ENDPOINTS, Rig, states
from webapp.simulator import Simulator

HOURS = dict.fromkeys(ENDPOINTS, (36000, 36000))
FOXES = [f"fox {n}" for n in range(12)]


def limit(rig: Rig) -> int:
    return int(rig.app.data("GET", "/api/queue")["limit"])


def learnt(rig: Rig, expected: int) -> None:
    """Wait until the answer has come."""
    rig.when(
        rig.create("later", scheduled_at="2099-01-01 00:00:00"), lambda _: limit(rig) == expected
    )


def foreign(simulator: Simulator, count: int) -> None:
    """Tasks that another program runs with the same key."""
    for n in range(count):
        requests.post(
            f"{simulator.url}/openapi/v2/{ENDPOINTS[0]}",
            json={"prompt": f"not ours {n}", "aspectRatio": "3:4"},
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=10,
        ).raise_for_status()


def test_no_more_is_sent_than_the_account_takes(make_rig: MakeRig, simulator: Simulator) -> None:
    simulator.configure(concurrency=3, durations=HOURS)
    rig = make_rig()
    rig.start()
    mission_id = rig.create(*FOXES)
    rig.when(mission_id, lambda m: m["counts"]["processing"] == 3 and len(simulator.ledger) == 3)
    assert limit(rig) == 3
    assert rig.submits() == 3, "none was refused, for none was tried"
    simulator.configure(concurrency=50, durations=dict.fromkeys(ENDPOINTS, (0.01, 0.02)))
    simulator.finish_all()
    assert rig.ended(mission_id)["completed_count"] == len(FOXES)


def test_what_others_run_with_the_key_is_not_ours_to_use(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    simulator.configure(concurrency=5, durations=HOURS)
    foreign(simulator, 3)
    rig = make_rig()
    rig.start()
    learnt(rig, 2)
    simulator.reset()  # the books are about our own


def test_our_own_from_before_a_restart_are_not_taken_for_others(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    simulator.configure(concurrency=5, durations=HOURS)
    rig = make_rig()
    rig.start()
    mission_id = rig.create(*FOXES)
    rig.when(mission_id, lambda _: len(simulator.ledger) == 5)
    rig.restart()
    learnt(rig, 5)
    simulator.configure(durations=dict.fromkeys(ENDPOINTS, (0.01, 0.02)))
    simulator.finish_all()
    assert rig.ended(mission_id)["completed_count"] == len(FOXES)


@pytest.mark.parametrize(
    "fault",
    [{"fault": "http", "status": 500}, {"fault": "html"}, {"fault": "reset"}],
    ids=lambda fault: str(fault["fault"]),
)
def test_a_question_without_an_answer_changes_nothing(
    make_rig: MakeRig, simulator: Simulator, fault: dict[str, object]
) -> None:
    simulator.scenario("queue", **fault)  # type: ignore[arg-type]
    rig = make_rig()
    rig.start()
    assert states(rig.run("a fox")) == ["completed"]
    assert limit(rig) == 50


def test_an_answer_without_a_number_changes_nothing(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    simulator.scenario("queue", "merge", fields={"data": {"concurrentLimit": None}})
    rig = make_rig()
    rig.start()
    assert states(rig.run("a fox")) == ["completed"]
    assert limit(rig) == 50
