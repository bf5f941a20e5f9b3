"""Another model is another entry: with one that has every kind of parameter, and nothing else changed, there is
a form, a check, a payload and a description."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import StartApp
from tests.create.pages import BROWSER, create_form, post, previewed
from tests.helpers.html_forms import Form
from tests.helpers.live import LiveApp
from tests.helpers.pictures import png
from webapp.messages import Message
from webapp.routes import api_docs
from webapp.simulator import Simulator
from webapp.simulator.catalogue import MODELS, VIDEO_RATIOS, Model
from webapp.task_types import TASK_TYPES, FieldKind, TaskField, TaskType

PATH = "acme/first-last-frame"
RATIOS = ("9:16", "16:9")
FRAMES = TaskType(
    "frames_to_video",
    Message("Frames to video"),
    PATH,
    "video",
    "firstFrameUrl",
    (
        TaskField("prompt", FieldKind.TEXT, Message("Prompt"), max_length=800),
        TaskField("firstFrameUrl", FieldKind.IMAGE, Message("First frame"), max_mb=10),
        TaskField("lastFrameUrl", FieldKind.IMAGE, Message("Last frame"), max_mb=1),
        TaskField(
            "negativePrompt", FieldKind.TEXT, Message("Not wanted"), required=False, max_length=50
        ),
        TaskField(
            "aspectRatio", FieldKind.CHOICE, Message("Ratio"), choices=RATIOS, default="9:16"
        ),
        TaskField("sound", FieldKind.FLAG, Message("Sound"), default=True),
        TaskField("seed", FieldKind.NUMBER, Message("Seed"), default=7, min=0, max=99, step=1),
        TaskField(
            *("strength", FieldKind.NUMBER, Message("Strength")),
            required=False,
            min=0.1,
            max=1,
            step=0.05,
        ),
    ),
    Decimal("0.3"),
    0.2,
)


SPEECH = TaskType(
    "speech",
    Message("Speech"),
    "acme/speech",
    "video",
    "text",
    (TaskField("text", FieldKind.TEXT, Message("Words"), max_length=80),),
    Decimal("0.01"),
    5,
)


@pytest.fixture(scope="module", autouse=True)
def fifth() -> Iterator[None]:
    """The catalogue with one more entry, on both sides of the wire."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TASK_TYPES, FRAMES.name, FRAMES)
        patch.setitem(TASK_TYPES, SPEECH.name, SPEECH)
        model = Model(PATH, "video", 800, VIDEO_RATIOS, (0.1, 0.2), FRAMES.price)
        patch.setitem(MODELS, PATH, model)
        api_docs._openapi.cache_clear()
        yield
    api_docs._openapi.cache_clear()


@pytest.fixture(scope="module")
def app(fifth: None, start_app: StartApp) -> LiveApp:
    return start_app(poll_interval=0.1)


def uploaded(app: LiveApp, colour: str) -> str:
    """The address of a picture of ours."""
    files = {"file": (f"{colour}.png", png(colour=colour), "image/png")}
    return str(app.data("POST", "/api/upload-image", files=files)["url"])


def refused(app: LiveApp, **config: Any) -> dict[str, str]:
    """Field → row and reason."""
    body = {"name": "x", "task_type": FRAMES.name, "config": config}
    answer = app.refused(422, "POST", "/api/api-missions", json=body)
    return {one["field"]: one["message"] for one in answer["errors"]}


