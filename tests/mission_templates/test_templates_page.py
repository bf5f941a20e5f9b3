"""/templates, and templates on the create page, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.create.pages import BROWSER, create_form, post
from tests.helpers.html_forms import Form
from tests.helpers.live import LiveApp
from tests.helpers.pictures import png
from tests.pages.browsing import text_of


def template(app: LiveApp, name: str = "国潮", **changes: Any) -> int:
    body = {"name": name, "task_type": "text_to_video", "config": {"duration": "15"}} | changes
    return int(app.data("POST", "/api/api-templates", json=body)["id"])


def templates(app: LiveApp) -> dict[int, Any]:
    return {one["id"]: one for one in app.data("GET", "/api/api-templates")["items"]}


def act(app: LiveApp, template_id: int, action: str, **fields: str) -> Any:
    answer = app.post(f"/templates/{template_id}/{action}", data=fields, headers=BROWSER)
    app.http.cookies.clear()
    return answer


@pytest.fixture(autouse=True)
def no_templates(live_app: LiveApp) -> None:
    for template_id in templates(live_app):
        live_app.data("DELETE", f"/api/api-templates/{template_id}")


def test_an_empty_list_says_how_to_make_one(live_app: LiveApp) -> None:
    page = live_app.get("/templates").text
    assert "No templates yet" in page
    assert "Load template" not in live_app.get("/missions/new").text


def test_the_list_shows_what_each_template_holds(live_app: LiveApp) -> None:
    config = {"duration": "15", "batch_input": ["a", "b"], "repeat": 3}
    template_id = template(live_app, "秋季 <b>", config=config)
    page = live_app.get("/templates").text
    assert "秋季 &lt;b&gt;" in page
    assert "15 s" in page
    assert "2 prompts" in page
    assert f"/missions/new?template={template_id}" in page
    assert "秋季" not in live_app.get("/templates?type=text_to_image").text
    assert "秋季" in live_app.get("/templates?type=text_to_video").text


def test_a_card_shows_price_pictures_and_the_first_prompt(live_app: LiveApp) -> None:
    picture = live_app.data("POST", "/api/upload-image", files={"file": ("a.png", png())})["url"]
    address = "/api/images/" + picture.rpartition("/")[2]
    rows = [{"prompt": "as snow", "imageUrls": [address]}]
    template(live_app, "Snow", task_type="image_to_image", config={"batch_input": rows})
    page = live_app.get("/templates").text
    assert f'<img src="{address}"' in page
    assert "“as snow”" in page
    assert "1 prompt · 1 image · ¥0.05 each" in text_of(page)


def test_templates_are_searched_by_their_words(live_app: LiveApp) -> None:
    for number in range(8):
        template(live_app, f"Number {number}")
    assert 'id="q"' not in live_app.get("/templates").text, "so few are seen at once"
    template(live_app, "白底", task_type="text_to_image", config={"prompt": "A Fox"})
    assert 'id="q"' in live_app.get("/templates").text
    for words in ("fox", "白底"):
        found = live_app.get("/templates", params={"q": words}).text
        assert ("白底" in found, "Number" in found) == (True, False)
    nothing = live_app.get("/templates", params={"q": "fox", "type": "text_to_video"}).text
    assert "No templates match" in nothing
    assert 'href="/templates?type=text_to_image&amp;q=fox"' in nothing


def test_using_a_template_fills_the_form(live_app: LiveApp) -> None:
    template_id = template(live_app, config={"duration": "15", "prompt": "a tower"})
    form = create_form(live_app, f"?template={template_id}")
    assert form.value("task_type") == "text_to_video"
    assert (form.value("param.duration"), form.value("prompts")) == ("15", "a tower")
    assert live_app.get("/missions/new?template=999999").status_code == 404


def test_loading_a_template_in_the_form_keeps_what_was_typed(live_app: LiveApp) -> None:
    template_id = template(live_app)
    fields = create_form(live_app).fill(prompts="mine", name="My name", resubmit_after="45")
    chosen = [*fields, ("template", str(template_id)), ("load", "1")]
    loaded = Form(post(live_app, "/missions/new", chosen).text, "mission-form")
    assert loaded.value("task_type") == "text_to_video"
    assert loaded.value("param.duration") == "15"
    kept = [loaded.value(name) for name in ("prompts", "name", "resubmit_after")]
    assert kept == ["mine", "My name", "45"]


@pytest.mark.parametrize("chosen", ["999999", "", "中文", "9" * 5000])
def test_a_template_that_is_gone_leaves_what_was_typed(live_app: LiveApp, chosen: str) -> None:
    fields = create_form(live_app).fill(prompts="mine")
    answer = post(live_app, "/missions/new", [*fields, ("template", chosen), ("load", "1")])
    assert answer.status_code == 404
    assert "This template does not exist, or was deleted." in answer.text
    assert Form(answer.text, "mission-form").value("prompts") == "mine"


def test_a_form_is_saved_as_a_template_without_its_items(live_app: LiveApp) -> None:
    fields = create_form(live_app, "?type=text_to_video").fill(
        prompts="a\nb", param__duration="15", repeat="4", template_name="Clips"
    )
    answer = post(live_app, "/missions/new/template", fields)
    assert "Template “Clips” saved." in answer.text
    assert Form(answer.text, "mission-form").value("prompts") == "a\nb"
    (saved,) = templates(live_app).values()
    assert (saved["name"], saved["task_type"]) == ("Clips", "text_to_video")
    assert saved["config"] == {"aspectRatio": "9:16", "duration": "15", "repeat": 4}


def test_a_form_is_saved_with_its_items_when_asked(live_app: LiveApp) -> None:
    fields = create_form(live_app).fill(prompts="a\nb", template_name="All", with_items="1")
    post(live_app, "/missions/new/template", fields)
    (template_id,) = templates(live_app)
    assert create_form(live_app, f"?template={template_id}").value("prompts") == "a\nb"


def test_a_template_needs_a_name_and_the_form_stays(live_app: LiveApp) -> None:
    answer = post(live_app, "/missions/new/template", create_form(live_app).fill(prompts="keep"))
    assert answer.status_code == 422
    assert "Name is missing." in answer.text
    assert Form(answer.text, "mission-form").value("prompts") == "keep"
    assert templates(live_app) == {}


@pytest.mark.parametrize("repeat", ["0", "many", "9" * 4301])
def test_a_repeat_that_does_not_fit_is_told_and_not_forgotten(
    live_app: LiveApp, repeat: str
) -> None:
    fields = create_form(live_app).fill(repeat=repeat, template_name="Often")
    answer = post(live_app, "/missions/new/template", fields)
    assert answer.status_code == 422
    assert "Repeat must be a whole number from 1 to 100." in answer.text
    assert templates(live_app) == {}


def test_a_form_that_does_not_fit_is_not_saved_with_its_items(live_app: LiveApp) -> None:
    fields = create_form(live_app).fill(prompts="", template_name="None", with_items="1")
    answer = post(live_app, "/missions/new/template", fields)
    assert answer.status_code == 422
    assert "Write at least one prompt." in answer.text
    assert templates(live_app) == {}


def test_a_template_is_renamed(live_app: LiveApp) -> None:
    template_id = template(live_app)
    answer = act(live_app, template_id, "rename", name=" Spring ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/templates")
    assert templates(live_app)[template_id]["name"] == "Spring"


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_name_that_does_not_fit_is_shown_again_with_the_reason(
    live_app: LiveApp, name: str
) -> None:
    template_id = template(live_app, "Old")
    answer = act(live_app, template_id, "rename", name=name)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'value="{name}"' in answer.text
    assert templates(live_app)[template_id]["name"] == "Old"


def test_deleting_asks_first_and_then_deletes(live_app: LiveApp) -> None:
    template_id = template(live_app, "Old")
    asked = act(live_app, template_id, "delete")
    assert asked.status_code == 200
    assert "Delete the template “Old”?" in asked.text
    assert template_id in templates(live_app)
    done = act(live_app, template_id, "delete", confirmed="yes")
    assert (done.status_code, done.headers["location"]) == (303, "/templates")
    assert template_id not in templates(live_app)
    assert act(live_app, template_id, "delete", confirmed="yes").status_code == 404
    assert act(live_app, template_id, "rename", name="x").status_code == 404


def test_a_template_with_parameters_that_do_not_fit_is_refused(live_app: LiveApp) -> None:
    for config in ({"duration": "11"}, {"colour": "red"}, {"repeat": 101}):
        body = {"name": "x", "task_type": "text_to_video", "config": config}
        refused = live_app.refused(422, "POST", "/api/api-templates", json=body)
        assert refused["errors"][0]["field"] == f"config.{next(iter(config))}"
    assert templates(live_app) == {}
