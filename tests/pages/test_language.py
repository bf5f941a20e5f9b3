"""Which language a page speaks, and how that is chosen."""

from __future__ import annotations

import pytest

from tests.helpers.live import LiveApp
from webapp.i18n import Catalogue, negotiate
from webapp.messages import msg, nmsg

BROWSER = {"Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hans-CN,zh;q=0.9", "zh"),
        ("zh-TW", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.5", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.5,zh;q=0.7", "zh"),
        ("en;q=0.4, zh;q=0.8", "zh"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("ZH_cn", "zh"),
    ],
)
def test_the_browser_decides(header: str, language: str) -> None:
    assert negotiate(header, "fr") == language


@pytest.mark.parametrize("header", ["", "fr-FR,de;q=0.5", "*", ";;;,,q=", "en;q=oops"])
def test_the_setting_decides_when_the_browser_does_not(header: str) -> None:
    assert negotiate(header, "the default") == "the default"


def test_a_page_speaks_the_language_of_the_browser(live_app: LiveApp) -> None:
    chinese = live_app.get("/missions", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    english = live_app.get("/missions", headers={"Accept-Language": "en-US"})
    assert '<html lang="zh-CN"' in chinese.text and "新建任务" in chinese.text
    assert '<html lang="en"' in english.text and "New mission" in english.text
    assert chinese.headers["content-language"] == "zh-CN"
    assert "Accept-Language" in chinese.headers["vary"] and "Cookie" in chinese.headers["vary"]


def test_a_choice_is_kept_and_the_address_is_clean_again(live_app: LiveApp) -> None:
    answer = live_app.get("/missions?state=failed&lang=zh&q=a%26b")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/missions?state=failed&q=a%26b"
    assert answer.cookies["lang"] == "zh"
    live_app.http.cookies.clear()
    page = live_app.get("/missions", headers={"Cookie": "lang=zh", "Accept-Language": "en"})
    assert '<html lang="zh-CN"' in page.text


def test_a_language_that_we_do_not_speak_changes_nothing(live_app: LiveApp) -> None:
    answer = live_app.get("/missions?lang=fr", headers={"Cookie": "lang=xx"})
    assert answer.status_code == 200
    assert '<html lang="en"' in answer.text


def test_a_choice_cannot_lead_to_another_site(live_app: LiveApp) -> None:
    answer = live_app.get("//example.org/?lang=zh")
    assert not answer.headers.get("location", "").startswith("//")


def test_the_json_interface_does_not_redirect(live_app: LiveApp) -> None:
    assert live_app.get("/api/api-missions?lang=zh").status_code != 303


def test_the_theme_is_kept_and_the_page_comes_back(live_app: LiveApp) -> None:
    referer = BROWSER | {"Referer": f"{live_app.url}/missions?state=failed"}
    answer = live_app.post("/preferences/theme", data={"theme": "dark"}, headers=referer)
    assert answer.headers["location"] == "/missions?state=failed"
    page = live_app.get("/missions", headers={"Cookie": "theme=dark"})
    assert 'data-theme="dark"' in page.text
    live_app.http.cookies.clear()


@pytest.mark.parametrize("page", ["https://example.org/trap", "http://[", "http://a]b/"])
def test_a_theme_form_does_not_lead_to_another_site(live_app: LiveApp, page: str) -> None:
    referer = BROWSER | {"Referer": page}
    answer = live_app.post("/preferences/theme", data={"theme": "neon"}, headers=referer)
    assert answer.headers["location"] == "/missions"
    assert "theme" not in answer.cookies


def test_sentences_inside_sentences_and_plurals_are_translated() -> None:
    catalogue = Catalogue()
    inner = nmsg("%(count)s item was cancelled.", "%(count)s items were cancelled.", 3)
    outer = msg("Row %(row)s: %(problem)s", row=7, problem=inner)
    assert catalogue.translate("en", outer) == "Row 7: 3 items were cancelled."
    assert catalogue.translate("zh", outer) == "第 7 行：已取消 3 条。"
