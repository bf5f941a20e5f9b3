"""Every page in every state, in both languages, on a phone and a desk, by day and by night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.exhibits import BROKE, answers_to_forms, pages_of_all_states
from tests.browser.processes import ServerProcess
from tests.browser.runninghub import RunningHub
from tests.browser.site import Site
from tests.browser.watching import Watch

_AUDIT = Path(__file__).with_name("audit.js").read_text(encoding="utf-8")
_WORDS = Path(__file__).with_name("words.js").read_text(encoding="utf-8")
_PHONE = {"width": 390, "height": 844}
_DESK = {"width": 1280, "height": 900}
_SAME_IN_CHINESE = re.compile(
    r"RunningHub Missions|RunningHub|runninghub\.\w+|Enterprise-Shared|SQLite|Python|JSON|CSV|JPG|PNG|API"
    r"|zip|POST|mm|KB|MB|RH|URL|auto|Ctrl|English|EN|https?://\S*|/api/\S*|[A-Z]+_[A-Z_]+|\.env"
    r"|\[(never|many|text|empty|fail:\d+|refuse:\d+)\]|mp4|png|jpg|txt|\{\w+\}|About:|\d+ s\b"
)

_ABOUT_CODE = {"JSON interface"}  # each sentence names fields; tests/api/test_openapi.py reads them

Pages = dict[str, str]

_SEND = """
([action, fields]) => {
  const form = Object.assign(document.createElement('form'), { method: 'post', action });
  for (const [name, value] of Object.entries(fields))
    form.append(Object.assign(document.createElement('input'), { name, value }));
  document.body.append(form);
  setTimeout(() => form.submit());  // after this answer: the page that gives it goes away
}
"""


@pytest.fixture(scope="module")
def control(runninghub_process: ServerProcess) -> Iterator[RunningHub]:
    made = RunningHub(runninghub_process.url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(app_process: ServerProcess, control: RunningHub, experienced: None) -> Iterator[Pages]:
    site = Site(app_process.url)
    yield pages_of_all_states(site, control)
    for mission in site.named(BROKE):  # its trouble is told on top of every page
        site.call("POST", f"/api/api-missions/{mission['id']}/cancel")
    control.finish_all()
    site.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The app as it is on the first day: no key, no mission."""
    folder = tmp_path_factory.mktemp("demo")
    arguments = ["webapp", "serve", "--no-open", "--port", "0"]
    with ServerProcess(arguments, folder, data_dir=folder) as process:
        yield process


def faults(page: Page, name: str, language: str) -> list[str]:
    """What is wrong with the open page: on a phone in both languages, on a desk in one."""
    expect(page.locator("html")).to_have_attribute("lang", {"en": "en", "zh": "zh-CN"}[language])
    page.set_viewport_size(_PHONE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark" if language == "zh" else "light")
    found = set(page.evaluate(_AUDIT))
    if language == "en":
        page.set_viewport_size(_DESK)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="dark")
        found |= set(page.evaluate(_AUDIT))
    if language == "zh" and name not in _ABOUT_CODE:
        found |= {f"English: {text}" for text in page.evaluate(_WORDS) if _is_english(text)}
    return [f"{name}: {fault}" for fault in sorted(found)]


def _is_english(text: str) -> bool:
    return bool(re.search("[A-Za-z]{2}", _SAME_IN_CHINESE.sub("", text)))


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def visitor(language: str, new_context: tuple[NewContext, list[Watch]]) -> Page:
    """A page whose visitor reads that language."""
    locale = {"en": "en-US", "zh": "zh-CN"}[language]
    context = new_context[0](locale=locale, reduced_motion="reduce")  # colours change at once
    return context.new_page()


def test_every_page(
    visitor: Page,
    language: str,
    pages: Pages,
    control: RunningHub,
    new_context: tuple[NewContext, list[Watch]],
) -> None:
    found: list[str] = []
    for name, path in pages.items():
        visitor.goto(path)
        if name == "lightbox":
            expect(visitor.locator("#lightbox video")).to_be_visible()
        found += faults(visitor, name, language)
    new_context[1][0].expects(404, 405, 409)
    for path in ("/nothing-here", "/missions/1/items/999"):
        visitor.goto(path)
        found += faults(visitor, path, language)
    control.balance(0)
    for name, form in answers_to_forms(pages).items():
        with visitor.expect_navigation():
            visitor.evaluate(_SEND, form)
        found += faults(visitor, name, language)
    control.balance(1000)
    expect(visitor.locator("#trouble-problem")).to_be_visible()
    assert not found, "\n".join(found)


def test_the_form_with_errors_and_a_long_preview(
    visitor: Page, language: str, pages: Pages, new_context: tuple[NewContext, list[Watch]]
) -> None:
    new_context[1][0].expects(422)
    visitor.goto("/missions/new")
    visitor.locator("#prompts").fill("\n".join(f"第 {n} 张图" for n in range(60)))
    expect(visitor.locator("#plan tbody tr")).to_have_count(20)
    found = faults(visitor, "preview", language)
    visitor.locator("#start").click()
    found += faults(visitor, "question", language)
    visitor.keyboard.press("Escape")
    visitor.locator("#repeat").fill("0")
    visitor.locator("#advanced summary").click()
    visitor.locator("#failure_percent").fill("200")
    visitor.locator("#start").click()
    expect(visitor.locator("#form-problems")).to_be_visible()
    found += faults(visitor, "refused", language)
    assert not found, "\n".join(found)


def test_the_first_day(visitor: Page, language: str, demo: ServerProcess) -> None:
    found: list[str] = []
    for path in ("/missions", "/missions/new", "/templates", "/settings"):
        visitor.goto(demo.url + path)
        expect(visitor.locator(".demo")).to_be_visible()
        found += faults(visitor, path, language)
    visitor.locator("form[action^='/settings/test'] button").click()
    expect(visitor.locator("#connection .notice")).to_be_visible()
    found += faults(visitor, "connection", language)
    assert not found, "\n".join(found)
