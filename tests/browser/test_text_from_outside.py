"""Whatever people and providers write stays text: every column of every table is poisoned, and every page
looked at (docs/security.md)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.poison import BOTH, LINK, LOOK, MARKUP, pages, poison
from tests.browser.watching import Watch
from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.helpers.pictures import png
from tests.helpers.team import Colleague, add_user
from webapp.simulator import Simulator


@pytest.fixture(scope="module")
def app(start_app: StartApp, simulator: Simulator) -> LiveApp:
    """An app in which much has happened, in hostile words wherever they can be said."""
    made = start_app(poll_interval=0.2)
    picture = made.data("POST", "/api/upload-image", files={"file": (MARKUP, png())})["url"]
    simulator.scenario("submit", "refuse", match="[1]", code="1501", message=MARKUP)
    simulator.scenario("submit", "http", match="[2]", status=500, body=MARKUP, times=1)
    simulator.scenario("submit", "fail", match="[3]", code="1015", message=MARKUP)
    simulator.scenario("submit", "result_url", match="[4]", url=LINK)
    prompts = [f"{MARKUP} {word}" for word in ("[1]", "[2]", "[3]", "[4]", "[text]", "[many]", "")]
    missions = [
        made.create(name=MARKUP, description=MARKUP, config={"batch_input": prompts}),
        made.create(
            name=LINK,
            task_type="image_to_image",
            config={"batch_input": [{"prompt": LINK, "imageUrls": [picture]}]},
        ),
        made.create(name=MARKUP, config={"batch_input": [LINK]}, scheduled_at="2099-01-01 00:00"),
    ]
    for mission_id in missions[:2]:
        made.ended(mission_id)
    template = {"name": MARKUP, "description": MARKUP, "task_type": "text_to_image"}
    made.data("POST", "/api/api-templates", json=template | {"config": {"prompt": MARKUP}})
    simulator.clear_scenario()
    return made


@pytest.fixture
def visitor(
    app: LiveApp, new_context: tuple[NewContext, list[Watch]]
) -> tuple[Page, Watch, list[str]]:
    context = new_context[0](base_url=app.url, reduced_motion="reduce")
    watch = new_context[1][0]
    watch.expects(400, 403, 404, 405, 406, 409, 410, 415, 422, 503)
    page = context.new_page()
    said: list[str] = []

    def hear(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", hear)
    return page, watch, said


def _walk(app: LiveApp, page: Page, words: str) -> tuple[list[str], int]:
    """What is wrong on all pages, and on how many the words could be read."""
    found: list[str] = []
    seen = 0
    for path in dict.fromkeys(pages(app, words)):
        answer = page.goto(app.url + path)
        assert answer is not None and answer.status != 500, path
        found += [f"{path}: {what}" for what in page.evaluate(LOOK)]
        seen += "pwned" in page.content()
    return found, seen


@pytest.mark.parametrize("words", [None, BOTH], ids=["as it came", "in every column"])
def test_nothing_that_anybody_wrote_acts(
    app: LiveApp, visitor: tuple[Page, Watch, list[str]], words: str | None
) -> None:
    page, watch, said = visitor
    if words is not None:
        poison(words)
    found, seen = _walk(app, page, words or MARKUP)
    assert not found, "\n".join(found)
    assert not said
    assert not watch.count("pwned=1") and not watch.count("GET /pwned")
    assert seen > 20, "the words were to be seen, as text"


def test_an_item_in_the_lightbox_stays_text(
    app: LiveApp, visitor: tuple[Page, Watch, list[str]]
) -> None:
    page, _, said = visitor
    poison(BOTH)
    page.goto(f"{app.url}/missions/1?item=1")
    expect(page.locator("#lightbox")).to_be_visible()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
        assert page.evaluate(LOOK) == []
    assert not said


def test_nor_what_colleagues_are_called(
    app: LiveApp, visitor: tuple[Page, Watch, list[str]]
) -> None:
    """The same walk through an app with accounts, by an admin."""
    page, watch, said = visitor
    watch.expects(401)
    for name, role in (("Anna", "admin"), ("Ben", "member"), ("Vera", "viewer")):
        add_user(app, name, role)
    with Colleague(app, "Anna") as colleague:
        colleague.token()
        colleague.post("/sign-in", data={"name": MARKUP, "password": "not the right one"})
        session = {"name": "session", "value": colleague.session, "url": app.url}
        page.context.add_cookies([session])  # type: ignore[list-item]
        poison(BOTH)
        found, seen = _walk(app, page, BOTH)
    assert not found, "\n".join(found)
    assert not said
    assert not watch.count("pwned=1") and not watch.count("GET /pwned")
    assert seen > 20, "the words were to be seen, as text"
