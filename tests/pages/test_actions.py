"""What people do on the pages: forms that work with and without JavaScript."""

from __future__ import annotations

import html
import json
import re
from io import BytesIO
from zipfile import ZipFile

import pytest

from tests.conftest import StartApp
from tests.helpers.html_forms import Form
from tests.helpers.live import LiveApp
from tests.pages.browsing import browser, post, text_of, waiting_mission
from webapp.simulator import Simulator


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    return start_app(poll_interval=0.2)


def _counts(app: LiveApp, mission_id: int) -> dict[str, int]:
    counts = app.mission(mission_id)["counts"]
    return {state: count for state, count in counts.items() if count}


def _failed_mission(app: LiveApp) -> int:
    prompts = ["good", "bad [fail:1501]", "bad [fail:1501]", "unlucky [fail:1015]"]
    mission_id = app.create(config={"batch_input": prompts}, failure_threshold=1)
    app.ended(mission_id)
    return mission_id


def test_an_action_leads_back_to_the_page_as_it_was(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    page = f"/missions/{mission_id}?state=pending&view=table"
    answer = post(app, f"/missions/{mission_id}/pause", page)
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert app.mission(mission_id)["status"] == "paused"
    shown = app.get(page, headers={"Cookie": answer.headers["set-cookie"].split(";")[0]})
    assert "Paused. What is already at RunningHub will still finish." in shown.text
    assert 'notice=""' in shown.headers["set-cookie"]
    app.http.cookies.clear()
    assert "will still finish" not in app.get(page).text
    assert post(app, f"/missions/{mission_id}/resume").status_code == 303
    assert app.mission(mission_id)["status"] != "paused"


@pytest.mark.parametrize(
    "referer", ["https://example.org/x", "//example.org", "http://[", "/settings", ""]
)
def test_an_action_leads_nowhere_else(app: LiveApp, referer: str) -> None:
    mission_id = waiting_mission(app)
    headers = {"Sec-Fetch-Site": "same-origin", "Referer": referer}
    for back in ("//example.org/", "//[", "https://example.org/", f"/missions/{mission_id}/pause"):
        app.post(f"/missions/{mission_id}/resume", data={"back": back}, headers=headers)
        answer = app.post(f"/missions/{mission_id}/pause", data={"back": back}, headers=headers)
        assert answer.headers["location"] == f"/missions/{mission_id}"
        app.http.cookies.clear()


def test_what_is_too_late_is_said_on_the_fresh_page(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    post(app, f"/missions/{mission_id}/cancel")
    answer = post(app, f"/missions/{mission_id}/pause")
    assert answer.status_code == 409
    assert "Only a mission that is queued or running can be paused." in answer.text
    assert 'role="alert"' in answer.text
    assert "Cancelled" in answer.text


def test_a_bad_name_is_said_on_the_page(app: LiveApp) -> None:
    mission_id = waiting_mission(app, name="Before")
    for name, problem in [("  ", "Name is missing."), ("x" * 201, "Name has 201 characters;")]:
        answer = post(app, f"/missions/{mission_id}/rename", name=name)
        assert answer.status_code == 422
        assert problem in answer.text
    assert post(app, f"/missions/{mission_id}/rename", name="After").status_code == 303
    assert app.mission(mission_id)["name"] == "After"


def test_without_javascript_a_question_comes_before_what_costs(app: LiveApp) -> None:
    mission_id = _failed_mission(app)
    page = f"/missions/{mission_id}?state=failed"
    answer = app.post(
        f"/missions/{mission_id}/retry",
        data={"cause": "content:1501"},
        headers=browser(app, page),
    )
    assert answer.status_code == 200
    assert "Try 2 items again? They may cost about ¥0.10." in html.unescape(answer.text)
    assert _counts(app, mission_id) == {"completed": 1, "failed": 3}
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text))
    assert fields == {"cause": "content:1501", "confirmed": "yes", "back": page}
    done = app.post(
        f"/missions/{mission_id}/retry",
        data=fields,
        headers=browser(app, f"/missions/{mission_id}/retry"),
    )
    assert done.headers["location"] == page
    assert done.cookies["notice"] == "retried:2"
    app.http.cookies.clear()


def test_with_javascript_the_form_asks_itself(app: LiveApp) -> None:
    mission_id = _failed_mission(app)
    page = app.get(f"/missions/{mission_id}").text
    form = re.search(rf'<form[^>]*action="/missions/{mission_id}/retry"[^>]*>', page)
    assert form is not None
    assert 'hx-confirm="Try 1 item again? It may cost about ¥0.05."' in form[0]
    assert """hx-vals='{"confirmed":"yes"}'""" in form[0]


