"""/unknown: what is known about every unclear item, and the three ways on, with and without JavaScript."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from tests.core.conftest import MakeRig
from tests.core.rig import ENDPOINTS, Rig, states
from tests.core.test_ambiguous import attempts_in, lost
from tests.core.test_webhooks import attempt_of
from tests.helpers.waiting import wait_until
from tests.pages.browsing import browser, htmx, partials, text_of
from webapp.simulator import Simulator

HOURS = dict.fromkeys(ENDPOINTS, (36000, 36000))


def page(rig: Rig, query: str = "") -> str:
    answer = rig.app.get(f"/unknown{query}", headers=browser(rig.app))
    assert answer.status_code == 200
    return answer.text


def cards(text: str) -> list[str]:
    """The words of each card, in their order."""
    return [text_of("<li " + part) for part in re.split(r"<li class=\"card pad", text)[1:]]


def decide(rig: Rig, action: str, *picks: str, **fields: Any) -> Any:
    """Send the form as a browser does."""
    data = [("action", action), *(("pick", pick) for pick in picks), *fields.items()]
    answer = rig.app.post("/unknown/decide", data=data, headers=browser(rig.app, "/unknown"))
    rig.app.http.cookies.clear()
    return answer


def poll_of(text: str) -> str:
    found = re.search(r'id="unknown-live" data-poll hx-get="([^"]+)"', text)
    assert found
    return html.unescape(found[1])


def test_each_is_shown_with_what_is_known_about_it(rig: Rig, simulator: Simulator) -> None:
    assert "Nothing is unclear" in text_of(page(rig))
    simulator.configure(durations=HOURS)
    raw = '502 <b>Bad</b> "><img src=x onerror=1> Bearer sk-very-secret-token'
    mission_id = lost(rig, fault="http", status=502, body=raw)
    rig.missions.rename(mission_id, "Autumn <i>")
    wait_until(lambda: attempt_of(mission_id).account_asked_at)
    text = page(rig)
    (card,) = cards(text)
    for words in (
        "Autumn <i> #1",
        "a fox",
        "What came back We sent the task and never got an answer http_502",
        "The account then 1 under way, 0 of them known",
        "1 more than this program knows: it may be running",
    ):
        assert words in card
    assert "<b>Bad</b>" not in text and "<img src=x" not in text and "<i>" not in text
    assert "sk-very-secret-token" not in text
    link = re.search(r'<a[^>]*href="([^"]*call-record)"[^>]*>', text)
    assert link and link[1] == f"{simulator.url}/call-api/call-record"
    assert 'rel="noopener noreferrer"' in link[0] and 'target="_blank"' in link[0]


def test_the_navigation_says_how_many(rig: Rig) -> None:
    def said(path: str) -> str:
        found = re.search(r'<a id="nav-unknown".*?</a>', rig.app.get(path).text, re.DOTALL)
        assert found
        return found[0]

    assert 'href="/unknown" hidden' in said("/missions")
    mission_id = lost(rig)
    assert " hidden" not in said("/templates").partition(">")[0]
    assert text_of(said("/templates")) == "Unclear 1"
    assert 'aria-current="page"' in said("/unknown")
    rig.missions.delete(mission_id)
    assert 'href="/unknown" hidden' in said("/missions")


def test_what_the_account_has_under_way_now(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(durations=HOURS)
    lost(rig)
    asked = len(simulator.request_times("queue"))
    assert 'hx-get="/unknown/now"' in page(rig)
    now = text_of(rig.app.get("/unknown/now", headers=htmx()).text)
    assert "The account now: 1 under way, 0 of them known to this program." in now
    assert "Something runs that this program does not know." in now
    assert "The account now: 1 under way" in text_of(page(rig, "?ask=1"))
    assert len(simulator.request_times("queue")) <= asked + 2, "asked at most once a minute"


def test_an_account_that_does_not_answer_is_no_reason_for_no_page(
    rig: Rig, simulator: Simulator
) -> None:
    simulator.scenario("queue", "http", status=500)
    lost(rig)
    assert "The account cannot be asked just now." in text_of(page(rig, "?ask=1"))
    assert "The account then could not be asked" in cards(page(rig))[0]


def test_a_task_id_is_attached(rig: Rig) -> None:
    mission_id = lost(rig)
    answer = decide(rig, "attach", f"{mission_id}-1", remote_task_id=rig.task_of("a fox"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/unknown")
    assert states(rig.ended(mission_id)) == ["completed"]
    assert rig.submits() == 1


def test_a_task_id_is_verified_first(rig: Rig, simulator: Simulator) -> None:
    mission_id = lost(rig)
    done = rig.run("an owl")["items"][0]["runninghub_task_id"]
    pick = f"{mission_id}-1"
    for task_id, status, words in (
        ("", 422, "A task id is a number"),
        ("12x", 422, "A task id is a number"),
        ("2013508786110730241", 422, "does not know a task with this id"),
        (done, 409, "already belongs to another item"),
    ):
        answer = decide(rig, "attach", pick, remote_task_id=task_id)
        assert answer.status_code == status
        assert words in text_of(answer.text), task_id
        assert len(cards(answer.text)) == 1, "the list is still there"
    assert attempts_in(mission_id) == ["unknown"]


def test_without_javascript_a_question_comes_first(rig: Rig) -> None:
    mission_id = lost(rig)
    pick = f"{mission_id}-1"
    for action, words in (("fail", "as failed?"), ("resubmit", "you may pay twice")):
        asked = decide(rig, action, pick)
        assert asked.status_code == 200 and words in text_of(asked.text)
        assert f'name="pick" value="{pick}"' in asked.text
        assert f'name="action" value="{action}"' in asked.text
    assert attempts_in(mission_id) == ["unknown"]
    decide(rig, "resubmit", pick, confirmed="yes")
    rig.confirmed["a fox"] += 1
    assert states(rig.ended(mission_id)) == ["completed"]
    assert attempts_in(mission_id) == ["abandoned", "succeeded"]


def test_who_looked_at_the_first_silence_does_not_decide_about_the_second(
    rig: Rig, simulator: Simulator
) -> None:
    """Anna submits again and there is no answer again; Ben's page still shows the first try."""
    mission_id = lost(rig)
    assert f'name="pick" value="{mission_id}-1-1"' in page(rig)
    assert 'name="try" value="1"' in rig.app.get(f"/missions/{mission_id}/items/1").text
    simulator.scenario("submit", "reset", match="a fox", times=1)
    decide(rig, "resubmit", f"{mission_id}-1-1", confirmed="yes")
    rig.when(mission_id, lambda _: attempts_in(mission_id) == ["abandoned", "unknown"], step_s=6)
    for late in (
        decide(rig, "resubmit", f"{mission_id}-1-1", confirmed="yes"),
        rig.app.post(
            f"/missions/{mission_id}/items/1/resolve",
            data={"action": "resubmit", "try": "1", "confirmed": "yes"},
            headers=browser(rig.app),
        ),
    ):
        assert late.status_code == 409
        assert "Somebody else has decided" in text_of(late.text)
    assert attempts_in(mission_id) == ["abandoned", "unknown"]
    assert f'name="pick" value="{mission_id}-1-2"' in page(rig)
    decide(rig, "fail", f"{mission_id}-1-2", confirmed="yes")
    assert states(rig.ended(mission_id)) == ["failed"]


