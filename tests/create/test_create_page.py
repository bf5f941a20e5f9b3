"""POST /missions: one click, one mission, and nothing typed is lost."""

from __future__ import annotations

import re

import pytest

from tests.create.pages import BROWSER, create_form, post, previewed, text_of
from tests.helpers.html_forms import Form
from tests.helpers.live import LiveApp
from tests.helpers.pictures import png

HTMX = {"HX-Request": "true"}


def made(location: str) -> int:
    """The id in a mission's address."""
    return int(location.rpartition("/")[2])


def test_a_filled_form_makes_the_mission_and_shows_it(live_app: LiveApp) -> None:
    form = create_form(live_app)
    assert (form.method, form.action, form.enctype) == ("post", "/missions", "multipart/form-data")
    fields = form.fill(name="Autumn", prompts="a fox\r\n\r\nan owl", repeat="2")
    answer = post(live_app, form.action, previewed(live_app, fields))
    assert answer.status_code == 303
    mission = live_app.mission(made(answer.headers["location"]))
    assert (mission["name"], mission["task_type"]) == ("Autumn", "text_to_image")
    prompts = [item["input_params"]["prompt"] for item in mission["items"]]
    assert prompts == ["a fox", "a fox", "an owl", "an owl"]


def test_an_ordinary_url_encoded_post_works_too(live_app: LiveApp) -> None:
    fields = {"task_type": "text_to_image", "prompts": "a fox"}
    shown = live_app.post("/missions/new/preview", data=fields, headers=BROWSER)
    seen = {name: Form(shown.text, "mission-form").value(name) for name in ("key", "seen")}
    answer = live_app.post("/missions", data=fields | seen, headers=BROWSER)
    live_app.http.cookies.clear()
    assert answer.status_code == 303
    assert live_app.mission(made(answer.headers["location"]))["name"] == "a fox"


def test_the_same_form_sent_again_shows_the_same_mission(live_app: LiveApp) -> None:
    fields = previewed(live_app, create_form(live_app).fill(prompts="only once"))
    first = post(live_app, "/missions", fields)
    again = post(live_app, "/missions", fields)
    assert first.headers["location"] == again.headers["location"]
    found = live_app.data("GET", "/api/api-missions", params={"q": "only once"})
    assert found["total"] == 1


def test_what_was_changed_after_going_back_is_another_mission(live_app: LiveApp) -> None:
    form = create_form(live_app)
    first = post(live_app, "/missions", previewed(live_app, form.fill(prompts="before")))
    second = post(live_app, "/missions", previewed(live_app, form.fill(prompts="after")))
    assert second.status_code == 303
    assert first.headers["location"] != second.headers["location"]


def test_a_form_whose_mission_was_deleted_asks_before_it_makes_it_once_more(
    live_app: LiveApp,
) -> None:
    fields = previewed(live_app, create_form(live_app).fill(prompts="once more"))
    first = made(post(live_app, "/missions", fields).headers["location"])
    live_app.data("DELETE", f"/api/api-missions/{first}")
    asked = post(live_app, "/missions", fields)
    assert asked.status_code == 409
    assert "and then deleted" in asked.text
    assert live_app.data("GET", "/api/api-missions", params={"q": "once more"})["total"] == 0
    again = Form(asked.text, "mission-form")
    assert "once more" in again.value("prompts")
    answer = post(live_app, "/missions", again.fill())
    assert made(answer.headers["location"]) > first


def test_two_pages_have_two_keys(live_app: LiveApp) -> None:
    assert create_form(live_app).value("key") != create_form(live_app).value("key")


def test_rows_that_are_nested_too_deeply_come_back_with_the_line(live_app: LiveApp) -> None:
    """Python reads such a line, and then cannot walk through it."""
    typed = '{"prompt":"x","y":' + "[" * 600 + "]" * 600 + "}"
    form = create_form(live_app).fill(prompts='"fine"\n' + typed, mode="json", name="Deep")
    for path in ("/missions", "/missions/new/preview"):
        answer = post(live_app, path, form)
        assert answer.status_code == (422 if path == "/missions" else 200)
        assert "Row 2: “y” is nested too deeply" in answer.text
        again = Form(answer.text, "mission-form")
        assert typed in again.value("prompts")
        assert again.value("name") == "Deep"


