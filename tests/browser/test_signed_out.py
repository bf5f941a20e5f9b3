"""Whoever comes to the browser after somebody signed out sees nothing of theirs, and a hostile website
gets nothing from somebody who is signed in (docs/security.md)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DEADLINE_MS, launch
from tests.browser.hostile import HostileSite
from tests.conftest import StartApp
from tests.helpers.live import LiveApp
from tests.helpers.team import PASSWORD, Colleague, add_user

_FORM = """
([action, fields]) => {
  const form = Object.assign(document.createElement('form'), { method: 'post', action });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement('input'), { name, value }));
  }
  document.body.append(form);
  setTimeout(() => form.submit());  // after this answer: the page that gives it goes away
}
"""


@pytest.fixture(scope="module")
def app(start_app: StartApp) -> LiveApp:
    made = start_app(public_url="http://missions.test")
    made.create(name="Top secret autumn", scheduled_at="2099-01-01 00:00:00")
    for name, role in (("Anna", "admin"), ("Vera", "viewer")):
        add_user(made, name, role)
    return made


@pytest.fixture(scope="module")
def browser_with_names(browser: Browser) -> Iterator[Browser]:
    names = "MAP missions.test 127.0.0.1, MAP evil.test 127.0.0.1"
    made = launch(browser.browser_type, f"--host-resolver-rules={names}")
    yield made
    made.close()


@pytest.fixture
def context(browser_with_names: Browser) -> Iterator[BrowserContext]:
    made = browser_with_names.new_context(locale="en-US")
    made.set_default_timeout(DEADLINE_MS)
    yield made
    made.close()


@pytest.fixture(params=["127.0.0.1", "missions.test"])
def signed_in(request: pytest.FixtureRequest, context: BrowserContext, app: LiveApp) -> Page:
    """Anna's browser, on this machine and in a network without https."""
    page = context.new_page()
    page.goto(f"http://{request.param}:{app.settings.port}/missions/1")
    page.locator("input[name=name]").fill("Anna")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    expect(page.locator("h1")).to_have_text("Top secret autumn")
    return page


def test_back_shows_nothing_after_signing_out(signed_in: Page) -> None:
    page = signed_in
    page.goto(page.url.replace("/missions/1", "/missions"))
    expect(page.locator("body")).to_contain_text("Top secret autumn")
    page.locator("form[action='/sign-out']").first.evaluate("(form) => form.submit()")
    expect(page.locator("input[name=password]")).to_be_visible()
    for _ in range(2):
        page.go_back()
        expect(page.locator("input[name=password]")).to_be_visible()
        assert "Top secret" not in page.content()
        assert "/sign-in" in page.url


def test_a_hostile_website_gets_nothing_from_somebody_who_is_signed_in(
    signed_in: Page, app: LiveApp
) -> None:
    ours = signed_in.url.rsplit("/missions", 1)[0]
    with HostileSite() as hostile:
        for name in ("127.0.0.1", "localhost", "evil.test", "missions.test"):
            for path, fields in (
                ("/missions/1/cancel", {"confirm": "1"}),
                ("/sign-out", {}),
                ("/sign-in", {"name": "Vera", "password": PASSWORD}),
            ):
                page = signed_in.context.new_page()
                page.goto(f"http://{name}:{hostile.port}/")
                with page.expect_response(lambda answer: answer.request.method == "POST") as caught:
                    page.evaluate(_FORM, [ours + path, fields])
                # Where the browser sends no cookie along, nobody is asking; else it is refused.
                assert caught.value.status in (303, 401, 403), (name, path)
                assert "set-cookie" not in caught.value.headers, (name, path)
            page = signed_in.context.new_page()
            page.goto(f"http://{name}:{hostile.port}/")
            read = "(url) => fetch(url, { credentials: 'include', signal: AbortSignal.timeout(5000) }).then((a) => a.text(), () => '')"
            assert page.evaluate(read, f"{ours}/api/api-missions") == ""
    signed_in.reload()
    expect(signed_in.locator("h1")).to_have_text("Top secret autumn")
    with Colleague(app, "Vera") as vera:
        assert vera.get("/api/api-missions/1").json()["data"]["status"] == "queued"


@pytest.mark.parametrize("signed_in", ["missions.test"], indirect=True)
def test_in_a_network_without_https_the_own_pages_work_and_others_do_not(
    signed_in: Page, app: LiveApp
) -> None:
    """There browsers send no Sec-Fetch-Site, and Origin decides."""
    here = signed_in.url.rsplit("/missions", 1)[0]
    rename = [f"{here}/missions/1/rename", {"name": "Top secret autumn"}]
    with signed_in.expect_response(lambda answer: answer.request.method == "POST") as caught:
        signed_in.evaluate(_FORM, rename)
    sent = caught.value.request.all_headers()
    assert "sec-fetch-site" not in sent
    assert sent["origin"] == here
    assert caught.value.status == 303
    expect(signed_in.locator("h1")).to_have_text("Top secret autumn")
    with HostileSite() as hostile:
        # The same name on another port is sent the cookie, and so are its forms.
        page = signed_in.context.new_page()
        page.goto(f"http://missions.test:{hostile.port}/")
        with page.expect_response(lambda answer: answer.request.method == "POST") as caught:
            page.evaluate(_FORM, [rename[0], {"name": "Stolen"}])
        sent = caught.value.request.all_headers()
        assert "sec-fetch-site" not in sent
        assert "session=" in sent["cookie"]
        assert caught.value.status == 403
    with Colleague(app, "Vera") as vera:
        assert vera.get("/api/api-missions/1").json()["data"]["name"] == "Top secret autumn"
