"""The create page with JavaScript: it asks before it spends, spends once, and loses nothing."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.driving import mission_id, open_form
from tests.browser.site import Site
from tests.browser.watching import Watch

CREATE = "POST /missions"
A_MISSION = re.compile(r"/missions/[0-9]+$")


def picture(name: str, colour: str = "red") -> Any:
    """A file for an <input type=file>."""
    data = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(data, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": data.getvalue()}


def created(watch: Watch) -> int:
    """How often the form was sent."""
    return sum(request == CREATE for request in watch.requests)


def test_a_double_click_makes_one_mission(page: Page, site: Site, watch: Watch) -> None:
    open_form(page, "clicked twice")
    page.locator("#start").dblclick()
    page.wait_for_url(A_MISSION)
    assert created(watch) == 1
    assert len(site.named("clicked twice")) == 1


def test_back_and_once_more_is_the_same_mission(page: Page, site: Site) -> None:
    open_form(page, "gone back\nto the form", type="text_to_video")
    page.locator("#param-duration").select_option("15")
    expect(page.locator("#plan")).to_contain_text("15 s")
    page.locator("#start").click()
    page.wait_for_url(A_MISSION)
    first = mission_id(page)
    page.go_back()
    expect(page.locator("#prompts")).to_have_value("gone back\nto the form")
    expect(page.locator("#start")).to_contain_text("2 items")
    page.locator("#start").click()
    page.wait_for_url(f"**/missions/{first}")
    assert len(site.named("gone back")) == 1


def test_many_items_are_asked_about_and_escape_spends_nothing(page: Page, watch: Watch) -> None:
    open_form(page, "\n".join(f"many {n}" for n in range(51)))
    expect(page.locator("#start")).to_contain_text("51 items")
    page.locator("#start").click()
    expect(page.locator("#confirm-text")).to_have_text("Start 51 items for about ¥2.55?")
    page.keyboard.press("Escape")
    expect(page.locator("#confirm")).to_be_hidden()
    assert created(watch) == 0
    page.locator("#start").click()
    page.locator("#confirm-yes").click()
    page.wait_for_url(A_MISSION)


def test_a_button_pressed_before_its_preview_asks_with_the_new_number(
    page: Page, watch: Watch
) -> None:
    open_form(page, "one")
    page.locator("#prompts").evaluate(
        """(box) => {
          box.value = 'one\\ntwo\\nthree';
          box.dispatchEvent(new Event('input', { bubbles: true }));
          document.querySelector('#start').click();
        }"""
    )
    expect(page.locator("#confirm-text")).to_contain_text("Start 3 items for about ¥0.15?")
    assert created(watch) == 0
    page.locator("#confirm-yes").click()
    page.wait_for_url(A_MISSION)
    assert created(watch) == 1


def test_the_shortcut_submits_but_not_while_an_input_method_composes(
    page: Page, watch: Watch
) -> None:
    open_form(page, "by the keyboard")
    composing = """(box, [composing, code]) => box.dispatchEvent(new KeyboardEvent('keydown',
        {key: 'Enter', ctrlKey: true, bubbles: true, isComposing: composing, keyCode: code}))"""
    for state in ([True, 13], [False, 229]):
        page.locator("#prompts").evaluate(composing, state)
    page.locator("#prompts").press("Enter")
    page.locator("#name").press("Enter")
    expect(page.locator("#plan")).to_be_visible()
    assert created(watch) == 0
    expect(page.locator("#start")).to_contain_text("1 item")
    page.locator("#name").press("Control+Enter")
    page.wait_for_url(A_MISSION)
    assert created(watch) == 1


def test_a_draft_survives_leaving_and_ends_with_the_mission(page: Page) -> None:
    open_form(page, "half a thought\nand another", type="text_to_video")
    page.locator("#name").fill("Drafted")
    page.goto("/missions")
    page.goto("/missions/new")
    expect(page.locator("#draft")).to_contain_text("half a thought")
    page.locator("[data-draft=restore]").click()
    expect(page.locator("#prompts")).to_have_value("half a thought\nand another")
    expect(page.locator("#name")).to_have_value("Drafted")
    expect(page.locator("#type-text_to_video")).to_be_checked()
    page.locator("#start").click()
    page.wait_for_url(A_MISSION)
    page.goto("/missions/new")
    expect(page.locator("#prompts")).to_be_visible()
    expect(page.locator("#draft")).to_be_hidden()
    assert page.evaluate("localStorage.length") == 0


def test_a_discarded_draft_stays_away(page: Page) -> None:
    open_form(page, "never mind")
    page.goto("/missions")
    page.goto("/missions/new")
    page.locator("[data-draft=discard]").click()
    page.reload()
    expect(page.locator("#prompts")).to_have_value("")
    expect(page.locator("#draft")).to_be_hidden()


def test_counts_and_the_suggested_name_follow_the_typing(page: Page) -> None:
    page.goto("/missions/new")
    page.locator("#prompts").fill("a tall\n\ntower\n---\nan owl")
    expect(page.locator("#prompt-count")).to_have_text("4 prompts")
    expect(page.locator("#prompt-notes")).to_contain_text("Line 4 is only “---”")
    page.get_by_text("Several lines each", exact=True).click()
    expect(page.locator("#prompt-count")).to_have_text("2 prompts")
    expect(page.locator("#name")).to_have_attribute("placeholder", "a tall tower")
    expect(page.locator("#plan tbody tr")).to_have_count(2)
    expect(page.locator("#prompt-notes")).not_to_contain_text("---")


def test_images_go_up_by_themselves_and_are_put_in_order(page: Page, site: Site) -> None:
    open_form(page, type="image_to_video")
    page.locator("#prompts").fill("it moves")
    page.locator("#files").set_input_files(
        [picture("10.png", "blue"), picture("9.png", "red"), picture("9 again.png", "red")]
    )
    thumbs = page.locator("#thumbs li")
    expect(page.locator("#image-count")).to_have_text("2 images")
    expect(thumbs).to_have_count(3)
    expect(page.locator("#thumbs .refused")).to_contain_text("This image is already here.")
    page.locator("#thumbs .refused [value$=remove]").click()
    red = thumbs.nth(0).locator("[name=image]").input_value()
    blue = thumbs.nth(1).locator("[name=image]").input_value()
    expect(thumbs.nth(1)).to_have_attribute("title", "10.png")
    thumbs.nth(1).locator("[value$=earlier]").click()
    expect(page.locator("#start")).to_contain_text("2 items")
    page.locator("#start").click()
    page.wait_for_url(A_MISSION)
    items = site.show(mission_id(page))["items"]
    assert [item["input_params"]["imageUrl"] for item in items] == [blue, red]


def test_a_refused_file_says_why_on_its_thumbnail(page: Page, watch: Watch) -> None:
    watch.expects(415, 422)
    open_form(page, type="image_to_image")
    broken: Any = {"name": "broken.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\nno"}
    text: Any = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}
    page.locator("#files").set_input_files([broken, text])
    expect(page.locator("#thumbs li").nth(0)).to_contain_text("“broken.png”")
    expect(page.locator("#thumbs li").nth(1)).to_contain_text("Not an image.")
    expect(page.locator("#image-count")).to_have_text("0 images")


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_images_can_be_pasted_and_dropped_anywhere(page: Page, way: str) -> None:
    open_form(page, type="image_to_image")
    page.evaluate(
        """async (way) => {
          const canvas = document.createElement('canvas');
          canvas.width = canvas.height = 16;
          canvas.getContext('2d').fillRect(0, 0, 9, 9);
          const blob = await new Promise((done) => canvas.toBlob(done));
          const carried = new DataTransfer();
          carried.items.add(new File([blob], 'new.png', { type: 'image/png' }));
          const event = way === 'paste'
            ? new ClipboardEvent('paste', { clipboardData: carried, bubbles: true, cancelable: true })
            : new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true });
          document.querySelector('h1').dispatchEvent(event);
        }""",
        way,
    )
    expect(page.locator("#image-count")).to_have_text("1 image")


def test_an_upload_on_its_way_survives_a_change_of_type_and_holds_the_submit(
    page: Page, site: Site, watch: Watch
) -> None:
    template = {"name": "Film", "task_type": "image_to_video", "config": {"duration": "15"}}
    template_id = site.call("POST", "/api/api-templates", json=template)["id"]
    held: list[Route] = []
    page.route("**/api/upload-image", lambda route: held.append(route))
    open_form(page, type="image_to_image")
    page.locator("#prompts").fill("waits")
    page.locator("#files").set_input_files([picture("slow.png")])
    expect(page.locator("[data-uploading]")).to_have_count(1)
    page.get_by_text("Image to video", exact=True).click()
    expect(page.locator("#param-duration")).to_be_visible()
    page.locator("#start").click()
    notes = page.locator("#image-notes")
    expect(notes).to_contain_text("still on their way")
    assert created(watch) == 0
    for button in ("Load template", "Save template"):
        notes.evaluate("(box) => box.replaceChildren()")
        if button == "Save template":
            page.locator("#save-template summary").click()
            page.locator("[name=with_items]").check()
        page.get_by_role("button", name=button).click()
        expect(notes).to_contain_text("still on their way")
    held[0].continue_()
    expect(page.locator("#start")).to_contain_text("Submit 1 item")
    page.locator("#template").select_option("Film")
    page.get_by_role("button", name="Load template").click()
    expect(page.locator("h1 + p")).to_have_text("From template “Film”.")
    expect(page.locator("#thumbs [name=image]")).to_have_count(1)
    # Its English name would be found where others look at pages in Chinese.
    site.call("DELETE", f"/api/api-templates/{template_id}")


def test_a_picture_dropped_where_none_is_taken_stays_outside(page: Page) -> None:
    """The browser would show it in place of the form."""
    open_form(page, "kept")
    prevented = page.evaluate(
        """() => ['dragover', 'drop'].map((name) => {
          const carried = new DataTransfer();
          carried.items.add(new File(['x'], 'new.png', { type: 'image/png' }));
          return !document.querySelector('#prompts').dispatchEvent(
            new DragEvent(name, { dataTransfer: carried, bubbles: true, cancelable: true }));
        })"""
    )
    assert prevented == [True, True]
    expect(page.locator("#trouble")).to_contain_text("This type takes no images.")


def test_images_by_address_count_and_are_kept_as_a_draft(page: Page) -> None:
    open_form(page, type="image_to_image")
    page.locator("#images summary").click()
    page.locator("#image_urls").fill("https://example.com/a.png\nhttps://example.com/b.png")
    expect(page.locator("#image-count")).to_have_text("2 images")
    page.goto("/missions")
    page.goto("/missions/new")
    page.locator("[data-draft=restore]").click()
    expect(page.locator("#thumbs [name=image]")).to_have_count(2)
    expect(page.locator("#image-count")).to_have_text("2 images")


def test_a_preview_that_did_not_come_is_asked_for_again(page: Page, watch: Watch) -> None:
    watch.tolerates("ERR_FAILED")
    watch.tolerates("Failed to fetch")
    page.clock.install()
    page.goto("/missions/new")
    page.route("**/missions/new/preview", lambda route: route.abort(), times=1)
    page.locator("#prompts").fill("through a tunnel")
    page.clock.run_for(600)
    expect(page.locator("#trouble")).to_contain_text("Trying again")
    page.clock.run_for(6000)
    expect(page.locator("#start")).to_contain_text("Submit 1 item")
    expect(page.locator("#trouble")).to_be_empty()


def test_a_long_box_is_given_time_and_goes_up_once_however_often_the_button_is_pressed(
    page: Page, watch: Watch
) -> None:
    held: list[Route] = []
    open_form(page, "short")
    page.route("**/missions/new/preview", lambda route: held.append(route))
    page.evaluate(
        """() => document.addEventListener('htmx:config:request', (event) => {
          window.patience = event.detail.ctx.request.timeout;
        })"""
    )
    with page.expect_request("**/missions/new/preview"):
        page.locator("#prompts").evaluate(
            """(box) => {
              box.value = Array.from({ length: 400 }, (_, n) => `${n} ${'x'.repeat(990)}`).join('\\n');
              box.dispatchEvent(new Event('input', { bubbles: true }));
            }"""
        )
    assert page.evaluate("window.patience") > 100_000, "as slow as 4 kB a second"
    for _ in range(3):
        page.locator("#start").click()
        expect(page.locator("#behind")).to_be_visible()
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator("#confirm-text")).to_contain_text("Start 400 items for about ¥20.00?")
    assert created(watch) == 0


def test_a_template_is_saved_without_leaving_the_form(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})  # the bar with the price is not over it
    open_form(page, "stays here")
    page.locator("#save-template summary").click()
    page.locator("#template_name").fill("竖版海报")
    page.get_by_role("button", name="Save template").click()
    expect(page.locator("#save-template")).to_contain_text("Template “竖版海报” saved.")
    expect(page.locator("#prompts")).to_have_value("stays here")
    names = [one["name"] for one in site.call("GET", "/api/api-templates")["items"]]
    assert "竖版海报" in names
