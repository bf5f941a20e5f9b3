"""The way of a mission: written, started, watched, taken home."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import Page, expect

from tests.browser.driving import mission_id, open_form, poll
from tests.browser.runninghub import RunningHub
from tests.browser.site import Site


def test_a_mission_is_created_watched_and_downloaded(
    page: Page, site: Site, runninghub: RunningHub, tmp_path: Path
) -> None:
    open_form(page, "[never] first light\n[never] second light\nthird [fail:1501]")
    page.locator("#name").fill("Whole way")
    expect(page.locator("#start")).to_contain_text("Submit 3 items")
    expect(page.locator("#start")).to_contain_text("0.15")
    page.locator("#start").click()

    page.wait_for_url("**/missions/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Whole way")
    expect(page.locator("#notice")).to_contain_text("Mission started with 3 items")
    expect(page.locator("#state")).to_contain_text("Running")
    expect(page.locator("#count-processing")).to_contain_text("2")
    expect(page.locator("#count-failed")).to_contain_text("1")
    expect(page.get_by_role("link", name="Download zip")).to_be_hidden()

    runninghub.finish("first light")
    site.wait_for(mission_id(page), completed=1, processing=1)
    poll(page)
    expect(page.locator("#live .total")).to_have_text("1 / 3")
    expect(page.locator("#count-completed")).to_contain_text("1")
    expect(page).to_have_title("(1/3) Whole way · Missions")
    expect(page.locator(".tile", has_text="first light").locator("img")).to_be_visible()
    expect(page.locator(".tile", has_text="second light")).to_contain_text("Generating")

    runninghub.finish("second light")
    site.ended(mission_id(page))
    poll(page)
    expect(page.locator("#state")).to_contain_text("Partly failed")
    expect(page).to_have_title("Whole way · Missions")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download zip").click()
    assert download.value.suggested_filename == "Whole way_results.zip"
    file = tmp_path / "results.zip"
    download.value.save_as(file)
    _has_both_pictures_and_both_lists(file)


def _has_both_pictures_and_both_lists(file: Path) -> None:
    with ZipFile(file) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        pictures = [name for name in names if name.endswith(".png")]
        assert len(pictures) == 2
        assert sorted(set(names) - set(pictures)) == ["manifest.csv", "manifest.json"]
        assert all(archive.read(name).startswith(b"\x89PNG") for name in pictures)
        table = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig"))))
        assert [row["state"] for row in table] == ["completed", "completed", "failed"]
        assert [row["file"] for row in table] == [*sorted(pictures), ""]
        assert [row["prompt"] for row in table][2] == "third [fail:1501]"
        assert len(json.loads(archive.read("manifest.json"))["items"]) == 3
