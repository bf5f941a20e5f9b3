"""What a person decides about a mission and its items: each question names the number and the money."""

from __future__ import annotations

import re
import zipfile

from playwright.sync_api import Page, expect

from tests.browser.driving import mission_id, poll
from tests.browser.runninghub import RunningHub
from tests.browser.site import Site
from tests.browser.watching import Watch


def confirm(page: Page, question: str, yes: str) -> None:
    """Read the question, and agree."""
    expect(page.locator("#confirm-text")).to_have_text(question)
    expect(page.locator("#confirm button[value=no]")).to_be_focused()
    page.locator("#confirm").get_by_role("button", name=yes, exact=True).click()
    expect(page.locator("#confirm")).to_be_hidden()


def test_a_cause_is_tried_again(page: Page, site: Site, runninghub: RunningHub) -> None:
    prompts = [*(f"storm {n} [fail:1015]" for n in range(1, 4)), "calm", "rude [fail:1501]"]
    page.goto(f"/missions/{site.finished('Storms', prompts)}")
    notice = page.locator(".notice", has_text="The generation failed × 3")
    notice.get_by_role("button", name="Retry these 3 (about ¥0.15)").click()
    confirm(page, "Try 3 items again? They may cost about ¥0.15.", "Retry")
    expect(page.locator("#notice")).to_contain_text("3 items are queued again.")
    site.ended(mission_id(page))
    assert len(runninghub.tasks_of("storm")) == 6
    assert len(runninghub.tasks_of("calm")) == len(runninghub.tasks_of("rude")) == 1
    # What the same request cannot mend is offered to be changed, and has no bare retry.
    refused = page.locator(".notice", has_text="Refused by the content check")
    expect(refused.get_by_role("button")).to_have_count(0)
    refused.get_by_role("link", name="Change and make again").click()
    expect(page.locator("#prompts")).to_have_value("rude [fail:1501]")