@pytest.mark.parametrize(
    ("action", "question"),
    [
        ("cancel", "Cancel this mission? 5 waiting items will not be sent."),
        ("delete", "Delete “Autumn” with 5 items and all their files?"),
    ],
)
def test_nothing_is_stopped_or_deleted_without_a_yes(
    app: LiveApp, action: str, question: str
) -> None:
    mission_id = waiting_mission(app)
    answer = app.post(f"/missions/{mission_id}/{action}", headers=browser(app))
    assert question in html.unescape(answer.text)
    assert app.mission(mission_id)["status"] == "queued"


def test_cancelling_says_how_many(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    answer = post(app, f"/missions/{mission_id}/cancel")
    assert answer.cookies["notice"] == "cancelled:5"
    assert app.mission(mission_id)["status"] == "cancelled"


def test_deleting_leads_to_the_list(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    answer = post(app, f"/missions/{mission_id}/delete")
    assert (answer.status_code, answer.headers["location"]) == (303, "/missions")
    by_htmx = waiting_mission(app)
    answer = app.post(
        f"/missions/{by_htmx}/delete",
        data={"confirmed": "yes"},
        headers=browser(app, **{"HX-Request": "true"}),
    )
    assert answer.headers["HX-Redirect"] == "/missions"
    app.http.cookies.clear()
    assert app.get(f"/missions/{by_htmx}").status_code == 404


def test_the_chosen_items_and_no_others_are_cancelled(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    answer = post(app, f"/missions/{mission_id}/items/cancel", index=["2", "4", "x", "999"])
    assert answer.cookies["notice"] == "cancelled:2"
    states = [item["status"] for item in app.mission(mission_id)["items"]]
    assert states == ["pending", "cancelled", "pending", "cancelled", "pending"]


@pytest.mark.parametrize("action", ["retry", "cancel"])
def test_nothing_chosen_means_nothing_done(app: LiveApp, action: str) -> None:
    mission_id = waiting_mission(app)
    answer = post(app, f"/missions/{mission_id}/items/{action}")
    assert answer.status_code == 422
    assert "Choose some items first." in answer.text
    assert _counts(app, mission_id) == {"pending": 5}


def test_the_chosen_items_are_tried_again(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    post(app, f"/missions/{mission_id}/items/cancel", index=["1", "2", "3"])
    answer = post(app, f"/missions/{mission_id}/items/retry", index=["1", "2"])
    assert answer.cookies["notice"] == "retried:2"
    assert _counts(app, mission_id) == {"pending": 4, "cancelled": 1}


def test_all_that_match_on_all_pages_are_chosen_by_one_box(app: LiveApp) -> None:
    """More than a page of items, and more than a form takes."""
    prompts = [f"{'fox' if n % 2 else 'owl'} {n}" for n in range(1, 61)]
    mission_id = waiting_mission(app, prompts)
    here = f"/missions/{mission_id}?q=fox&size=24"
    page = app.get(here).text
    assert "All 30 that match" in page
    bulk = page[page.index('<form id="bulk"') :]
    fields = dict(
        re.findall(r'<input type="(?:hidden|checkbox)" name="(\w+)" value="([^"]*)"', bulk)
    )
    assert fields == {"q": "fox", "all": "30"}

    asked = app.post(
        f"/missions/{mission_id}/items/cancel", data=fields, headers=browser(app, here)
    )
    assert "Cancel 30 items?" in asked.text
    done = post(app, f"/missions/{mission_id}/items/cancel", here, **fields)
    assert (done.cookies["notice"], done.headers["location"]) == ("cancelled:30", here)
    assert _counts(app, mission_id) == {"pending": 30, "cancelled": 30}

    # What was not there to be seen is not paid for.
    more = post(app, f"/missions/{mission_id}/items/retry", here, state="cancelled", all="29")
    assert more.status_code == 409
    assert "More items match by now: 30." in more.text
    for nonsense in ("all", "-1", ""):
        refused = post(app, f"/missions/{mission_id}/items/retry", all=nonsense)
        assert refused.status_code in (409, 422)
    assert _counts(app, mission_id) == {"pending": 30, "cancelled": 30}
    zipped = app.get(f"/missions/{mission_id}/download", params={"all": "1", "q": "owl 2"})
    manifest = json.loads(ZipFile(BytesIO(zipped.content)).read("manifest.json"))
    assert [item["item"] for item in manifest["items"]] == [2, 20, 22, 24, 26, 28]


def test_all_that_can_be_tried_again_are_by_one_button(app: LiveApp) -> None:
    """Not those that would be refused again."""
    prompts = ["bad [fail:1501]", "unlucky [fail:1015]", "unlucky [fail:1000]", "x [fail:1015]"]
    mission_id = app.create(config={"batch_input": prompts}, failure_threshold=1)
    app.ended(mission_id)
    page = app.get(f"/missions/{mission_id}").text
    assert "Retry all 3 (about ¥0.15)" in text_of(page)
    form = page[page.index('id="retry-all"') :].partition("</form>")[0]
    causes = re.findall(r'name="cause" value="([^"]*)"', form)
    assert sorted(causes) == ["failed:1000", "failed:1015"]
    retry = f"/missions/{mission_id}/retry"
    asked = app.post(retry, data={"cause": causes}, headers=browser(app))
    assert "Try 3 items again? They may cost about ¥0.15." in html.unescape(asked.text)
    assert re.findall(r'name="cause" value="([^"]*)"', asked.text) == causes
    assert post(app, retry, cause=causes).cookies["notice"] == "retried:3"
    assert app.mission(mission_id)["items"][0]["status"] == "failed"


def test_an_item_can_be_cancelled_and_tried_again(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    path = f"/missions/{mission_id}/items/3"
    answer = post(app, f"{path}/cancel", path)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    again = post(app, f"{path}/cancel", path)
    assert again.status_code == 409
    assert "This item no longer waits" in again.text
    assert post(app, f"{path}/retry", path).status_code == 303
    assert _counts(app, mission_id) == {"pending": 5}


class TestUnclearItem:
    """An item whose submit was never answered: only a person moves it on."""

    @pytest.fixture
    def path(self, app: LiveApp, simulator: Simulator) -> str:
        # A good answer in between: after three lost ones in a row the program waits before it sends.
        app.ended(app.create())
        simulator.scenario("submit", "reset", accept=True, times=1, match="unclear")
        mission_id = app.create(config={"batch_input": ["unclear"]})
        app.ended(mission_id)
        assert _counts(app, mission_id) == {"unknown": 1}
        return f"/missions/{mission_id}/items/1"

    def test_the_page_offers_three_ways(self, app: LiveApp, path: str) -> None:
        page = app.get(path).text
        assert "We sent this item and never got an answer" in page
        actions = re.findall(r'name="action" value="(\w+)"', page)
        assert actions == ["attach", "fail", "resubmit"]
        assert "Make again" not in page
        mission_page = text_of(app.get(path.rpartition("/items")[0]).text)
        assert "Unclear × 1" in mission_page and "Retry" not in mission_page.split("Search")[0]

    def test_deleting_its_mission_asks_with_the_number(self, app: LiveApp, path: str) -> None:
        mission = path.rpartition("/items")[0]
        question = app.post(f"{mission}/delete", headers=browser(app))
        asked = "For 1 of its 1 items RunningHub never answered: it may be paid for"
        assert asked in html.unescape(question.text)

    def test_it_can_be_given_up(self, app: LiveApp, path: str) -> None:
        assert post(app, f"{path}/resolve", path, action="fail").status_code == 303
        assert "Failed" in app.get(path).text

    def test_it_is_sent_again_only_after_a_yes(self, app: LiveApp, path: str) -> None:
        question = app.post(
            f"{path}/resolve", data={"action": "resubmit"}, headers=browser(app, path)
        )
        assert "you may pay twice" in question.text
        assert "Unclear" in app.get(path).text
        assert post(app, f"{path}/resolve", path, action="resubmit").status_code == 303

    def test_a_task_id_can_be_attached(self, app: LiveApp, path: str, simulator: Simulator) -> None:
        wrong = post(app, f"{path}/resolve", path, action="attach", remote_task_id="12345")
        assert wrong.status_code == 422
        assert "RunningHub does not know a task with this id." in wrong.text
        task_id = str(simulator.ledger[-1]["task_id"])
        right = post(app, f"{path}/resolve", path, action="attach", remote_task_id=f" {task_id} ")
        assert right.status_code == 303
        mission = app.ended(int(path.split("/")[2]))
        assert mission["items"][0]["status"] == "completed"
        assert mission["items"][0]["runninghub_task_id"] == task_id

    def test_an_unknown_choice_is_refused(self, app: LiveApp, path: str) -> None:
        assert post(app, f"{path}/resolve", path, action="explode").status_code == 422


def test_forms_work_from_what_the_page_shows(app: LiveApp) -> None:
    mission_id = waiting_mission(app)
    form = Form(app.get(f"/missions/{mission_id}?state=pending").text, "bulk")
    assert form.method == "post"
    targets = [button.get("formaction") for button in form.buttons if "formaction" in button]
    addresses = ("items/retry", "items/cancel", "download")
    assert targets == [f"/missions/{mission_id}/{address}" for address in addresses]