def test_what_does_not_fit_is_said_in_the_form_and_everything_is_kept(live_app: LiveApp) -> None:
    before = live_app.data("GET", "/api/api-missions")["total"]
    form = create_form(live_app)
    typed = form.fill(name="Keep me", prompts="", repeat="500", priority="2", description="note")
    answer = post(live_app, "/missions", typed)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Write at least one prompt." in answer.text
    assert "Repeat must be a whole number from 1 to 100." in answer.text
    again = Form(answer.text, "mission-form")
    kept = {
        name: again.value(name) for name in ("name", "repeat", "priority", "description", "key")
    }
    assert kept == {
        "name": "Keep me",
        "repeat": "500",
        "priority": "2",
        "description": "note",
        "key": form.value("key"),
    }
    first_bad = re.findall(r"<(?:input|textarea|select)[^>]* autofocus", answer.text)
    assert [re.findall(r' id="(\w+)"', tag) for tag in first_bad] == [["prompts"]]
    assert live_app.data("GET", "/api/api-missions")["total"] == before


def test_twenty_thousand_lines_are_refused_in_one_sentence_and_come_back(live_app: LiveApp) -> None:
    prompts = "\n".join(f"a long prompt, number {n}, with some more words" for n in range(20_000))
    answer = post(live_app, "/missions", create_form(live_app).fill(prompts=prompts))
    assert answer.status_code == 422
    assert "20,000 prompts; at most 10,000 fit in one mission." in answer.text
    assert Form(answer.text, "mission-form").value("prompts") == prompts


def test_more_than_a_form_can_carry_is_refused_in_words(live_app: LiveApp) -> None:
    answer = post(live_app, "/missions", [("prompts", "x" * (17 * 1024 * 1024))])
    assert answer.status_code == 413
    assert "at most 1000 images, 100 files and 16 MB of prompts" in answer.text


def test_nobody_pays_for_something_else_than_was_shown(live_app: LiveApp) -> None:
    before = live_app.data("GET", "/api/api-missions")["total"]
    form = create_form(live_app)
    changes: list[tuple[dict[str, str], str]] = [
        ({"prompts": "one"}, "Nothing was started yet."),  # never previewed at all
        ({"prompts": "one\ntwo"}, "The items changed since you last saw them."),
        ({"prompts": "one\nwto"}, "The items changed since you last saw them."),
        ({"param__aspectRatio": "1:1"}, "The items changed since you last saw them."),
        ({"task_type": "text_to_video"}, "The items changed since you last saw them."),
    ]
    for change, headline in changes:
        answer = post(live_app, "/missions", form.fill(**change))
        assert (answer.status_code, headline in answer.text) == (422, True), change
        form = Form(answer.text, "mission-form")
    assert live_app.data("GET", "/api/api-missions")["total"] == before
    answer = post(live_app, "/missions", form.fields)
    assert answer.status_code == 303
    items = live_app.mission(made(answer.headers["location"]))["items"]
    assert [item["input_params"]["prompt"] for item in items] == ["one", "wto"]


def test_what_changes_no_item_is_not_asked_about(live_app: LiveApp) -> None:
    form = create_form(live_app)
    fields = dict(previewed(live_app, form.fill(prompts="plainly renamed")))
    changed = fields | {"name": "New", "priority": "1"}
    assert post(live_app, "/missions", list(changed.items())).status_code == 303


def test_a_large_mission_starts_after_its_question_only(live_app: LiveApp) -> None:
    """The same without JavaScript; and a second press of the confirming button is no second mission."""
    fields = create_form(live_app).fill(prompts="\n".join(f"large {n}" for n in range(51)))
    for _ in ("unseen", "seen and not confirmed"):
        answer = post(live_app, "/missions", fields)
        assert answer.status_code == 422
        asked = Form(answer.text, "mission-form")
        assert "Start 51 items for about ¥2.55?" in answer.text
        (yes,) = [button for button in asked.buttons if button.get("name") == "confirmed"]
        fields = asked.fields
    stale = dict(fields) | {"confirmed": yes["value"]}
    stale["prompts"] += "\none more"
    answer = post(live_app, "/missions", list(stale.items()))
    assert "The items changed since you last saw them." in answer.text
    assert "Start 52 items for about ¥2.60?" in answer.text
    assert live_app.data("GET", "/api/api-missions", params={"q": "large 7"})["total"] == 0
    confirmed = [*fields, ("confirmed", yes["value"])]
    answers = [post(live_app, "/missions", confirmed) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]


