"""A person visits a hostile website while they use the app in the same browser (docs/security.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DEADLINE_MS, launch
from tests.browser.hostile import HostileSite
from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.helpers.pictures import png

NAMES = "MAP missions.test 127.0.0.1, MAP evil.test 127.0.0.1"

_READ = """
async ([url, options]) => {
  try {
    const answer = await fetch(url, options);
    return `${answer.type} ${answer.status} ${(await answer.text()).length}`;
  } catch (error) { return `refused: ${error.name}` }
}
"""
_LOAD = """
([tag, url]) => new Promise((done) => {
  const element = document.createElement(tag);
  element.onload = () => done('loaded');
  element.onloadeddata = () => done('loaded');
  element.onerror = () => done('refused');
  if (tag === 'link') { element.rel = 'stylesheet'; element.href = url } else { element.src = url }
  document.body.append(element);
})
"""
_POST = """
([action, fields, enctype]) => {
  const form = Object.assign(document.createElement('form'), { method: 'post', action, enctype });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement('input'), { name, value }));
  }
  document.body.append(form);
  setTimeout(() => form.submit());  // after this answer: the page that gives it goes away
}
"""


@pytest.fixture(scope="module")
def browser_with_names(browser: Browser) -> Iterator[Browser]:
    """Chromium that finds two names on this machine, as if they were in a network."""
    made = launch(browser.browser_type, f"--host-resolver-rules={NAMES}")
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    """With a mission that ran, which others want to stop, see, or make dearer."""
    made = start_app(poll_interval=0.2, public_url="http://missions.test")
    made.ended(made.create(config={"batch_input": ["a fox"]}))
    made.data("POST", "/api/upload-image", files={"file": ("fox.png", png())})
    made.create(name="Later", scheduled_at="2099-01-01 00:00:00")
    return made


@pytest.fixture(scope="module")
def hostile() -> Iterator[HostileSite]:
    with HostileSite() as site:
        yield site


@pytest.fixture
def context(browser_with_names: Browser) -> Iterator[BrowserContext]:
    made = browser_with_names.new_context(locale="en-US")
    made.set_default_timeout(DEADLINE_MS)
    yield made
    made.close()


@pytest.fixture(params=["127.0.0.1", "localhost", "evil.test"])
def stage(request: pytest.FixtureRequest, context: BrowserContext, hostile: HostileSite) -> Page:
    """The hostile page, under another port, another loopback name, or a name of its own."""
    page = context.new_page()
    page.goto(f"http://{request.param}:{hostile.port}/")
    return page


def state(app: LiveApp) -> Any:
    """What a hostile page would like to change."""
    missions = app.data("GET", "/api/api-missions")
    templates = app.data("GET", "/api/api-templates")
    return missions["total"], [one["status"] for one in missions["items"]], templates


@pytest.mark.parametrize(
    ("path", "enctype"),
    [
        ("/missions/2/cancel", "application/x-www-form-urlencoded"),
        ("/missions/2/delete", "multipart/form-data"),
        ("/missions/new", "multipart/form-data"),
        ("/api/api-missions/2/cancel", "text/plain"),
        ("/api/api-missions", "text/plain"),
        ("/sign-in", "application/x-www-form-urlencoded"),
        ("/preferences/theme", "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_posts_to_us_does_nothing(
    app: LiveApp, stage: Page, path: str, enctype: str
) -> None:
    before = state(app)
    with stage.expect_response(lambda answer: answer.url == app.url + path) as caught:
        stage.evaluate(_POST, [app.url + path, {"confirm": "1", "theme": "dark"}, enctype])
    assert caught.value.status == 403
    assert "set-cookie" not in caught.value.headers
    expect(stage.locator("body")).to_contain_text("another website")
    assert state(app) == before


def test_a_script_can_neither_change_nor_read(app: LiveApp, stage: Page) -> None:
    before = state(app)
    body = '{"name":"x","task_type":"text_to_image","config":{"prompt":"paid by you"}}'
    for path, options in (
        ("/api/api-missions", {"method": "POST", "mode": "no-cors", "body": body}),
        ("/api/api-missions", {"method": "POST", "mode": "cors", "body": body}),
        (
            "/api/api-missions",
            {"method": "POST", "body": body, "headers": {"Content-Type": "application/json"}},
        ),
        ("/api/api-missions/2", {"method": "DELETE"}),
        ("/api/api-missions", {"credentials": "include"}),
        ("/api/api-missions", {"mode": "no-cors"}),
        ("/missions", {}),
        ("/health", {}),
    ):
        read = stage.evaluate(_READ, [app.url + path, options])
        assert read == "refused: TypeError", (path, options, read)
    assert state(app) == before


def test_nothing_of_ours_can_be_put_into_another_page(app: LiveApp, stage: Page) -> None:
    result = app.mission(1)["items"][0]["results"][0]
    picture = result["file_url"].replace("http://missions.test", app.url)
    assert app.get(picture.removeprefix(app.url)).status_code == 200
    for tag, url in (
        ("img", picture),
        ("img", f"{app.url}/static/icon.svg"),
        ("video", picture),
        ("script", f"{app.url}/api/api-missions"),
        ("script", f"{app.url}/static/app.js"),
        ("link", f"{app.url}/static/app.css"),
    ):
        assert stage.evaluate(_LOAD, [tag, url]) == "refused", (tag, url)


def test_nobody_can_put_a_frame_around_us(app: LiveApp, stage: Page) -> None:
    for path in ("/missions", "/missions/new", "/missions/2", "/settings", "/nothing"):
        stage.evaluate(_LOAD, ["iframe", app.url + path])
    inside = [frame for frame in stage.frames if frame.parent_frame is not None]
    assert len(inside) == 5
    for frame in inside:
        assert frame.url.startswith("chrome-error://"), frame.url
        assert "Missions" not in frame.content()


def test_a_window_of_ours_and_its_opener_do_not_know_each_other(app: LiveApp, stage: Page) -> None:
    with stage.expect_popup() as caught:
        stage.evaluate("(url) => { window.opened = window.open(url) }", f"{app.url}/missions")
    popup = caught.value
    popup.wait_for_load_state()
    assert popup.evaluate("window.opener") is None
    assert stage.evaluate("window.opened.closed") is True


def test_a_name_that_is_pointed_at_us_reads_nothing(app: LiveApp, context: BrowserContext) -> None:
    """DNS rebinding: for the browser it is the site's own origin."""
    before = state(app)
    page = context.new_page()
    here = f"http://evil.test:{app.settings.port}"
    answer = page.goto(f"{here}/missions")
    assert answer is not None and answer.status == 400
    assert "Autumn" not in page.content()
    for path, options in (
        ("/api/api-missions", {}),
        ("/health", {}),
        ("/static/app.js", {}),
        ("/api/api-missions/2", {"method": "DELETE"}),
    ):
        read = page.evaluate(_READ, [here + path, options])
        assert read.startswith("basic 400 "), (path, read)
    assert state(app) == before
