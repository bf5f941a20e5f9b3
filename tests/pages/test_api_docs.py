"""GET /api/docs: made from the document, whole in both languages, its curl lines work."""

from __future__ import annotations

import argparse
import re
import shlex
from html import unescape

import pytest

from tests.helpers.live import LiveApp
from webapp.routes.api_docs import ALL


def curls(app: LiveApp) -> list[str]:
    page = app.get("/api/docs", headers={"Accept-Language": "en"}).text
    return [unescape(one) for one in re.findall(r'<pre class="curl"[^>]*>(.*?)</pre>', page, re.S)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_every_call(live_app: LiveApp, language: str) -> None:
    answer = live_app.get("/api/docs", headers={"Accept-Language": language})
    assert answer.status_code == 200
    for operation in ALL:
        assert f'id="{operation.name}"' in answer.text
        assert f"<code>{operation.public_path}</code>" in answer.text


def test_links_on_the_page_lead_somewhere(live_app: LiveApp) -> None:
    page = live_app.get("/api/docs").text
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_there_is_one_curl_line_for_each_call(live_app: LiveApp) -> None:
    found = curls(live_app)
    assert len(found) == len(ALL)
    assert all(one.startswith("curl -s ") and live_app.url in one for one in found)


def test_the_curl_lines_are_understood(live_app: LiveApp) -> None:
    """Read as a shell and curl read them; nothing of the examples exists, but none is misread."""
    options = argparse.ArgumentParser()
    options.add_argument("url")
    options.add_argument("-X")
    options.add_argument("-d")
    options.add_argument("-H", action="append", default=[])
    for line in curls(live_app):
        if "fox.jpg" in line:
            continue
        words = shlex.split(line.replace("\\\n", " ").replace("-OJ", ""))
        sent = options.parse_args(words[2:])
        method = sent.X or ("POST" if sent.d else "GET")
        headers = dict(header.split(": ") for header in sent.H)
        path = sent.url.removeprefix(live_app.url)
        answer = live_app.call(method, path, headers=headers, data=sent.d)
        assert answer.status_code in (200, 404), line


def test_the_parameters_of_each_task_type_can_be_found(live_app: LiveApp) -> None:
    page = live_app.get("/api/docs").text
    body = page[page.index('id="MissionBody"') :]
    body = body[: body.index("</section>")]
    for name in ("TextToImageConfig", "ImageToVideoConfig"):
        assert f'href="#{name}"' in body
        assert f'id="{name}"' in page


def test_its_errors_are_pages(live_app: LiveApp) -> None:
    answer = live_app.post("/api/docs")
    assert answer.status_code == 405
    assert answer.headers["content-type"].startswith("text/html")


def test_settings_lead_to_it(live_app: LiveApp) -> None:
    assert 'href="/api/docs"' in live_app.get("/settings").text