@pytest.mark.parametrize(
    "key", ["", "中文", "x" * 32, "a" * 33, "A" * 32, "../../a\r\nSet-Cookie: a"]
)
def test_without_a_key_of_ours_a_form_gets_one_and_is_shown_again(
    live_app: LiveApp, key: str
) -> None:
    fields = previewed(live_app, create_form(live_app).fill(prompts="keyless"))
    fields = [(name, value) for name, value in fields if name != "key"]
    answer = post(live_app, "/missions", [*fields, ("key", key)])
    assert answer.status_code == 422
    again = Form(answer.text, "mission-form")
    assert re.fullmatch("[0-9a-f]{32}", again.value("key"))
    twice = {post(live_app, "/missions", again.fields).headers["location"] for _ in range(2)}
    assert len(twice) == 1


def test_the_preview_shows_the_items_that_are_then_made(live_app: LiveApp) -> None:
    fields = create_form(live_app, "?type=text_to_video").fill(
        prompts="first\nsecond", param__duration="15", repeat="2"
    )
    pieces = post(live_app, "/missions/new/preview", fields, headers=HTMX)
    assert pieces.status_code == 200
    assert "hx-swap-oob" not in pieces.text
    assert pieces.text.count("<hx-partial") == 4
    plan = text_of(pieces.text, "plan")
    assert "4 of 4 items" in plan
    assert [word for word in plan.split() if word in ("first", "second")] == [
        *("first", "first"),
        *("second", "second"),
    ]
    assert "9:16 · 15 s" in plan
    assert "Submit 4 items · ¥4.00" in text_of(pieces.text, "cost")


def test_an_empty_form_previews_without_complaint(live_app: LiveApp) -> None:
    pieces = post(live_app, "/missions/new/preview", create_form(live_app).fields, headers=HTMX)
    assert "Write a prompt to see the price." in pieces.text
    assert 'class="problem"' not in pieces.text


def test_lines_are_flagged_while_the_images_are_still_missing(live_app: LiveApp) -> None:
    prompts = "x" * 4001 + "\na fox\na fox"
    fields = create_form(live_app, "?type=image_to_video").fill(prompts=prompts)
    pieces = post(live_app, "/missions/new/preview", fields, headers=HTMX).text
    notes = text_of(pieces, "prompt-notes")
    assert "Line 1 has 4,001 characters; at most 4,000 are allowed." in notes
    assert "Line 3 is the same as line 2." in notes


def test_many_items_or_much_money_are_asked_about_first(live_app: LiveApp) -> None:
    def asks(prompts: int, task_type: str = "text_to_image") -> bool:
        fields = create_form(live_app, f"?type={task_type}").fill(
            prompts="\n".join(f"p{n}" for n in range(prompts))
        )
        return " data-ask" in post(live_app, "/missions/new/preview", fields, headers=HTMX).text

    assert [asks(50), asks(51)] == [False, True]
    assert [asks(20, "text_to_video"), asks(21, "text_to_video")] == [False, True]


def test_without_javascript_files_go_with_the_form(live_app: LiveApp) -> None:
    form = create_form(live_app, "?type=image_to_image")
    files = [
        ("red.png", png(colour="red")),
        ("blue.png", png(colour="blue")),
        ("x.png", b"no picture"),
    ]
    answer = post(live_app, "/missions/new", form.fill(prompts="as snow"), files)
    assert "“x.png”" in answer.text
    kept = Form(answer.text, "mission-form")
    red, blue = kept.values("image")
    moved = Form(
        post(live_app, "/missions/new", [*kept.fields, ("move", "1:earlier")]).text, "mission-form"
    )
    assert moved.values("image") == [blue, red]
    location = post(live_app, "/missions", moved.fields).headers["location"]
    items = live_app.mission(made(location))["items"]
    assert [item["input_params"]["imageUrls"] for item in items] == [[blue], [red]]


def test_a_refused_file_stops_the_creation(live_app: LiveApp) -> None:
    form = create_form(live_app, "?type=image_to_image")
    files = [("red.png", png(colour="red")), ("x.png", b"no picture")]
    answer = post(live_app, "/missions", form.fill(prompts="stopped"), files)
    assert answer.status_code == 422
    assert Form(answer.text, "mission-form").values("image")
    assert live_app.data("GET", "/api/api-missions", params={"q": "stopped"})["total"] == 0


@pytest.mark.parametrize(
    ("move", "order"),
    [
        ("0:later", "bac"),
        ("0:earlier", "abc"),
        ("2:later", "abc"),
        ("2:earlier", "acb"),
        ("1:remove", "ac"),
        ("7:remove", "abc"),
        ("x", "abc"),
        ("1:burn", "abc"),
    ],
)
def test_images_are_moved_and_removed_by_buttons(live_app: LiveApp, move: str, order: str) -> None:
    form = create_form(live_app, "?type=image_to_image")
    images = [("image", f"/api/images/{name}.png") for name in "abc"]
    answer = post(live_app, "/missions/new", [*form.fields, *images, ("move", move)])
    shown = Form(answer.text, "mission-form").values("image")
    assert "".join(image[-5] for image in shown) == order


