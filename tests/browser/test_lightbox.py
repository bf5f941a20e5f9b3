"""An item over the gallery: opened, stepped through, closed, and nothing left behind."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.runninghub import RunningHub
from tests.browser.site import Site


@pytest.fixture(scope="module")
def shown() -> dict[str, int]:
    return {}


@pytest.fixture
def gallery(page: Page, site: Site, shown: dict[str, int]) -> int:
    """The page of a mission of a film and two pictures, open."""
    if "id" not in shown:
        shown["id"] = site.finished("To look at", ["[many] film", "second", "third"])
    page.goto(f"/missions/{shown['id']}")
    return shown["id"]


def open_item(page: Page, number: int) -> None:
    page.locator(f"a[data-lightbox='{number}']").first.click()
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", str(number))


def test_arrows_step_and_escape_closes_where_it_was_opened(page: Page, gallery: int) -> None:
    open_item(page, 2)
    expect(page).to_have_url(re.compile(r"\?item=2$"))
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", "3")
    expect(page).to_have_url(re.compile(r"\?item=3$"))
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", "3")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", "2")
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page).to_have_url(re.compile(rf"/missions/{gallery}$"))
    expect(page.locator("a[data-lightbox='2']").first).to_be_focused()


def test_back_closes_and_forward_opens(page: Page, gallery: int) -> None:
    open_item(page, 3)
    page.locator("#lightbox [data-step='-1']").click()
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", "2")
    page.go_back()
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page.locator(".tile")).to_have_count(3)
    page.go_forward()
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", "2")
    page.locator("#lightbox [data-close]").click()
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page).to_have_url(re.compile(rf"/missions/{gallery}$"))


def test_a_link_to_an_item_opens_it(page: Page, gallery: int) -> None:
    page.goto(f"/missions/{gallery}?item=3")
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", "3")
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page).to_have_url(re.compile(rf"/missions/{gallery}$"))


def test_a_film_is_let_go_on_leaving(page: Page, gallery: int) -> None:
    open_item(page, 1)
    page.evaluate("window.film = document.querySelector('#lightbox video')")
    page.evaluate("() => { film.muted = true; film.playbackRate = 1 / 16; return film.play() }")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", "2")
    state = "[film.paused, film.hasAttribute('src'), film.networkState === film.NETWORK_LOADING]"
    assert page.evaluate(state) == [True, False, False]
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#lightbox video")).to_be_visible()
    page.evaluate("window.film = document.querySelector('#lightbox video')")
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page.locator("video")).to_have_count(0)  # the dialog says that it is closed a bit later
    assert page.evaluate(state) == [True, False, False]


def test_without_a_plain_click_the_link_is_a_link(page: Page, gallery: int) -> None:
    with page.context.expect_page() as opened:
        page.locator("a[data-lightbox='2']").first.click(modifiers=["Control"])
    expect(opened.value).to_have_url(re.compile(r"/items/2$"))
    expect(page.locator("#lightbox")).to_be_hidden()


def test_an_open_item_follows_its_task(page: Page, site: Site, runninghub: RunningHub) -> None:
    mission_id = site.mission("Watched closely", ["[never] watched closely"])
    site.wait_for(mission_id, processing=1)
    page.goto(f"/missions/{mission_id}")
    open_item(page, 1)
    expect(page.locator("#lightbox .facts .badge").first).to_have_text("Generating")
    runninghub.finish("watched closely")
    site.ended(mission_id)
    page.evaluate("htmx.trigger('#lightbox [data-poll]', 'refresh')")
    expect(page.locator("#lightbox .stage img")).to_be_visible()
    expect(page.locator("#lightbox [data-poll]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".tile img")).to_be_visible()
    expect(page.locator("#state")).to_contain_text("Completed")


def test_it_still_opens_after_the_gallery_was_restored(page: Page, gallery: int) -> None:
    page.locator("#chip-completed").click()
    expect(page).to_have_url(re.compile("state=completed"))
    page.go_back()
    expect(page.locator("#chip-all")).to_have_attribute("aria-current", "true")
    open_item(page, 2)
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page.locator("a[data-lightbox='2']").first).to_be_focused()


def test_all_of_an_item_can_be_reached_and_keeps_its_shape(page: Page, gallery: int) -> None:
    for width, height in ((1280, 700), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"/missions/{gallery}?item=1")
        first = page.locator("#lightbox .stage img").first
        expect(first).to_be_in_viewport()
        expect(page.locator("#lightbox [data-close]")).to_be_in_viewport()
        natural = first.evaluate(
            "async (image) => (await image.decode(), image.naturalWidth / image.naturalHeight)"
        )
        box = first.bounding_box()
        assert box is not None
        assert box["y"] >= 0, "the first picture is cut off at the top"
        assert abs(box["width"] / box["height"] - natural) < 0.02, "the picture is out of shape"
