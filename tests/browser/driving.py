"""What several tests do with a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import FilePayload, Page, expect

from tests.helpers.waiting import wait_until

_POLL = """
() => {
  window.answered = false;
  document.addEventListener('htmx:finally:request', () => { window.answered = true }, { once: true });
  htmx.trigger('[data-poll]', 'refresh');
}
"""
_HIDING = """
let hidden = false;
Object.defineProperty(document, 'hidden', { get: () => hidden });
addEventListener('test:hide', (event) => {
  hidden = event.detail;
  document.dispatchEvent(new Event('visibilitychange'));
});
"""
_WATCH_DOM = """
() => {
  window.changes = [];
  window.observer = new MutationObserver((records) => {
    for (const { type, target, attributeName } of records) {
      const element = target.nodeType === 1 ? target : target.parentElement;
      // A clock that counts on, and htmx's own mark of a request, are no changes of the page.
      if (element?.closest('time') || (type === 'attributes' && attributeName === 'class')) continue;
      window.changes.push(`${type} ${attributeName ?? ''} ${element?.outerHTML.slice(0, 120)}`);
    }
  });
  window.observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}
"""


def poll(page: Page) -> None:
    """Ask for news at once; returns when they are on the page."""
    expect(page.locator("[data-poll]")).to_have_count(1)
    page.evaluate(_POLL)
    wait_until(lambda: page.evaluate("window.answered"))


def can_hide(page: Page) -> None:
    """Let `hide` and `show` work on the pages that are opened from now on."""
    page.add_init_script(_HIDING)


def hide(page: Page, hidden: bool = True) -> None:
    """Put the tab into the background, as far as its scripts can tell, or bring it back."""
    page.evaluate("(detail) => dispatchEvent(new CustomEvent('test:hide', { detail }))", hidden)


@contextmanager
def dom_changes(page: Page) -> Iterator[list[str]]:
    """The list is filled, at the end, with what changed on the page meanwhile."""
    changes: list[str] = []
    page.evaluate(_WATCH_DOM)
    yield changes
    changes += page.evaluate("() => { window.observer.disconnect(); return window.changes }")


def open_form(page: Page, prompts: str = "", *, type: str = "text_to_image") -> None:
    """The create page, with prompts typed and their preview arrived."""
    page.goto(f"/missions/new?type={type}")
    if prompts:
        page.locator("#prompts").fill(prompts)
        count = len(prompts.split("\n"))
        expect(page.locator("#plan tbody tr")).to_have_count(min(count, 20))


def mission_id(page: Page) -> int:
    """The mission whose page is open."""
    return int(page.url.split("/missions/")[1].split("?")[0].split("/")[0])


def image_file(name: str, data: bytes) -> FilePayload:
    """A file for an <input type=file>."""
    return {"name": name, "mimeType": "image/png", "buffer": data}
