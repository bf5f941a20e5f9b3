"""A browser per session, a context per test, and the app and RunningHub as real processes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect, sync_playwright

from tests.browser.processes import ServerProcess
from tests.browser.runninghub import RunningHub
from tests.browser.site import Site
from tests.browser.watching import Watch
from tests.helpers.canary import KEY, SECRET_KEY, check_text
from tests.helpers.pictures import png

DEADLINE_MS = 30_000
SPEED = 400  # a picture takes 25 to 100 ms
# The first is the same engine without any window: a page costs it half the work, a context a quarter.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
_VIEW = {"width": 1280, "height": 900}

expect.set_options(timeout=DEADLINE_MS)

NewContext = Callable[..., BrowserContext]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _chromium() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


def launch(browser_type: BrowserType, *more: str) -> Browser:
    """Start Chromium, with more arguments where given."""
    return browser_type.launch(executable_path=_chromium(), args=[*_ARGUMENTS, *more])


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Headless Chromium from CHROMIUM, or from the PATH."""
    if _chromium() is None:
        pytest.skip("no Chromium on the PATH and none in CHROMIUM")
    request.getfixturevalue("first_missions")  # they go on while the browser starts
    with sync_playwright() as playwright:
        chromium = launch(playwright.chromium)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def runninghub_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    arguments = ["webapp.simulator", "--port", "0", "--speed", str(SPEED), "--plain-results"]
    with ServerProcess(arguments, tmp_path_factory.mktemp("runninghub")) as process:
        yield process


@pytest.fixture(scope="session")
def app_process(
    tmp_path_factory: pytest.TempPathFactory, runninghub_process: ServerProcess
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("app")
    arguments = ["webapp", "serve", "--no-open", "--port", "0"]
    settings: dict[str, object] = {
        "data_dir": folder,
        "runninghub_api_key": KEY,
        "secret_key": SECRET_KEY,
        "runninghub_base_url": runninghub_process.url,
        "poll_interval": 0.1,
        "log_level": "warning",
    }
    with ServerProcess(arguments, folder, **settings) as process:
        yield process


@pytest.fixture(scope="session")
def first_missions(app_process: ServerProcess) -> list[int]:
    """One mission of each kind that tests wait for: the first of a kind takes some seconds, until
    the app has seen how fast the pictures come."""
    site = Site(app_process.url)
    edit = {"prompt": "改一改", "imageUrls": [site.upload(png())]}
    missions = [
        site.mission("热身", ["第一张", "第二张"]),
        site.mission("图像热身", [edit], type="image_to_image"),
    ]
    site.close()
    return missions


@pytest.fixture(scope="session")
def experienced(app_process: ServerProcess, first_missions: list[int]) -> None:
    """The first missions have ended."""
    site = Site(app_process.url)
    for mission_id in first_missions:
        site.ended(mission_id)
    site.close()


@pytest.fixture
def runninghub(runninghub_process: ServerProcess, experienced: None) -> Iterator[RunningHub]:
    """Control of the simulator. What a test left running ends with it."""
    control = RunningHub(runninghub_process.url)
    yield control
    control.finish_all()
    control.close()


@pytest.fixture
def site(app_process: ServerProcess, experienced: None) -> Iterator[Site]:
    """The app, seen without a browser."""
    client = Site(app_process.url)
    yield client
    client.close()


@pytest.fixture
def new_context(
    browser: Browser, app_process: ServerProcess
) -> Iterator[tuple[NewContext, list[Watch]]]:
    """Contexts with other options; each is watched, and nothing may be complained about."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def make(**options: object) -> BrowserContext:
        given: dict[str, object] = {
            "base_url": app_process.url,
            "viewport": _VIEW,
            "locale": "en-US",
        }
        context = browser.new_context(**(given | options))  # type: ignore[arg-type]
        context.set_default_timeout(DEADLINE_MS)
        contexts.append(context)
        watches.append(Watch(context))
        return context

    yield make, watches
    for page in [page for context in contexts for page in context.pages]:
        check_text(page.url, page.content())
    for context in contexts:
        context.close()
    complaints = [line for watch in watches for line in watch.complaints]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def context(new_context: tuple[NewContext, list[Watch]]) -> BrowserContext:
    """One context, in English."""
    return new_context[0]()


@pytest.fixture
def watch(context: BrowserContext, new_context: tuple[NewContext, list[Watch]]) -> Watch:
    """What the pages of `context` asked for and complained about."""
    return new_context[1][0]


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page in `context`."""
    return context.new_page()
