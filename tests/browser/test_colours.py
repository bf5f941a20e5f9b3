"""The colours of app.css, measured in the browser: text can be read, bars can be told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

_STATES = ("queued", "running", "completed", "failed", "partial", "cancelled")
_TEXT = [
    *((text, ground) for text in ("text", "muted") for ground in ("bg", "surface", "sunken")),
    *((state, f"{state}-bg") for state in _STATES),
    *((state, "surface") for state in _STATES),
    ("on-ink", "ink"),
]
_SHAPES = [
    *((f"{state}-bar", "sunken") for state in _STATES),
    *(("line-strong", ground) for ground in ("bg", "surface")),
    *(("focus", ground) for ground in ("bg", "surface", "sunken")),
]
_COLOUR = """(name) => {
  document.body.style.setProperty('color', `var(--${name})`);
  return getComputedStyle(document.body).color;
}"""


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, page: Page) -> Iterator[Page]:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    page.goto("/settings")
    yield page


def luminance(page: Page, name: str) -> float:
    """Relative luminance as WCAG defines it."""
    colour = page.evaluate(_COLOUR, name)
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)]
    assert len(parts) == 3, f"--{name} is no plain colour: {colour}"
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(page: Page, one: str, other: str) -> float:
    dark, bright = sorted((luminance(page, one), luminance(page, other)))
    return (bright + 0.05) / (dark + 0.05)


def test_text_is_readable(themed: Page) -> None:
    weak = {pair: ratio for pair in _TEXT if (ratio := contrast(themed, *pair)) < 4.5}
    assert weak == {}


def test_bars_borders_and_the_focus_can_be_seen(themed: Page) -> None:
    weak = {pair: ratio for pair in _SHAPES if (ratio := contrast(themed, *pair)) < 3}
    assert weak == {}
