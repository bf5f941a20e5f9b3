"""Signing in, and what a session that ends does to an open page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import NewContext, launch
from tests.browser.driving import poll
from tests.browser.processes import ServerProcess
from tests.browser.team_site import NAME, other_site, sign_in, team_site
from tests.browser.test_every_page import faults
from tests.browser.watching import Watch
from tests.cli.test_users import PASSWORD


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with team_site(tmp_path_factory.mktemp("team")) as process:
        yield process


@pytest.fixture
def guest(team: ServerProcess, new_context: tuple[NewContext, list[Watch]]) -> Page:
    """A browser that is not signed in."""
    return new_context[0](base_url=team.url).new_page()


@pytest.fixture
def told(guest: Page, new_context: tuple[NewContext, list[Watch]]) -> Watch:
    """What the guest's pages complain about."""
    return new_context[1][-1]


def make_mission(page: Page, prompts: str) -> None:
    page.goto("/missions/new")
    page.locator("#prompts").fill(prompts)
    expect(page.locator("#plan tbody tr")).to_have_count(len(prompts.split("\n")))
    page.locator("#start").click()
    page.wait_for_url(re.compile(r"/missions/\d+$"))


def test_a_page_asks_who_is_there_and_comes_back(guest: Page) -> None:
    guest.goto("/missions?state=failed")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(guest.locator("#name")).to_be_focused()
    expect(guest.get_by_role("navigation")).to_have_count(0)
    sign_in(guest)
    guest.wait_for_url("**/missions?state=failed")
    guest.get_by_label("Signed in as Ben").click()
    guest.get_by_role("button", name="Sign out").click()
    guest.wait_for_url("**/sign-in")
    guest.goto("/missions")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_wrong_password_keeps_the_name(guest: Page, told: Watch) -> None:
    told.expects(422)
    guest.goto("/sign-in")
    guest.locator("#name").fill("Somebody")
    guest.locator("#password").fill("not right at all")
    guest.locator("#password").press("Enter")
    expect(guest.get_by_role("alert").first).to_contain_text("Name or password is not right.")
    expect(guest.locator("#name")).to_have_value("Somebody")
    expect(guest.locator("#password")).to_be_focused()


def test_it_works_without_scripts(
    team: ServerProcess, new_context: tuple[NewContext, list[Watch]]
) -> None:
    page = new_context[0](base_url=team.url, java_script_enabled=False).new_page()
    page.goto("/templates")
    sign_in(page)
    page.wait_for_url("**/templates")
    page.goto("/settings/account")
    page.locator("#token_name").fill("Plain")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#new-token")).to_have_text(re.compile("^rhm_"))
    page.get_by_role("button", name="Revoke Plain").click()
    page.get_by_role("button", name="Yes, go on").click()
    expect(page.locator("#tokens")).not_to_contain_text("Plain")
    page.locator("#page").get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in")


def test_a_poll_of_a_signed_out_tab_leads_to_the_sign_in_and_nothing_typed_is_lost(
    guest: Page, told: Watch
) -> None:
    told.expects(401)
    guest.goto("/missions")
    sign_in(guest)
    make_mission(guest, "[never] a fox\n[never] an owl")
    address = guest.url
    guest.locator("details:has([name=name]) > summary").first.click()
    name = guest.locator("form[action$='/rename'] [name=name]")
    name.fill("A name half typed")
    guest.context.clear_cookies(name="session")
    guest.evaluate("htmx.trigger('[data-poll]', 'refresh')")
    guest.wait_for_url("**/sign-in?next=**")
    expect(guest.locator("#page")).not_to_contain_text("fox")
    sign_in(guest)
    guest.wait_for_url(address)
    expect(name).to_have_value("A name half typed")
    expect(name).to_be_visible()
    poll(guest)


def test_a_mission_that_is_being_written_waits_for_the_sign_in(guest: Page, told: Watch) -> None:
    told.expects(401)
    guest.goto("/missions/new")
    sign_in(guest)
    guest.wait_for_url("**/missions/new")
    guest.context.clear_cookies(name="session")
    guest.locator("#prompts").fill("a fox that waits\nan owl too")
    guest.wait_for_url("**/sign-in?next=**")
    sign_in(guest)
    guest.wait_for_url("**/missions/new")
    guest.get_by_role("button", name="Restore").click()
    expect(guest.locator("#prompts")).to_have_value("a fox that waits\nan owl too")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/settings/account/sessions/end"])
