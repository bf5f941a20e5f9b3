"""What did not work is said where somebody looks, can be closed, and stays until then."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import poll
from tests.browser.site import Site
from tests.browser.watching import Watch

LATER = "2099-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def made() -> dict[str, int]:
    return {}


@pytest.fixture
def gallery(page: Page, site: Site, made: dict[str, int], watch: Watch) -> int:
    """The page of a mission of a film and two pictures, open; the network may fail."""
    if "id" not in made:
        made["id"] = site.finished("To fail at", ["[many] film", "second", "third"])
    watch.tolerates("ERR_INTERNET_DISCONNECTED")
    watch.tolerates("Failed to fetch")
    page.goto(f"/missions/{made['id']}")
    return made["id"]


def test_an_item_that_is_none_leaves_the_gallery_and_a_sentence(
    page: Page, gallery: int, watch: Watch
) -> None:
    watch.expects(404)
    page.goto(f"/missions/{gallery}?item=99999")
    expect(page.locator("#trouble")).not_to_be_empty()
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page).to_have_url(re.compile(rf"/missions/{gallery}$"))
    page.locator("[data-hush]").click()
    expect(page.locator("#trouble")).to_be_empty()
    expect(page.locator("[data-hush]")).to_be_hidden()


def test_in_an_open_item_it_is_said_and_the_item_stays(page: Page, gallery: int) -> None:
    page.locator("a[data-lightbox='1']").first.click()
    video = page.locator("#lightbox video")
    expect(video).to_be_visible()
    page.context.set_offline(True)
    page.locator("#item-next").click()
    trouble = page.locator("#lightbox #trouble")
    expect(trouble).to_contain_text("The server did not answer.")
    assert _on_top(page), "something lies over the sentence"
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", "1")
    expect(page).to_have_url(re.compile(r"\?item=1$"))
    assert video.evaluate("(film) => film.hasAttribute('src')"), "the film is still there"
    page.locator("[data-hush]").click()
    expect(trouble).to_be_empty()
    page.context.set_offline(False)
    page.locator("#item-next").click()
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", "2")


def _on_top(page: Page) -> bool:
    """Whether the sentence can be seen, and not only is there."""
    box = page.locator("#trouble p").bounding_box()
    assert box is not None
    point = [box["x"] + 5, box["y"] + box["height"] / 2]
    found = "([x, y]) => Boolean(document.elementFromPoint(x, y)?.closest('#trouble'))"
    return bool(page.evaluate(found, point))


def test_the_mouse_and_the_arrows_take_turns(page: Page, gallery: int) -> None:
    page.locator("a[data-lightbox='1']").first.click()
    item = page.locator("#lightbox #item")
    expect(item).to_have_attribute("data-item", "1")
    page.locator("#item-next").click()
    expect(item).to_have_attribute("data-item", "2")
    expect(page.locator("#item-next")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(item).to_have_attribute("data-item", "3")
    expect(page.locator("#lightbox [data-close]")).to_be_focused()  # there is no next one
    page.keyboard.press("ArrowLeft")
    expect(item).to_have_attribute("data-item", "2")
    page.locator("#lightbox .facts").click(position={"x": 5, "y": 300})
    page.keyboard.press("ArrowLeft")
    expect(item).to_have_attribute("data-item", "1")
    page.locator("#lightbox [data-close]").click()
    expect(page.locator("#lightbox")).to_be_hidden()


def test_a_failed_action_is_said_until_it_is_read_or_done(
    page: Page, gallery: int, site: Site
) -> None:
    mission_id = site.mission("Asked in vain", ["one"], scheduled_at=LATER)
    page.goto(f"/missions/{mission_id}")
    page.context.set_offline(True)
    page.locator("#pause").click()
    trouble = page.locator("#trouble")
    expect(trouble).to_contain_text("did not answer")
    page.context.set_offline(False)
    poll(page)
    expect(trouble).to_contain_text("did not answer")
    expect(page.locator("[aria-busy]")).to_have_count(0)
    page.locator("#pause").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#resume")).to_be_focused()
    expect(trouble).to_be_empty()


_NOTE_BUSY = """
() => {
  window.busy = [];
  const page = document.querySelector('#page');
  new MutationObserver(() => window.busy.push(page.ariaBusy)).observe(page, { attributeFilter: ['aria-busy'] });
}
"""


def test_a_success_leaves_by_itself_but_not_from_under_the_pointer(page: Page, site: Site) -> None:
    page.clock.install()
    page.goto(f"/missions/{site.mission('Said briefly', ['one'], scheduled_at=LATER)}")
    page.evaluate(_NOTE_BUSY)
    page.locator("#pause").click()
    notice = page.locator("#notice p")
    expect(notice).to_be_visible()
    busy = page.evaluate("window.busy")
    assert (busy[0], busy[-1]) == ("true", None), "the page says that it is on its way"
    notice.hover()
    page.clock.run_for(7000)
    expect(notice).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.run_for(2500)
    expect(notice).to_have_count(0)
