"""Money or the key is in trouble: one refusal stops all missions of the account."""

from __future__ import annotations

import pytest
import requests
from pydantic import SecretStr

from tests.conftest import KEY
from tests.core.conftest import MakeRig
from tests.core.rig import Rig, states
from tests.pages.browsing import browser, text_of
from webapp.simulator import Simulator

REFUSED = pytest.mark.parametrize("code", ["605", "416", "812", "401", "802", "1014"])


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    made = make_rig(submit_concurrency=2, max_concurrent_api_tasks=2)
    made.start()
    return made


def three_missions(rig: Rig) -> list[int]:
    """Made before anything of them is sent, all due at the same time."""
    soon = rig.clock.now().timestamp() + 100
    at = rig.clock.now().fromtimestamp(soon, rig.clock.now().tzinfo).strftime("%Y-%m-%d %H:%M:%S")
    made = [rig.create(*(f"{name} {n}" for n in range(10)), scheduled_at=at) for name in "abc"]
    rig.leap(101)
    return made


def paused(rig: Rig, mission_ids: list[int]) -> None:
    for mission_id in mission_ids:
        rig.when(mission_id, lambda m: m["status"] == "paused" and not m["counts"]["processing"])


@REFUSED
def test_the_first_refusal_stops_the_other_missions_too(
    rig: Rig, simulator: Simulator, code: str
) -> None:
    rule = simulator.scenario("submit", "refuse", code=code)
    missions = three_missions(rig)
    paused(rig, missions)
    assert rule.struck <= 2, "what was open when it came, and nothing after it"
    for mission_id in missions:
        mission = rig.app.mission(mission_id)
        assert states(mission) == ["pending"] * 10
        assert all(item["attempts"] == 0 for item in mission["items"])
        assert mission["paused_because"]


def test_a_new_mission_in_trouble_sends_one_to_find_out(rig: Rig, simulator: Simulator) -> None:
    rule = simulator.scenario("submit", "refuse", code="605")
    paused(rig, [rig.create("a fox")])
    before = rule.struck
    paused(rig, [rig.create(*(f"owl {n}" for n in range(10)))])
    assert rule.struck == before + 1


def test_one_button_tests_and_goes_on_with_all_of_them(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("submit", "refuse", code="605")
    missions = three_missions(rig)
    paused(rig, missions)
    simulator.clear_scenario()
    submits = rig.submits()
    simulator.configure(balance="0")
    told = rig.app.refused(409, "POST", "/api/account/resume")
    assert "still used up" in told["message"]
    simulator.configure(keys={KEY: "disabled"})
    told = rig.app.refused(409, "POST", "/api/account/resume")
    assert "switched off or expired" in told["message"]
    assert rig.submits() == submits, "to test costs nothing"
    paused(rig, missions)
    simulator.configure(balance="1000", keys={})
    assert rig.app.data("POST", "/api/account/resume") == {"resumed_count": 3}
    for mission_id in missions:
        assert rig.ended(mission_id)["completed_count"] == 10
    asked = len(simulator.request_times("account"))
    assert rig.app.data("POST", "/api/account/resume") == {"resumed_count": 0}
    assert len(simulator.request_times("account")) == asked, "nothing waits, nothing is asked"


def press(rig: Rig, **headers: str) -> requests.Response:
    """The button of the banner, on a mission's page."""
    sent = browser(rig.app, "/missions/1?state=pending", **headers)
    answer = rig.app.post("/account/resume", headers=sent)
    rig.app.http.cookies.clear()
    return answer


def test_the_button_says_what_is_still_wrong(rig: Rig, simulator: Simulator) -> None:
    rule = simulator.scenario("submit", "refuse", code="1014")
    paused(rig, [rig.create("a fox")])
    simulator.configure(keys={KEY: "consumer"})
    plain, swapped = press(rig), press(rig, **{"HX-Request": "true"})
    for answer in (plain, swapped):
        assert answer.status_code == 409
        banner = text_of("<" + answer.text.partition('id="account-trouble"')[2])
        assert "Tested just now: This kind of API key may not use these models" in banner
    assert 'href="/missions/1?state=pending"' in plain.text
    simulator.scenario("queue", "http", status=500)
    assert "Tested just now" in press(rig).text
    assert rule.struck == 1
    simulator.clear_scenario()
    simulator.configure(keys={})
    answer = press(rig)
    assert (answer.status_code, answer.headers["location"]) == (303, "/missions/1?state=pending")
    rig.until(1, ["completed"])
    assert (
        press(rig, **{"HX-Request": "true"}).headers["hx-redirect"] == "/missions/1?state=pending"
    )


def test_it_goes_on_after_a_restart_with_another_key(rig: Rig, simulator: Simulator) -> None:
    simulator.scenario("submit", "refuse", code="401")
    mission_id = rig.create("a fox")
    paused(rig, [mission_id])
    simulator.clear_scenario()
    simulator.configure(key="another-key-of-the-same-account")
    rig.restart(runninghub_api_key=SecretStr("another-key-of-the-same-account"))
    assert rig.app.data("POST", "/api/account/resume") == {"resumed_count": 1}
    assert states(rig.ended(mission_id)) == ["completed"]


def test_what_a_person_paused_and_what_has_nothing_to_send_is_left_alone(
    rig: Rig, simulator: Simulator
) -> None:
    simulator.scenario("submit", "never_ends", match="in flight")
    busy = rig.create("in flight")
    rig.when(busy, lambda m: bool(m["items"][0]["runninghub_task_id"]))
    by_hand = rig.create("a hare", scheduled_at="2099-01-01 00:00:00")
    rig.app.data("POST", f"/api/api-missions/{by_hand}/pause")
    simulator.scenario("submit", "refuse", code="605")
    paused(rig, [rig.create("a fox")])
    assert rig.app.mission(busy)["status"] == "running"
    assert rig.app.mission(by_hand)["paused_because"] is None
