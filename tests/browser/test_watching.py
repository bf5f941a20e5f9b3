"""The watch on every page of these tests does notice what it is there for."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.watching import Watch


def test_a_watch_hears_scripts_policies_and_answers(page: Page, watch: Watch) -> None:
    page.goto("/settings")
    assert watch.complaints == []
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('style'), {textContent: 'p{}'}))"
    )
    page.evaluate("setTimeout(() => { throw new Error('oh') })")
    page.evaluate("console.error('dear')")
    page.goto("/nothing-here")
    expect(page.locator("h1")).to_be_visible()
    heard, watch.complaints = " ".join(watch.complaints), []
    for words in ("policy: style-src", "Error: oh", "error: dear", "404 GET"):
        assert words in heard or words.removeprefix("Error: ") in heard, heard