@pytest.mark.parametrize("path", ["/missions", "/missions/new"])
def test_what_is_no_image_address_comes_back_with_the_rest_of_the_form(
    live_app: LiveApp, path: str
) -> None:
    form = create_form(live_app, "?type=image_to_image")
    answer = post(live_app, path, form.fill(prompts="as snow", image_urls="foo"))
    assert answer.status_code == (422 if path == "/missions" else 200), answer.text
    assert "“foo” is not the address of an image." in answer.text
    kept = Form(answer.text, "mission-form")
    assert (kept.value("prompts"), kept.values("image")) == ("as snow", ["foo"])


def test_changing_the_type_keeps_prompts_and_images(live_app: LiveApp) -> None:
    form = create_form(live_app, "?type=image_to_image")
    fields = [*form.fill(prompts="stay", task_type="text_to_video"), ("image", "/api/images/a.png")]
    page = post(live_app, "/missions/new", fields).text
    changed = Form(page, "mission-form")
    assert (changed.value("shown_type"), changed.value("prompts")) == ("text_to_video", "stay")
    assert changed.values("image") == ["/api/images/a.png"]
    assert changed.value("param.aspectRatio") == "9:16"
    assert text_of(page, "start").startswith("Submit 1 item · ¥1.00")


def test_the_first_button_of_the_form_is_the_harmless_one(live_app: LiveApp) -> None:
    """Enter in a field presses it."""
    live_app.data(
        "POST",
        "/api/api-templates",
        json={"name": "any", "task_type": "text_to_image", "config": {}},
    )
    assert create_form(live_app).buttons[0]["formaction"] == "/missions/new/preview"


def test_a_mission_is_copied_into_the_form(live_app: LiveApp) -> None:
    mission_id = live_app.create(
        name="Original", config={"batch_input": ["a", "b"], "aspectRatio": "1:1", "repeat": 2}
    )
    form = create_form(live_app, f"?from={mission_id}")
    assert form.value("name") == "Original"
    assert (form.value("prompts"), form.value("param.aspectRatio")) == ("a\nb", "1:1")
    assert form.value("repeat") == "2"
    one = create_form(live_app, f"?from={mission_id}&item=3")
    assert (one.value("prompts"), one.value("repeat")) == ("b", "1")
    assert live_app.get("/missions/new?from=999999").status_code == 404
    assert live_app.get(f"/missions/new?from={mission_id}&item=9").status_code == 404


def test_what_a_person_types_stays_text(live_app: LiveApp) -> None:
    nasty = "</textarea><script>alert(1)</script>\"'&"
    form = create_form(live_app)
    answer = post(live_app, "/missions/new/preview", form.fill(prompts=nasty, name=nasty))
    assert "<script>alert" not in answer.text
    kept = Form(answer.text, "mission-form")
    assert (kept.value("prompts"), kept.value("name")) == (nasty, nasty)


def test_the_page_says_which_draft_was_made(live_app: LiveApp) -> None:
    form = create_form(live_app)
    answer = post(live_app, "/missions", previewed(live_app, form.fill(prompts="made")))
    assert answer.cookies["made"] == form.value("key")


def test_a_start_time_counts_in_the_zone_of_the_cookie(live_app: LiveApp) -> None:
    fields = create_form(live_app).fill(prompts="later", scheduled_at="2099-01-01T08:00")
    answer = post(
        live_app, "/missions", previewed(live_app, fields), cookies={"tz": "Asia/Shanghai"}
    )
    mission = live_app.mission(made(answer.headers["location"]))
    assert mission["scheduled_at"] == "2099-01-01 00:00:00"


@pytest.mark.parametrize("path", ["/missions/new/preview", "/missions/new/template"])
def test_the_address_of_an_action_leads_back_to_the_form(live_app: LiveApp, path: str) -> None:
    answer = live_app.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/missions/new")


@pytest.mark.parametrize("path", ["/missions/new", "/missions/new?type=image_to_image"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_keeps_to_the_content_policy(live_app: LiveApp, path: str, language: str) -> None:
    page = live_app.get(path, cookies={"lang": language}).text
    for banned in (" style=", "hx-on", "hx-swap-oob", "javascript:", "js:", "<script>"):
        assert banned not in page