def many(rig: Rig, simulator: Simulator, count: int) -> int:
    """A mission with so many unclear items."""
    simulator.scenario("submit", "reset")
    mission_id = rig.create(*(f"fox {n}" for n in range(count)))
    rig.until(mission_id, ["unknown"] * count, step_s=50)
    simulator.clear_scenario()
    return mission_id


def test_several_at_once_with_one_question(rig: Rig, simulator: Simulator) -> None:
    mission_id = many(rig, simulator, 5)
    picks = [f"{mission_id}-{n}" for n in (1, 2, 4)]
    asked = decide(rig, "fail", *picks, "x-1", "77-", "-3", picks[0])
    assert "Mark 3 items as failed?" in text_of(asked.text)
    rig.resolve(mission_id, 4, "fail")  # somebody else was faster
    answer = decide(rig, "fail", *picks, confirmed="yes")
    assert answer.status_code == 303
    expected = ["failed", "failed", "unknown", "failed", "unknown"]
    assert states(rig.app.mission(mission_id)) == expected
    late = decide(rig, "fail", *picks, confirmed="yes")
    assert late.status_code == 409 and "not unknown" in text_of(late.text)
    decide(rig, "resubmit", f"{mission_id}-3", f"{mission_id}-5", confirmed="yes")
    rig.leap(1000)  # the outage is over
    assert states(rig.ended(mission_id))[2::2] == ["completed", "completed"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422),
        ({"action": "explode", "pick": "1-1"}, 422),
        ({"action": "fail", "confirmed": "yes"}, 422),
        ({"action": "fail", "confirmed": "yes", "pick": "4711-1"}, 404),
        ({"action": "fail", "confirmed": "yes", "pick": "999999999999999-999999999999999"}, 404),
        ({"action": "attach", "pick": ["1-1", "1-2"], "remote_task_id": "1"}, 422),
    ],
)
def test_a_form_that_does_not_fit_is_told_so(rig: Rig, fields: dict[str, Any], status: int) -> None:
    answer = rig.app.post("/unknown/decide", data=fields, headers=browser(rig.app))
    assert answer.status_code == status
    assert 'id="unknown-area"' in answer.text


