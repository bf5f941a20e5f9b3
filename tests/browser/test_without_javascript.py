"""Everything that costs or counts also works as plain forms and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.driving import image_file, mission_id
from tests.browser.runninghub import RunningHub
from tests.browser.site import Site
from tests.browser.watching import Watch
from tests.helpers.pictures import png


@pytest.fixture
def plain(new_context: tuple[NewContext, list[Watch]]) -> Iterator[Page]:
    """A page in a browser without scripts."""
    yield new_context[0](java_script_enabled=False).new_page()


def test_a_mission_is_previewed_made_and_downloaded(
    plain: Page, site: Site, tmp_path: Path
) -> None:
    plain.goto("/missions/new")
    plain.locator("#prompts").fill("plain one\nplain two [fail:1015]")
    plain.get_by_role("button", name="Preview", exact=True).last.click()
    expect(plain.locator("#plan tbody tr")).to_have_count(2)
    expect(plain.locator("#prompts")).to_have_value("plain one\nplain two [fail:1015]")
    plain.get_by_role("button", name="Submit 2 items · ¥0.10").click()
    plain.wait_for_url(re.compile(r"/missions/\d+$"))
    site.ended(mission_id(plain))

    plain.reload()
    expect(plain.locator("#state")).to_contain_text("Partly failed")
    plain.get_by_role("button", name="Retry it (about ¥0.05)").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text(
        "Try 1 item again? It may cost about ¥0.05."
    )
    plain.get_by_role("button", name="Yes, go on").click()
    expect(plain.locator("#notice")).to_contain_text("1 item is queued again.")
    site.ended(mission_id(plain))

    with plain.expect_download() as download:
        plain.get_by_role("link", name="Download zip").click()
    download.value.save_as(tmp_path / "results.zip")
    with ZipFile(tmp_path / "results.zip") as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == 1
        assert {"manifest.csv", "manifest.json"} < set(archive.namelist())


def test_nothing_starts_unseen_or_in_large_numbers_unasked(
    plain: Page, site: Site, new_context: tuple[NewContext, list[Watch]]
) -> None:
    new_context[1][-1].expects(422)
    plain.goto("/missions/new")
    plain.locator("#prompts").fill("unseen at first")
    plain.locator("#start").click()
    expect(plain.locator("#form-problems")).to_contain_text("Nothing was started yet.")
    expect(plain.locator("#plan tbody tr")).to_have_count(1)
    plain.locator("#prompts").fill("\n".join(f"unseen {n}" for n in range(51)))
    plain.locator("#start").click()
    problems = plain.locator("#form-problems")
    expect(problems).to_contain_text("Start 51 items for about ¥2.55?")
    assert site.named("unseen") == []
    problems.get_by_role("button", name="Start").click()
    plain.wait_for_url(re.compile(r"/missions/\d+$"))
    assert len(site.named("unseen")) == 1


def test_images_are_uploaded_by_a_button(plain: Page, site: Site) -> None:
    plain.goto("/missions/new?type=image_to_image")
    plain.locator("#prompts").fill("with an image")
    plain.locator("#files").set_input_files([image_file("cat.png", png())])
    plain.get_by_role("button", name="Upload the chosen files").click()
    expect(plain.locator("#thumbs img")).to_have_count(1)
    plain.get_by_role("button", name=re.compile("^Submit 1 item")).click()
    plain.wait_for_url(re.compile(r"/missions/\d+$"))
    expect(plain.locator("#state")).not_to_be_empty()
    assert site.ended(mission_id(plain))["completed_count"] == 1


def test_a_mission_is_cancelled_after_a_question(
    plain: Page, site: Site, runninghub: RunningHub
) -> None:
    number = site.mission("Plainly cancelled", ["a", "b"], scheduled_at="2099-01-01T00:00:00Z")
    plain.goto(f"/missions/{number}")
    plain.locator("#cancel").click()
    expect(plain.get_by_role("heading", level=1)).to_contain_text(
        "2 waiting items will not be sent"
    )
    plain.get_by_role("link", name="Back").click()
    expect(plain.locator("#state")).to_contain_text("Queued")
    plain.locator("#cancel").click()
    plain.get_by_role("button", name="Yes, go on").click()
    expect(plain.locator("#state")).to_contain_text("Cancelled")
    expect(plain.locator("#notice")).to_contain_text("2 items were cancelled.")


def test_items_are_filtered_opened_and_stepped_through(plain: Page, site: Site) -> None:
    number = site.finished("Plain items", ["first", "second [fail:1501]", "third"])
    plain.goto(f"/missions/{number}")
    plain.locator("#chip-failed").click()
    expect(plain.locator(".tile")).to_have_count(1)
    plain.goto(f"/missions/{number}")
    plain.locator("#q").fill("third")
    plain.get_by_role("button", name="Search").click()
    expect(plain.locator(".tile")).to_have_count(1)
    plain.locator(".tile a").click()
    expect(plain.locator("#item")).to_have_attribute("data-item", "3")
    expect(plain.locator("#prompt")).to_be_visible()
    expect(plain.locator("[data-copy]")).to_be_hidden()
    plain.get_by_role("link", name="Previous item").click()
    expect(plain.locator("#item")).to_contain_text("Refused by the content check")


def test_the_language_is_switched(plain: Page, site: Site) -> None:
    number = site.finished("Plain words", ["first"])
    plain.goto(f"/missions/{number}?view=table")
    expect(plain.locator("html")).to_have_attribute("lang", "en")
    plain.get_by_role("link", name="中文").click()
    expect(plain).to_have_url(re.compile(rf"/missions/{number}\?view=table$"))
    expect(plain.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(plain.locator("#state")).to_contain_text("已完成")
    plain.get_by_role("link", name="EN", exact=True).click()
    expect(plain.locator("#state")).to_contain_text("Completed")


def test_the_theme_is_switched(plain: Page) -> None:
    plain.goto("/settings")
    plain.get_by_role("button", name="Dark").click()
    expect(plain.locator("html")).to_have_attribute("data-theme", "dark")
    expect(plain).to_have_url(re.compile("/settings$"))
