"""After a restore: what every page says on top, and the page on which a person decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.processes import ServerProcess
from tests.browser.site import Site
from tests.browser.test_every_page import faults
from tests.browser.watching import Watch
from tests.helpers.program import run

SERVE = ["webapp", "serve", "--no-open", "--port", "0"]
LATER = "2099-01-01 00:00:00"


@pytest.fixture
def restored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A program whose database, with two missions that wait, is from a backup."""
    folder = tmp_path_factory.mktemp("restored")
    with ServerProcess(SERVE, folder, data_dir=folder / "data") as process:
        site = Site(process.url)
        for name in ("秋季新品" * 20, "冬季"):
            site.mission(name, ["狐狸", "野兔"], scheduled_at=LATER)
        site.close()
    for command in (("backup", "copy.db"), ("restore", "copy.db")):
        done = run(folder, *command)
        assert done.returncode == 0, done.stderr
    with ServerProcess(SERVE, folder, data_dir=folder / "data") as process:
        yield process


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_wrong_with_it(
    restored: ServerProcess, new_context: tuple[NewContext, list[Watch]], language: str
) -> None:
    locale = {"en": "en-US", "zh": "zh-CN"}[language]
    context = new_context[0](locale=locale, reduced_motion="reduce", base_url=restored.url)
    page = context.new_page()
    found: list[str] = []
    for path in ("/restored", "/missions", "/missions/1"):
        page.goto(path)
        found += faults(page, path, language)
    assert not found, "\n".join(found)


def test_it_is_decided_without_scripts(
    restored: ServerProcess, new_context: tuple[NewContext, list[Watch]]
) -> None:
    page: Page = new_context[0](java_script_enabled=False, base_url=restored.url).new_page()
    page.goto("/missions")
    page.get_by_role("link", name="Look now").click()
    page.get_by_label("冬季").select_option("unclear")
    page.get_by_label("I have looked").check()
    page.get_by_role("button", name="Do this").click()
    expect(page).to_have_url(restored.url + "/missions")
    expect(page.locator("#notice")).to_contain_text("Decided")
    expect(page.get_by_role("link", name="Look now")).to_have_count(0)
    page.goto("/missions/1")
    expect(page.locator("#why")).to_contain_text("restored from a backup")
    page.goto("/missions/2?state=unknown")
    expect(page.locator(".tile")).to_have_count(2)
