"""Filters and search: the address, the list and the focus agree, also after Back and Forward."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.site import Site
from tests.browser.watching import Watch


def titles(page: Page) -> list[str]:
    return page.locator("#cards h2").all_inner_texts()


def test_the_list_goes_back_and_forward(page: Page, site: Site) -> None:
    site.finished("Violet dawn", ["one"])
    site.finished("Violet dusk", ["two", "three [fail:1501]"])
    page.goto("/missions")
    page.locator("#q").press_sequentially("violet", delay=20)
    expect(page).to_have_url(re.compile(r"/missions\?q=violet"))
    expect(page.locator("#cards > li")).to_have_count(2)
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#chip-all")).to_contain_text("2")

    page.locator("#chip-attention").click()
    expect(page).to_have_url(re.compile(r"state=attention"))
    expect(page.locator("#cards h2")).to_have_text(["Violet dusk"])
    expect(page.locator("#chip-attention")).to_have_attribute("aria-current", "true")

    page.locator("#type").select_option("text_to_video")
    expect(page.get_by_text("No missions match")).to_be_visible()

    page.go_back()
    expect(page.locator("#cards h2")).to_have_text(["Violet dusk"])
    expect(page.locator("#type")).to_have_value("")
    expect(page.locator("h1")).to_be_focused()
    page.go_back()
    expect(page.locator("#cards > li")).to_have_count(2)
    expect(page.locator("#q")).to_have_value("violet")
    expect(page).not_to_have_url(re.compile("state="))
    page.go_forward()
    expect(page.locator("#cards h2")).to_have_text(["Violet dusk"])
    expect(page.locator("#chip-attention")).to_have_attribute("aria-current", "true")

    page.get_by_role("link", name="Violet dusk").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Violet dusk")
    page.go_back()
    expect(page.locator("#cards h2")).to_have_text(["Violet dusk"])
    expect(page.locator("#q")).to_have_value("violet")


def test_typing_makes_no_entries_in_the_history(page: Page, site: Site) -> None:
    site.finished("Amber", ["one"])
    page.goto("/settings")
    page.goto("/missions")
    for text in ("a", "am", "amb"):
        page.locator("#q").fill(text)
        expect(page).to_have_url(re.compile(rf"q={text}(&|$)"))
    page.go_back()
    expect(page).to_have_url(re.compile("/settings$"))


def test_an_action_makes_no_entry_in_the_history(page: Page, site: Site) -> None:
    site.mission("Ochre", ["one", "two"], scheduled_at="2099-01-01T00:00:00Z")
    page.goto("/missions?q=ochre")
    page.get_by_role("link", name="Ochre").click()
    page.locator("#pause").click()
    page.locator("#resume").click()
    expect(page.locator("#pause")).to_be_visible()
    page.locator("[data-lightbox]").first.click()
    page.locator("#lightbox").get_by_role("button", name="Cancel").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#item-notice")).to_contain_text("cancelled")
    expect(page.locator("#item-next")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#count-cancelled")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/missions/\d+$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/missions\?q=ochre$"))
    expect(page.locator("#cards h2")).to_have_text(["Ochre"])


def test_items_go_back_and_forward(page: Page, site: Site) -> None:
    prompts = ["red house", "red boat", "blue boat [fail:1501]", "red bird [fail:1015]"]
    mission_id = site.finished("Items to filter", prompts)
    page.goto(f"/missions/{mission_id}")
    page.locator("#chip-failed").click()
    expect(page.locator(".tile")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"\?state=failed$"))
    page.locator("#q").fill("red")
    expect(page.locator(".tile")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=red"))
    expect(page.locator("#q")).to_be_focused()
    page.go_back()
    expect(page.locator(".tile")).to_have_count(4)
    expect(page.locator("#q")).to_have_value("")
    page.go_forward()
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator("#q")).to_have_value("red")
    # What was restored works as before.
    page.locator("[data-lightbox]").first.click()
    expect(page.locator("#lightbox #prompt")).to_have_text("red bird [fail:1015]")
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    page.locator("#q").fill("nothing like this")
    expect(page.get_by_text("No items match")).to_be_visible()
    page.get_by_role("link", name="Show all items").click()
    expect(page.locator(".tile")).to_have_count(4)


def test_a_cause_shows_its_items(page: Page, site: Site) -> None:
    mission_id = site.finished("Causes", ["a [fail:1501]", "b [fail:1501]", "c [fail:1015]", "d"])
    page.goto(f"/missions/{mission_id}")
    page.get_by_role("link", name="Show these 2").click()
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.locator("#items-area")).to_contain_text("Refused by the content check")
    page.get_by_role("link", name="Table").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Show all", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(4)


def test_pages_of_items_keep_the_filter(page: Page, site: Site, watch: Watch) -> None:
    mission_id = site.finished("Two pages", [f"page {n}" for n in range(1, 27)])
    page.goto(f"/missions/{mission_id}?size=24&state=completed")
    expect(page.locator(".tile")).to_have_count(24)
    page.get_by_label("Select item 2", exact=True).check()
    page.get_by_label("All 26 that match").check()
    expect(page.locator("#picked")).to_have_text("26 selected")
    page.locator("#bulk").get_by_role("button", name="Cancel waiting").click()
    expect(page.locator("#confirm-text")).to_contain_text("Cancel the 26 selected items?")
    page.locator("#confirm-yes").click()
    expect(page.locator("#notice p")).to_be_visible()
    expect(page.locator("#bulk")).to_be_hidden()
    expect(page.locator("h1")).to_be_focused()
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".tile")).to_have_count(2)
    expect(page.locator("#chip-completed")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("25–26 of 26")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".tile")).to_have_count(24)


def test_a_slow_search_does_not_undo_a_later_choice(page: Page, site: Site) -> None:
    site.finished("Umber one", ["a"])
    site.finished("Umber two", ["a", "b [fail:1501]"])
    held: list[Route] = []
    page.goto("/missions")
    page.route(re.compile("q=umber&type="), lambda route: held.append(route))
    with page.expect_request(re.compile("q=umber&type=")):
        page.locator("#q").fill("umber")
    page.locator("#chip-attention").click()
    expect(page.locator("#chip-attention")).to_have_attribute("aria-current", "true")
    held[0].continue_()
    page.locator("#chip-all").focus()
    expect(page).to_have_url(re.compile("state=attention"))
    expect(page.locator("#chip-attention")).to_have_attribute("aria-current", "true")