def test_its_parameters_reach_the_wire_as_what_they_are(app: LiveApp, simulator: Simulator) -> None:
    first, other, last = (uploaded(app, colour) for colour in ("red", "green", "blue"))
    mission_id = app.create(
        task_type=FRAMES.name,
        config={
            "prompt": "a walk",
            "lastFrameUrl": last,
            "strength": 0.35,
            "batch_input": [first, {"firstFrameUrl": other, "sound": False, "seed": 3.0}],
        },
    )
    mission = app.ended(mission_id)
    assert [item["status"] for item in mission["items"]] == ["completed", "completed"]
    sent = [entry["body"] for entry in simulator.ledger if entry["endpoint"] == PATH]
    shared = {"prompt": "a walk", "aspectRatio": "9:16", "strength": 0.35}
    for body, own in zip(
        sorted(sent, key=lambda body: -body["seed"]),
        ({"sound": True, "seed": 7}, {"sound": False, "seed": 3}),
        strict=True,
    ):
        frames = [body.pop("firstFrameUrl"), body.pop("lastFrameUrl")]
        assert all(url.startswith(f"{simulator.url}/files/openapi/") for url in frames)
        assert frames[0] != frames[1]
        assert body == shared | own
        assert type(body["seed"]) is int
    assert mission["items"][0]["input_params"]["lastFrameUrl"] == last
    page = app.get(f"/missions/{mission_id}/items/1", headers=BROWSER).text
    assert page.count('alt="Reference image') == 2
    assert "<dt>Sound</dt><dd>On</dd>" in page


def test_what_does_not_fit_is_named_by_field_row_and_reason(app: LiveApp) -> None:
    rows = [
        {"prompt": "a", "lastFrameUrl": "file.png", "seed": 100, "sound": "yes"},
        {"prompt": "a", "firstFrameUrl": "https://x/a.png", "seed": 1.5, "strength": 0.11},
        {"prompt": "a", "firstFrameUrl": "https://x/a.png", "strength": 10**400, "seed": True},
    ]
    found = refused(app, batch_input=rows)
    place = "config.batch_input[{}].{}"
    assert found == {
        place.format(0, "firstFrameUrl"): "Row 1: First frame is missing.",
        place.format(
            0, "lastFrameUrl"
        ): "Row 1: Last frame: “file.png” is not the address of an image.",
        place.format(0, "sound"): "Row 1: Sound must be true or false.",
        place.format(0, "seed"): "Row 1: Seed must be from 0 to 99.",
        place.format(1, "lastFrameUrl"): "Row 2: Last frame is missing.",
        place.format(1, "seed"): "Row 2: Seed must be a whole number.",
        place.format(1, "strength"): "Row 2: Strength must be a multiple of 0.05.",
        place.format(2, "lastFrameUrl"): "Row 3: Last frame is missing.",
        place.format(2, "seed"): "Row 3: Seed must be a number.",
        place.format(2, "strength"): "Row 3: Strength must be a number.",
    }
    shared = refused(app, negativePrompt="n" * 51, batch_input=["https://x/a.png"])
    assert (
        shared["config.negativePrompt"] == "Not wanted has 51 characters; at most 50 are allowed."
    )


def test_every_reference_of_ours_is_looked_at_before_anything_is_paid(app: LiveApp) -> None:
    gone = {
        "prompt": "a",
        "firstFrameUrl": uploaded(app, "red"),
        "lastFrameUrl": "/api/images/x.png",
    }
    found = refused(app, batch_input=[gone])
    [(field, reason)] = found.items()
    assert field == "config.batch_input[0].lastFrameUrl"
    assert reason.startswith("Row 1: the image x.png is not here")