def test_a_way_back_never_leads_elsewhere(rig: Rig) -> None:
    mission_id = lost(rig)
    sent = {"action": "fail", "confirmed": "yes", "pick": f"{mission_id}-1"}
    given = {"back": "https://evil.example/unknown"}
    answer = rig.app.post(
        "/unknown/decide", data=sent | given, headers=browser(rig.app, "/missions")
    )
    assert answer.headers["location"] == "/unknown"


def test_pages_and_one_mission(rig: Rig, simulator: Simulator) -> None:
    first = many(rig, simulator, 22)
    rig.leap(1000)
    rig.run("somebody is there")
    second = lost(rig, "a hare")
    assert len(cards(page(rig))) == 20 and "1–20 of 23" in text_of(page(rig))
    assert len(cards(page(rig, "?page=2"))) == 3
    assert "No items on this page" in text_of(page(rig, "?page=9"))
    assert "a hare" in cards(page(rig))[0], "newest first"
    only = page(rig, f"?mission={second}")
    assert len(cards(only)) == 1 and "Only those of Autumn" in text_of(only)
    assert len(cards(page(rig, "?mission=x&page=-1"))) == 20
    assert f'href="/unknown?mission={first}"' in rig.app.get(f"/missions/{first}").text
    assert "Nothing is unclear" in text_of(page(rig, "?mission=4711"))


def test_a_poll_brings_the_list_only_when_something_changed(rig: Rig, simulator: Simulator) -> None:
    poll = poll_of(page(rig))
    assert rig.app.get(poll, headers=htmx()).status_code == 204
    mission_id = lost(rig)
    wait_until(lambda: attempt_of(mission_id).account_asked_at)
    answer = rig.app.get(poll, headers=htmx())
    assert len(cards(answer.text)) == 1
    assert set(partials(answer.text)) == {"#unknown-area", "#nav-unknown"}
    again = poll_of(answer.text)
    assert rig.app.get(again, headers=htmx()).status_code == 204
    rig.resolve(mission_id, 1, "fail")
    assert "Nothing is unclear" in text_of(rig.app.get(again, headers=htmx()).text)


def test_an_action_tells_the_navigation_outside_the_page(rig: Rig) -> None:
    mission_id = lost(rig)
    headers = browser(rig.app, "/unknown", **{"HX-Request": "true"})
    data = {"action": "fail", "confirmed": "yes", "pick": f"{mission_id}-1"}
    shown = rig.app.post("/unknown/decide", data=data, headers=headers, allow_redirects=True)
    assert partials(shown.text) == ["#nav-unknown"]
    assert "1 item marked as failed" in text_of(shown.text)


def test_an_overdue_task_and_one_with_the_setting(make_rig: MakeRig) -> None:
    rig = make_rig(max_task_seconds=600)
    rig.start()
    overdue = rig.create("an owl [never]")
    rig.when(overdue, lambda m: bool(m["items"][0]["runninghub_task_id"]))
    rig.leap(601)
    rig.until(overdue, ["unknown"])
    rig.simulator.scenario("submit", "reset", match="a hare", times=1)
    again = rig.create("a hare", resubmit_unknown_after=30)
    rig.until(again, ["unknown"])
    text = page(rig)
    newest, oldest = cards(text)
    assert "submitted again after" in newest
    assert "It is still asked about for a day" in oldest
    task_id = rig.task_of("an owl [never]")
    assert f"/call-api/call-record-detail/{task_id}" in text


def test_the_json_interface_lists_them_too(rig: Rig, simulator: Simulator) -> None:
    simulator.configure(durations=HOURS)
    mission_id = lost(rig)
    wait_until(lambda: attempt_of(mission_id).account_asked_at)
    found = rig.app.data("GET", "/api/unknown-items")
    (item,) = found["items"]
    assert found["total"] == 1
    assert (item["api_mission_id"], item["item_index"], item["prompt"]) == (mission_id, 1, "a fox")
    assert (item["account_running"], item["own_running"]) == (1, 0)
    assert item["error_code"] == "connection_lost" and item["error_message"]
    assert item["runninghub_task_id"] is None and item["submitted_again_at"] is None
    for query, count in ((f"?api_mission_id={mission_id}", 1), ("?api_mission_id=4711", 0)):
        assert rig.app.data("GET", "/api/unknown-items" + query)["total"] == count
    for query in ("?page=0", "?page_size=201", "?api_mission_id=x"):
        rig.app.refused(422, "GET", "/api/unknown-items" + query)


def test_a_demo_has_no_page_of_calls(make_rig: MakeRig) -> None:
    rig = make_rig(runninghub_api_key="")
    rig.start_broken()
    assert "call-record" not in rig.app.get("/unknown").text