def test_another_website_on_this_machine_posts_in_vain(
    guest: Page, team: ServerProcess, told: Watch, path: str
) -> None:
    """Also the sign-in: in somebody else's account a person would show them what they make."""
    told.expects(403, 404)
    guest.goto("/missions")
    sign_in(guest)
    guest.wait_for_url("**/missions")
    form = (
        f'<form method="post" action="{team.url}{path}"><input name="name" value="Anna">'
        f'<input name="password" value="{PASSWORD}"><button>Win</button></form>'
    )
    with other_site(form) as elsewhere:
        guest.goto(elsewhere)
        with guest.expect_navigation() as navigation:
            guest.get_by_role("button").click()
        answer = navigation.value
        assert answer is not None
        assert answer.status == 403
    guest.goto(f"{team.url}/missions")
    expect(guest.get_by_label("Signed in as Ben")).to_be_visible()


def test_in_a_local_network_on_plain_http(browser: Browser, team: ServerProcess) -> None:
    """There browsers do not say in Sec-Fetch-Site where a request comes from: Origin decides."""
    port = team.url.rpartition(":")[2]
    rules = "--host-resolver-rules=MAP *.test 127.0.0.1"
    with launch(browser.browser_type, rules) as there:
        page = there.new_page(base_url=f"http://{NAME}:{port}", locale="en-US")
        posts: list[dict[str, str]] = []
        page.on(
            "request", lambda one: posts.append(one.all_headers()) if one.method == "POST" else None
        )
        page.goto("/missions")
        sign_in(page)
        page.wait_for_url("**/missions")
        make_mission(page, "a fox in the network")
        assert len(posts) >= 2
        assert not any("sec-fetch-site" in headers for headers in posts)
        assert {headers["origin"] for headers in posts} == {f"http://{NAME}:{port}"}
        form = (
            f'<form method="post" action="http://{NAME}:{port}/sign-in"><button>x</button></form>'
        )
        with other_site(form) as elsewhere:
            page.goto(f"http://evil.test:{elsewhere.rpartition(':')[2]}")
            with page.expect_navigation() as navigation:
                page.get_by_role("button").click()
            answer = navigation.value
            assert answer is not None
            assert answer.status == 403
        page.goto("/missions")
        expect(page.get_by_label("Signed in as Ben")).to_be_visible()


def test_every_page_of_accounts(
    team: ServerProcess, new_context: tuple[NewContext, list[Watch]]
) -> None:
    found: list[str] = []
    for language, locale in (("en", "en-US"), ("zh", "zh-CN")):
        context = new_context[0](base_url=team.url, locale=locale, reduced_motion="reduce")
        new_context[1][-1].expects(404, 422)
        page = context.new_page()
        page.goto("/sign-in")
        found += faults(page, "sign-in", language)
        page.locator("#name").fill("安娜")
        page.locator("#password").fill("不对的密码")
        page.locator("#sign-in button").click()
        found += faults(page, "sign-in refused", language)
        page.goto("/invitation/nothing")
        found += faults(page, "no invitation", language)
        page.goto("/sign-in")
        page.locator("#name").fill("Anna")
        page.locator("#password").fill(PASSWORD)
        page.locator("#sign-in button").click()
        page.wait_for_url("**/missions")
        page.locator(".top-menu > summary").click()
        found += faults(page, "menu", language)
        page.goto("/settings/account")
        page.locator("#token_name").fill("脚本")
        page.locator("#token_name + button").click()
        expect(page.locator("#new-token")).to_be_visible()
        found += faults(page, "account", language)
        page.goto("/settings/people")
        page.locator("#invite-role + button").click()
        link = page.locator("#new-link").inner_text()
        found += faults(page, "people", language)
        page.goto(link)
        found += faults(page, "invitation", language)
        page.locator("#name").fill("新同事")
        page.locator("#password").fill("1234567890")
        page.locator("#again").fill("1234567890")
        page.locator("#invitation button").click()
        expect(page.locator("#password-problem")).to_be_visible()
        found += faults(page, "invitation refused", language)
    # Names that people chose are in no language; who stands at the door sees no menu.
    known = re.compile(
        r"Anna|Ben|Chrome|rhm_|Authorization|fox|(sign-in|refused|invitation): no nav"
    )
    assert not [fault for fault in found if not known.search(fault)], "\n".join(found)
