"""All of it by the keyboard alone, with the focus always to be seen."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.driving import mission_id
from tests.browser.runninghub import RunningHub
from tests.browser.site import Site

_FOCUSED = """
() => {
  const element = document.activeElement;
  const ring = element.closest('.seg label, .btn.file') ?? element;
  const { outlineStyle, outlineWidth } = getComputedStyle(ring);
  const { width, height } = ring.getBoundingClientRect();
  return {
    name: element.id || element.getAttribute('name') || element.textContent.trim(),
    seen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && width > 2 && height > 2,
  };
}
"""


def tab_to(page: Page, name: str, *, key: str = "Tab") -> list[str]:
    """Press Tab until something of that id, or with that text, has the focus; returns the way."""
    passed: list[str] = []
    while not passed or passed[-1] != name:
        page.keyboard.press(key)
        focus = page.evaluate(_FOCUSED)
        passed.append(focus["name"])
        assert focus["seen"], f"the focus cannot be seen on {focus['name']!r}"
        assert len(passed) < 60, passed
    return passed


def test_a_mission_is_made_and_looked_at(page: Page, site: Site) -> None:
    page.goto("/missions/new")
    way = tab_to(page, "prompts")
    assert way[0] == "Skip to content"
    page.keyboard.type("typed first")
    page.keyboard.press("Enter")
    page.keyboard.type("typed second")
    expect(page.locator("#start")).to_contain_text("Submit 2 items")
    tab_to(page, "param-aspectRatio")
    page.keyboard.type("16:9")
    tab_to(page, "repeat")
    page.keyboard.type("2")
    expect(page.locator("#plan tbody tr")).to_have_count(4)
    tab_to(page, "start")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/missions/\d+$"))
    made = site.ended(mission_id(page))
    assert made["total_count"] == 4
    assert {item["input_params"]["aspectRatio"] for item in made["items"]} == {"16:9"}

    page.reload()
    tile = page.locator("a[data-lightbox='1']")
    tab_to(page, str(tile.get_attribute("id")))
    page.keyboard.press("Enter")
    expect(page.locator("#lightbox #prompt")).to_have_text("typed first")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lightbox #item")).to_have_attribute("data-item", "2")
    page.keyboard.press("Escape")
    expect(tile).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("#picked")).to_have_text("1 selected")


def test_the_first_link_skips_to_the_content(page: Page) -> None:
    page.goto("/settings")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_question_holds_the_focus_and_gives_it_back(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    number = site.mission("Held", ["[never] held"])
    site.wait_for(number, processing=1)
    page.goto(f"/missions/{number}")
    tab_to(page, "cancel")
    page.keyboard.press("Enter")
    expect(page.locator("#confirm button[value=no]")).to_be_focused()
    tab_to(page, "confirm-yes")
    page.keyboard.press("Escape")
    expect(page.locator("#cancel")).to_be_focused()
    expect(page.locator("#state")).to_contain_text("Running")
