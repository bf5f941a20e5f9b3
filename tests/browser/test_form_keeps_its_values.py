"""What was typed stays: after a refusal, and after a change of the type."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.driving import open_form
from tests.browser.watching import Watch


def test_a_refusal_names_each_field_and_loses_nothing(page: Page, watch: Watch) -> None:
    watch.expects(422)
    open_form(page, '一 <b>kept</b> & "this"\nand that')
    page.locator("#name").fill("Kept too")
    page.locator("#param-aspectRatio").select_option("21:9")
    page.locator("#repeat").fill("1000")
    page.locator("#advanced summary").click()
    page.locator("#failure_percent").fill("200")
    page.locator("#description").fill("  two\nlines")
    page.locator("#start").click()
    problems = page.locator("#form-problems")
    expect(problems).to_contain_text("Nothing was started yet")
    expect(problems.get_by_role("link")).to_have_count(2)
    expect(page.locator("[aria-invalid=true]:focus")).to_have_count(1)
    expect(page.locator("#repeat")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#repeat-problem")).to_be_visible()
    expect(page.locator("#failure_percent-problem")).to_be_visible()
    expect(page.locator("#prompts")).to_have_value('一 <b>kept</b> & "this"\nand that')
    expect(page.locator("#name")).to_have_value("Kept too")
    expect(page.locator("#param-aspectRatio")).to_have_value("21:9")
    expect(page.locator("#repeat")).to_have_value("1000")
    expect(page.locator("#description")).to_have_value("  two\nlines")

    page.locator("#repeat").fill("1")
    page.locator("#failure_percent").fill("20")
    expect(page.locator("#start")).to_contain_text("Submit 2 items")
    page.locator("#start").click()
    page.wait_for_url(re.compile(r"/missions/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Kept too")


def test_another_type_keeps_the_prompts(page: Page) -> None:
    open_form(page, "still here")
    page.get_by_text("Text to video", exact=True).click()
    expect(page.locator("#param-duration")).to_be_visible()
    expect(page.locator("#prompts")).to_have_value("still here")
    expect(page.locator("#start")).to_contain_text("¥1.00")
    page.get_by_text("Image to image", exact=True).click()
    expect(page.locator("#images")).to_be_visible()
    expect(page.locator("#cost")).to_contain_text("A reference image is missing.")
    expect(page.locator("#type-image_to_image")).to_be_focused()


def test_another_theme_keeps_what_was_typed(page: Page) -> None:
    open_form(page, "by night")
    page.get_by_role("button", name="Switch to light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.get_by_role("button", name="Switch to dark")).to_be_focused()
    expect(page.locator("#prompts")).to_have_value("by night")
    expect(page.locator("#start")).to_contain_text("Submit 1 item")


def test_what_is_typed_while_another_type_is_on_its_way(page: Page) -> None:
    """A preview asked for meanwhile must not take the place of the new fields."""
    held: list[Route] = []
    open_form(page, "first")
    page.route(lambda url: url.endswith("/missions/new"), lambda route: held.append(route))
    with page.expect_request("**/missions/new"):
        page.get_by_text("Text to video", exact=True).click()
    page.locator("#prompts").fill("first\nsecond")
    page.locator("#prompts").press("Control+Enter")
    expect(page.locator("#prompt-count")).to_have_text("2 prompts")
    held[0].continue_()
    expect(page.locator("#param-duration")).to_be_visible()
    expect(page.locator("#prompts")).to_have_value("first\nsecond")
    expect(page.locator("#confirm-text")).to_contain_text("Start 2 items for about ¥2.00?")
    expect(page.locator("#plan tbody tr")).to_have_count(2)
