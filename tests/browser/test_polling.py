"""A mission's page keeps itself fresh, and leaves the person who reads it alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.driving import can_hide, dom_changes, hide, poll
from tests.browser.runninghub import RunningHub
from tests.browser.site import Site
from tests.browser.watching import Watch
from tests.helpers.waiting import wait_until

QUICK_MS = 2000  # the pace of a page whose items are being made


def running(site: Site, name: str, count: int) -> int:
    """A mission of items that run until they are let go."""
    mission_id = site.mission(name, [f"[never] {name} {n}." for n in range(1, count + 1)])
    site.wait_for(mission_id, processing=count)
    return mission_id


def test_polls_stop_when_the_mission_ends(
    page: Page, watch: Watch, site: Site, runninghub: RunningHub
) -> None:
    mission_id = running(site, "stops asking", 1)
    page.clock.install()
    page.goto(f"/missions/{mission_id}")
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.clock.run_for(QUICK_MS)
    runninghub.finish("stops asking 1.")
    site.ended(mission_id)
    poll(page)
    expect(page.locator("#state")).to_contain_text("Completed")
    expect(page.locator("[data-poll]")).to_have_count(0)
    asked = watch.count("/live?")
    page.clock.run_for(60_000)
    assert watch.count("/live?") == asked


def test_a_hidden_tab_asks_nothing_and_catches_up_when_it_is_seen(
    page: Page, watch: Watch, site: Site, runninghub: RunningHub
) -> None:
    mission_id = running(site, "in the background", 2)
    can_hide(page)
    page.clock.install()
    page.goto(f"/missions/{mission_id}")
    hide(page)
    asked = watch.count("/live?")
    page.clock.run_for(60_000)
    assert watch.count("/live?") == asked
    runninghub.finish("in the background 1.")
    site.wait_for(mission_id, completed=1)
    hide(page, hidden=False)
    expect(page.locator("#live .total")).to_have_text("1 / 2")
    runninghub.finish("in the background 2.")


def test_an_idle_tab_asks_twice_a_minute(
    page: Page, watch: Watch, site: Site, runninghub: RunningHub
) -> None:
    mission_id = running(site, "left alone", 1)
    page.clock.install()
    page.goto(f"/missions/{mission_id}")
    # The leap itself may bring the next poll already.
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.clock.fast_forward(181_000)
        page.clock.run_for(QUICK_MS)
    # An answer that is still being read would time out when the clock leaps.
    expect(page.locator(".htmx-request")).to_have_count(0)
    asked = watch.count("/live?")
    page.clock.run_for(20_000)
    assert watch.count("/live?") == asked
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.clock.run_for(10_000)
    expect(page.locator(".htmx-request")).to_have_count(0)


def test_polls_rest_while_a_question_is_open(
    page: Page, watch: Watch, site: Site, runninghub: RunningHub
) -> None:
    mission_id = running(site, "asked first", 1)
    page.clock.install()
    page.goto(f"/missions/{mission_id}")
    page.locator("#cancel").click()
    expect(page.locator("#confirm")).to_be_visible()
    asked = watch.count("/live?")
    page.clock.run_for(20_000)
    assert watch.count("/live?") == asked
    page.keyboard.press("Escape")
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.clock.run_for(QUICK_MS)


def test_a_quiet_poll_changes_nothing(page: Page, site: Site, runninghub: RunningHub) -> None:
    mission_id = running(site, "nothing new", 2)
    page.goto(f"/missions/{mission_id}")
    poll(page)
    with dom_changes(page) as changes:
        for _ in range(3):
            with page.expect_response(lambda answer: "/live?" in answer.url) as answer:
                poll(page)
            assert answer.value.status == 204
    assert changes == []
    page.goto("/missions")
    poll(page)
    with dom_changes(page) as changes:
        poll(page)
    assert changes == []


def test_what_a_person_does_survives_five_polls_with_changes(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    mission_id = running(site, "undisturbed", 7)
    page.goto(f"/missions/{mission_id}")
    for n in (1, 3, 7):
        page.get_by_label(f"Select item {n}", exact=True).check()
    page.set_viewport_size({"width": 700, "height": 500})
    # Without its event, so that the search does not run.
    page.locator("#q").evaluate("(field) => { field.value = 'half typed' }")
    page.locator("#q").focus()
    page.evaluate("scrollTo(0, 120)")
    for n in range(1, 6):
        runninghub.finish(f"undisturbed {n}.")
        site.wait_for(mission_id, completed=n)
        poll(page)
        expect(page.locator("#live .total")).to_have_text(f"{n} / 7")
        expect(page.get_by_role("link", name=f"Item {n}, Completed")).to_be_attached()
    ticked = [box.get_attribute("value") for box in page.locator(".pick:checked").all()]
    assert ticked == ["1", "3", "7"]
    expect(page.locator("#picked")).to_have_text("3 selected")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("half typed")
    assert page.evaluate("scrollY") == 120


def test_rows_of_the_table_keep_themselves_fresh(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    """A row by itself in an answer would be dropped by the parser."""
    mission_id = running(site, "in rows", 3)
    page.goto(f"/missions/{mission_id}?view=table")
    page.get_by_label("Select item 3", exact=True).check()
    rows = page.locator("tbody#items > tr")
    runninghub.finish("in rows 2.")
    site.wait_for(mission_id, completed=1)
    wait_until(lambda: site.show(mission_id)["files_pending"] == 0)
    poll(page)
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("Completed")
    expect(rows.nth(1).locator("img")).to_be_visible()
    expect(rows.nth(1).locator("td")).to_have_count(8)
    expect(rows.nth(0)).to_contain_text("Generating")
    expect(page.get_by_label("Select item 3", exact=True)).to_be_checked()


def test_selected_text_survives_five_polls_with_changes(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    mission_id = running(site, "selected", 6)
    page.goto(f"/missions/{mission_id}")
    select = "() => getSelection().selectAllChildren(document.querySelector('.tile:nth-child(1) .cap p'))"
    page.evaluate(select)
    for n in range(1, 6):
        runninghub.finish(f"selected {n}.")
        site.wait_for(mission_id, completed=n)
        poll(page)
        expect(page.locator("#live .total")).to_have_text(f"{n} / 6")
    assert page.evaluate("getSelection().toString()") == "[never] selected 1."


# As slowly as can be: the film is short. A loop would be an attribute, which a swap takes back.
_PLAY = """
(film) => {
  window.film = film;
  film.restarts = 0;
  film.addEventListener('loadstart', () => film.restarts++);
  film.muted = true;
  film.playbackRate = 1 / 16;
  return film.play();
}
"""


def test_a_playing_video_survives_five_polls_with_changes(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    mission_id = site.mission(
        "film", ["[many] a film", *(f"[never] film {n}." for n in range(1, 7))]
    )
    site.wait_for(mission_id, completed=1, processing=6)
    wait_until(lambda: site.show(mission_id)["files_pending"] == 0)
    page.goto(f"/missions/{mission_id}")
    page.locator("[data-lightbox='1']").first.click()
    video = page.locator("#lightbox video")
    expect(video).to_be_visible()
    video.evaluate(_PLAY)
    for n in range(1, 6):
        runninghub.finish(f"film {n}.")
        site.wait_for(mission_id, completed=n + 1)
        poll(page)
        expect(page.locator("#live .total")).to_have_text(f"{n + 1} / 7")
    # What an item's own poll does while others of its files are on their way.
    for _ in range(5):
        page.evaluate(
            """(url) => htmx.ajax('GET', url,
               {target: '#lightbox #item', select: '#item', swap: 'outerMorph'})""",
            f"/missions/{mission_id}/items/1",
        )
    state = video.evaluate("(film) => [film === window.film, film.paused, film.restarts]")
    assert state == [True, False, 0]


# Each answer carries the summary and every item anew, for the page says that it knows nothing yet.
_FULL_POLLS = """
async (times) => {
  const live = document.querySelector('#live');
  for (let i = 0; i < times; i++) {
    live.setAttribute('hx-get', live.getAttribute('hx-get').replace(/rev=[0-9]+/, 'rev=1'));
    const end = new Promise((done) => live.addEventListener('htmx:finally:request', done, { once: true }));
    htmx.trigger(live, 'refresh');
    await end;
  }
}
"""


def test_a_hundred_polls_leave_no_nodes_behind(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    page.goto(f"/missions/{running(site, 'no leak', 6)}")
    devtools = page.context.new_cdp_session(page)
    page.evaluate(_FULL_POLLS, 1)
    before = _nodes(devtools)
    page.evaluate(_FULL_POLLS, 100)
    assert _nodes(devtools) <= before + 50


def _nodes(devtools: CDPSession) -> int:
    """DOM nodes that are alive, also those that hang in no page."""
    for _ in range(3):
        devtools.send("HeapProfiler.collectGarbage")
    metrics = devtools.send("Memory.getDOMCounters")
    return int(metrics["nodes"])


@pytest.mark.parametrize("answer", ["offline", "broken"])
def test_trouble_is_said_once_and_taken_back(
    page: Page, watch: Watch, site: Site, runninghub: RunningHub, answer: str
) -> None:
    mission_id = running(site, f"{answer} for a while", 1)
    page.goto(f"/missions/{mission_id}")
    if answer == "broken":
        watch.expects(500)
        page.route("**/live?*", lambda route: route.fulfill(status=500, body="<p>no</p>"))
    else:
        watch.tolerates("ERR_INTERNET_DISCONNECTED")
        watch.tolerates("Failed to fetch")
        page.context.set_offline(True)
    poll(page)
    expect(page.locator("#trouble")).not_to_be_empty()
    expect(page.locator("#live .total")).to_have_text("0 / 1")
    page.unroute_all()
    page.context.set_offline(False)
    runninghub.finish("for a while")
    site.ended(mission_id)
    poll(page)
    expect(page.locator("#trouble")).to_be_empty()