def test_one_failed_item_is_tried_again_in_the_lightbox(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    runninghub.rule("submit", "fail", match="only once", code="1015", times=1)
    page.goto(f"/missions/{site.finished('Retry one', ['only once', 'calm one'])}")
    page.locator("a[data-lightbox='1']").first.click()
    page.locator("#item").get_by_role("button", name="Retry").click()
    confirm(page, "Try 1 item again? It may cost about ¥0.05.", "Retry")
    expect(page.locator("#lightbox #item-notice")).to_contain_text("1 item is queued again.")
    site.ended(mission_id(page))
    expect(page.locator("#lightbox .stage img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".tile img")).to_have_count(2)
    expect(page.locator("#state")).to_contain_text("Completed")


def test_chosen_items_are_tried_again(page: Page, site: Site, runninghub: RunningHub) -> None:
    page.goto(
        f"/missions/{site.finished('Pick some', [f'picked {n} [fail:1015]' for n in 'abcde'])}"
    )
    page.locator(".pick").nth(1).check()
    page.locator(".pick").nth(3).click(modifiers=["Shift"])
    expect(page.locator("#picked")).to_have_text("3 selected")
    page.locator("#bulk").get_by_role("button", name="Retry").click()
    confirm(
        page,
        "Try the 3 selected items again? Failed and cancelled ones are queued again, about ¥0.05 each.",
        "Retry",
    )
    expect(page.locator("#notice")).to_contain_text("3 items are queued again.")
    expect(page.locator("#bulk")).to_be_hidden()
    site.ended(mission_id(page))
    assert [len(runninghub.tasks_of(f"picked {n} ")) for n in "abcde"] == [1, 2, 2, 2, 1]


def test_the_zip_of_chosen_items(page: Page, site: Site) -> None:
    page.goto(f"/missions/{site.finished('Take some', [f'taken {n}' for n in 'abc'])}")
    for n in (1, 3):
        page.get_by_label(f"Select item {n}", exact=True).check()
    with page.expect_download() as download:
        page.locator("#bulk").get_by_role("button", name="Download zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        table = archive.read("manifest.csv").decode("utf-8-sig")
    assert re.findall(r"^(\d),", table, re.MULTILINE) == ["1", "3"]
    expect(page.locator(".pick:checked")).to_have_count(2)


def test_a_mission_is_paused_resumed_renamed_cancelled_and_deleted(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    number = site.mission("Steered", ["[never] steered"])
    site.wait_for(number, processing=1)
    page.goto(f"/missions/{number}")
    page.locator("#pause").click()
    expect(page.locator("#state")).to_contain_text("Paused")
    expect(page.locator("#why")).to_contain_text("already at RunningHub will still finish")
    page.locator("#resume").click()
    expect(page.locator("#state")).to_contain_text("Running")

    page.get_by_label("More").click()
    page.locator("#more input[name=name]").fill("Steered well")
    page.locator("#more").get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Steered well")

    page.locator("#cancel").click()
    page.keyboard.press("Escape")
    expect(page.locator("#state")).to_contain_text("Running")
    page.locator("#cancel").click()
    confirm(
        page,
        "Cancel this mission? Everything was already sent; it will finish and may cost.",
        "Cancel the mission",
    )
    expect(page.locator("#state")).to_contain_text("Cancelled")
    runninghub.finish("steered")
    site.ended(number)

    page.goto(f"/missions/{number}")
    page.get_by_label("More").click()
    page.get_by_role("button", name="Delete mission").click()
    question = "Delete “Steered well” with 1 item and all its files? This cannot be undone."
    confirm(page, question, "Delete")
    page.wait_for_url("**/missions")
    expect(page.locator("#notice")).to_contain_text("Mission deleted.")
    assert site.named("Steered well") == []


def an_unclear_item(site: Site, runninghub: RunningHub, words: str) -> int:
    """A mission whose item was sent and never answered. A good one beside it keeps the app from
    holding back after several such losses in a row."""
    runninghub.rule("submit", "reset", match=words, accept=True, times=1)
    number = site.mission(words.capitalize(), [words, "a good one"])
    site.wait_for(number, unknown=1, completed=1)
    return number


def test_an_unclear_item_gets_its_task(page: Page, site: Site, runninghub: RunningHub) -> None:
    number = an_unclear_item(site, runninghub, "found again")
    page.goto(f"/missions/{number}")
    expect(page.locator("#state")).to_contain_text("Unclear")
    page.locator("#unclear").get_by_role("link", name="Show it").click()
    page.locator("a[data-lightbox='1']").first.click()
    dialog = page.locator("#lightbox")
    dialog.get_by_label("attach its task id").fill(runninghub.task_of("found again"))
    dialog.get_by_role("button", name="Attach").click()
    expect(dialog.locator("#item-notice")).to_contain_text(
        "Task attached. Its result will be fetched."
    )
    site.wait_for(number, completed=2)
    assert len(runninghub.tasks_of("found again")) == 1


def test_an_unclear_item_is_given_up(page: Page, site: Site, runninghub: RunningHub) -> None:
    number = an_unclear_item(site, runninghub, "not there")
    page.goto(f"/missions/{number}/items/1")
    page.get_by_role("button", name="It is not there: mark as failed").click()
    expect(page.locator("#item")).to_contain_text("Marked as failed.")
    site.wait_for(number, completed=1, failed=1)


def test_an_unclear_item_is_sent_again_after_a_warning(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    number = an_unclear_item(site, runninghub, "sent twice")
    page.goto(f"/missions/{number}?item=1")
    page.locator("#lightbox").get_by_role("button", name="Submit again").click()
    confirm(
        page,
        "Submit this item again? The first try may be running, so you may pay twice.",
        "Submit again",
    )
    expect(page.locator("#lightbox #item-notice")).to_contain_text("1 item is submitted again.")
    site.wait_for(number, completed=2)
    assert len(runninghub.tasks_of("sent twice")) == 2


def test_an_action_that_came_too_late_says_so(
    page: Page, watch: Watch, site: Site, runninghub: RunningHub
) -> None:
    watch.expects(409)
    number = site.mission("Too late", ["[never] too late"])
    site.wait_for(number, processing=1)
    page.goto(f"/missions/{number}")
    runninghub.finish("too late")
    site.ended(number)
    page.locator("#cancel").click()
    page.locator("#confirm-yes").click()
    expect(
        page.get_by_role("alert").filter(has_text=re.compile("ended|finished|over"))
    ).to_be_visible()
    expect(page.locator("#state")).to_contain_text("Completed")


def test_the_file_of_a_result_is_fetched_again(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    number = site.mission("Lost file", ["[never] lost file"])
    task = runninghub.task_of("lost file")
    runninghub.rule("download", "redirect", url="ftp://elsewhere/", match=task, times=1)
    page.goto(f"/missions/{number}")
    runninghub.finish("lost file")
    site.ended(number)
    poll(page)
    files = page.locator("#files")
    expect(files).to_contain_text("1 file could not be downloaded")
    files.get_by_role("button", name="Download again").click()
    expect(page.locator("#notice")).to_contain_text("1 file is being downloaded again.")
    site.ended(number)
    expect(page.locator(".tile img")).to_be_visible()
    assert runninghub.tasks_of("lost file") == [task]


def test_the_menu_opens_inside_a_phone(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/missions/{site.finished('On a phone', ['a'])}")
    page.get_by_label("More").click()
    for name in ("Duplicate as a new mission", "Save", "Delete mission"):
        control = page.locator("#more").get_by_text(name)
        expect(control).to_be_in_viewport(ratio=1)
        control.click(trial=True)
