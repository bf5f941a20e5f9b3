"""Images on the create page: on their way with a progress, and at the end part of the picture."""

from __future__ import annotations

import io
import os

from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.driving import image_file, mission_id, open_form
from tests.browser.runninghub import RunningHub
from tests.browser.site import Site
from tests.helpers.pictures import png
from tests.helpers.waiting import wait_until


def noise(side: int) -> bytes:
    """A PNG that cannot be made smaller: three bytes a pixel."""
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(out, "PNG")
    return out.getvalue()


def test_an_image_to_image_mission_completes(
    page: Page, site: Site, runninghub: RunningHub
) -> None:
    open_form(page, type="image_to_image")
    page.locator("#prompts").fill("repaint it\nrepaint it blue")
    expect(page.locator("#pairing")).to_be_hidden()  # there is nothing to combine yet
    page.locator("#files").set_input_files(
        [image_file("2.png", png(24, "green")), image_file("10.png", png(24, "blue"))]
    )
    expect(page.locator("#image-count")).to_have_text("2 images")
    expect(page.locator("#plan tbody tr")).to_have_count(4)
    page.get_by_text("One to one", exact=True).click()
    expect(page.locator("#plan tbody tr")).to_have_count(2)
    expect(page.locator("#plan tbody img")).to_have_count(2)
    page.locator("#start").click()
    page.wait_for_url("**/missions/*")
    made = site.ended(mission_id(page))
    assert made["completed_count"] == 2
    links = {address for item in made["items"] for address in item["input_params"]["imageUrls"]}
    assert len(links) == 2
    page.reload()
    expect(page.locator(".tile img")).to_have_count(2)
    page.locator("a[data-lightbox='1']").first.click()
    expect(page.get_by_alt_text("Reference image 1")).to_be_visible()


def test_a_large_image_shows_how_far_it_is(page: Page, context: BrowserContext) -> None:
    open_form(page, type="image_to_video")
    devtools = context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": 100_000})
    page.locator("#files").set_input_files([image_file("large.png", noise(300))])
    bar = page.locator("#thumbs progress")
    wait_until(lambda: 0 < float(bar.evaluate("(bar) => bar.value")) < 100)
    expect(page.locator("#image-count")).to_have_text("0 images")
    devtools.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": -1})
    expect(page.locator("#image-count")).to_have_text("1 image")
    expect(bar).to_have_count(0)
