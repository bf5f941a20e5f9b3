"""Whatever is posted to the create page: a page, or the mission, and never our fault."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.create.pages import BROWSER, create_form, post
from tests.helpers.examples import examples
from tests.helpers.html_forms import Fields, Form
from tests.helpers.live import LiveApp

LATER = "2099-01-01T00:00"
PATHS = ("/missions", "/missions/new", "/missions/new/preview", "/missions/new/template")
NAMES = [
    *("key", "seen", "confirmed", "shown_type", "task_type", "name", "description", "prompts"),
    *("mode", "image", "image_urls", "pairing", "param.aspectRatio", "param.duration", "repeat"),
    *("priority", "scheduled_at", "failure_percent", "resubmit_after", "move", "template"),
    *("load", "template_name", "with_items", "files", "other"),
]
WORDS = [
    *("text_to_image", "image_to_image", "image_to_video", "json", "blocks", "pair", "together"),
    *("1", "-1", "0", "٣", "²", "1e9", "nan", "inf", "-inf", "9" * 4301, "0:later", "99999:remove"),
    *("/api/images/x.png", "https://example.com/a.png", "http://[", "0001-01-01T00:00", LATER),
    *('{"prompt": "a"}', '{"prompt": "\\ud800"}', "[" * 3000, '{"prompt":' * 3000, "中文", "\0"),
]
values = st.sampled_from(WORDS) | st.text(max_size=20)
relaxed = settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("path", PATHS)
@given(changes=st.dictionaries(st.sampled_from(NAMES), values, max_size=4), htmx=st.booleans())
@example(changes={"key": "中文"}, htmx=False)
@example(changes={"repeat": "9" * 4301}, htmx=False)
@example(changes={"mode": "json", "prompts": '{"prompt": "\\ud800"}'}, htmx=True)
@example(changes={"mode": "json", "prompts": "[" * 3000}, htmx=False)
@relaxed
def test_any_value_in_any_field(
    live_app: LiveApp, path: str, changes: dict[str, str], htmx: bool
) -> None:
    typed = {"prompts": "a fox", "scheduled_at": LATER, "template_name": "x"} | changes
    fields = create_form(live_app).fill(**typed)
    _check(live_app, path, fields, htmx=htmx)


def _check(app: LiveApp, path: str, fields: Fields, *, htmx: bool) -> None:
    headers = {"HX-Request": "true"} if htmx else {}
    answer = post(app, path, fields, headers=headers)
    assert answer.status_code in (200, 303, 404, 422), answer.text
    if answer.status_code == 422 and path == "/missions":
        # What was typed is there again, and can be posted again.
        again = Form(answer.text, "mission-form")
        answer = post(app, path, again.fields)
        assert answer.status_code in (303, 422), answer.text


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
@given(
    raw=st.binary(max_size=60)
    | st.text(alphabet='-x\r\n=&%;:" ContentDispositionform-dataname', max_size=80).map(str.encode)
)
@relaxed
def test_any_bytes(live_app: LiveApp, kind: str, raw: bytes) -> None:
    answer = live_app.post("/missions", data=raw, headers={**BROWSER, "Content-Type": kind})
    live_app.http.cookies.clear()
    assert answer.status_code in (400, 422), answer.text
