"""The page of unclear items in a browser: polls keep what is typed and ticked, one question for several."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.driving import poll
from tests.browser.runninghub import RunningHub
from tests.browser.site import Site
from tests.browser.test_deciding import an_unclear_item, confirm
from tests.browser.watching import Watch
from tests.helpers.waiting import wait_until


def cards(page: Page) -> list[str]:
    return page.locator(".unclear h2").all_inner_texts()


def test_polls_keep_what_is_typed_and_ticked(
    page: Page, watch: Watch, site: Site, runninghub: RunningHub
) -> None:
    first = an_unclear_item(site, runninghub, "kept")
    page.goto("/unknown")
    card = page.locator(".unclear", has=page.locator(f".pick[value^='{first}-1-']"))
    card.get_by_label("attach its task id").fill("20356254")
    card.locator(".pick").check()
    expect(page.locator("#bulk #picked")).to_have_text("1 selected")
    expect(page.locator("#account-now")).to_contain_text("The account now:")
    before = len(cards(page))
    an_unclear_item(site, runninghub, "another one")
    poll(page)
    expect(page.locator(".unclear")).to_have_count(before + 1)
    expect(card.get_by_label("attach its task id")).to_have_value("20356254")
    expect(card.locator(".pick")).to_be_checked()
    expect(page.locator("#nav-unknown")).to_contain_text(f"Unclear {before + 1}")


def test_several_are_given_up_with_one_question(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    numbers = [an_unclear_item(site, runninghub, f"gone {n}") for n in (1, 2)]
    page.goto("/unknown")
    before = len(cards(page))
    for number in numbers:
        page.locator(f".pick[value^='{number}-1-']").check()
    page.locator("#bulk").get_by_role("button", name="Mark as failed").click()
    confirm(
        page,
        "Mark the 2 selected items as failed? If RunningHub makes them all the same, their results"
        " are not fetched.",
        "Mark as failed",
    )
    expect(page.locator("#notice")).to_contain_text("2 items marked as failed.")
    expect(page.locator(".unclear")).to_have_count(before - 2)
    expect(page.locator("#bulk")).to_be_hidden()
    for number in numbers:
        site.wait_for(number, completed=1, failed=1)


def test_a_task_id_that_nobody_knows_is_told_and_the_right_one_is_taken(
    page: Page, watch: Watch, site: Site, runninghub: RunningHub
) -> None:
    watch.expects(422)
    number = an_unclear_item(site, runninghub, "found later")
    page.goto(f"/unknown?mission={number}")
    typed = page.get_by_label("attach its task id")
    typed.fill("2013508786110730241")
    page.get_by_role("button", name="Attach").click()
    expect(page.get_by_role("alert").filter(has_text="does not know a task")).to_be_visible()
    typed.fill(runninghub.task_of("found later"))
    page.get_by_role("button", name="Attach").click()
    expect(page.locator("#unknown-area")).to_contain_text("Nothing is unclear")
    wait_until(lambda: site.show(number)["counts"]["completed"] == 2)
    assert len(runninghub.tasks_of("found later")) == 1