def test_the_form_asks_for_all_of_it(app: LiveApp) -> None:
    form = create_form(app, f"?type={FRAMES.name}")
    names = ("lastFrameUrl", "negativePrompt", "aspectRatio", "sound", "seed", "strength")
    assert [form.value(f"param.{name}") for name in names] == ["", "", "9:16", "true", "7", ""]

    first = uploaded(app, "red")
    refusal = post(app, "/missions", form.fill(prompts="a\nb", image=first, param__seed="x"))
    assert refusal.status_code == 422
    for place, reason in (
        ("param-lastFrameUrl", "Last frame is missing."),
        ("param-seed", "Seed must be a number."),
    ):
        assert refusal.text.count(f'<a href="#{place}">{reason}</a>') == 1

    typed = form.fill(
        prompts="a\nb",
        image=first,
        param__sound="false",
        param__strength="0.5",
        param__negativePrompt="fog",
    )
    parts: list[Any] = [(name, (None, value)) for name, value in typed]
    parts.append(("param.lastFrameUrl", ("last.png", png(colour="blue"))))
    shown = app.post("/missions", files=parts, headers=BROWSER)  # shows first what it would make
    answer = post(app, "/missions", Form(shown.text, "mission-form").fields)
    assert answer.status_code == 303, answer.text
    mission = app.mission(int(answer.headers["location"].rpartition("/")[2]))
    params = mission["items"][1]["input_params"]
    last = params.pop("lastFrameUrl")
    assert last.startswith("/api/images/") and last != params.pop("firstFrameUrl")
    assert params == {
        "prompt": "b",
        "negativePrompt": "fog",
        "aspectRatio": "9:16",
        "sound": False,
        "seed": 7,
        "strength": 0.5,
    }
    again = create_form(app, f"?from={mission['id']}")
    assert (again.value("mode"), again.value("param.sound")) == ("lines", "false")
    assert again.value("param.lastFrameUrl") == last
    assert (again.value("param.strength"), again.value("prompts")) == ("0.5", "a\nb")
    app.ended(mission["id"])


def test_programs_are_told_of_it(app: LiveApp) -> None:
    types = {one["name"]: one for one in app.data("GET", "/api/task-types")["items"]}
    fields = {one["name"]: one for one in types[FRAMES.name]["fields"]}
    seed = {name: fields["seed"][name] for name in ("kind", "default", "min", "max", "step")}
    assert seed == {"kind": "number", "default": 7, "min": 0, "max": 99, "step": 1}
    assert (fields["sound"]["kind"], fields["sound"]["default"]) == ("flag", True)

    schemas = app.get("/api/openapi.json").json()["components"]["schemas"]
    config = schemas["FramesToVideoConfig"]["properties"]
    assert config["seed"]["anyOf"][0] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 99,
        "multipleOf": 1,
    }
    assert config["strength"]["anyOf"][0]["type"] == "number"
    assert config["sound"]["anyOf"][0] == {"type": "boolean"}
    assert "FramesToVideoConfig" in app.get("/api/docs").text


def test_the_prompt_may_have_another_name(app: LiveApp) -> None:
    fields = create_form(app, "?type=speech").fill(
        prompts="Good evening\nGood night", scheduled_at="2099-01-01T00:00"
    )
    answer = post(app, "/missions", previewed(app, fields))
    assert answer.status_code == 303, answer.text
    mission_id = int(answer.headers["location"].rpartition("/")[2])
    items = app.mission(mission_id)["items"]
    assert [item["input_params"] for item in items] == [
        {"text": "Good evening"},
        {"text": "Good night"},
    ]
    found = app.data("GET", "/api/api-missions", params={"q": "good night"})
    assert [one["id"] for one in found["items"]] == [mission_id]
    page = app.get(f"/missions/{mission_id}/items/1", headers=BROWSER).text
    assert ">Good evening</p>" in page and "<dt>Words</dt>" not in page
    archive = zipfile.ZipFile(io.BytesIO(app.get(f"/missions/{mission_id}/download").content))
    head, row, *_ = archive.read("manifest.csv").decode("utf-8-sig").splitlines()
    assert (head.split(",")[:3], row.split(",")[:2]) == (
        ["item", "prompt", "file"],
        ["1", "Good evening"],
    )


@pytest.mark.parametrize(
    ("fields", "batch_field"),
    [
        ((TaskField("imageUrl", FieldKind.IMAGE, Message("Image")),), "imageUrl"),
        (FRAMES.fields, "lastFrameUrl"),
        (FRAMES.fields, "unheard"),
    ],
)
def test_an_entry_of_which_no_form_can_be_made_is_refused_at_once(
    fields: tuple[TaskField, ...], batch_field: str
) -> None:
    with pytest.raises(ValueError, match="odd has no text to ask for, or another batch_field"):
        TaskType("odd", Message("Odd"), PATH, "image", batch_field, fields, Decimal(1), 1)
