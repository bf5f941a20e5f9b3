"""Make the pictures of README and docs/: a demo of its own, seen through headless Chromium.

    python -m tools.screenshots

It starts the program on a temporary folder, runs a few missions on the built-in simulator, and
writes docs/images/. Needs the test libraries and a Chromium (CHROMIUM, or on the PATH).
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.helpers.live import LiveApp
from tests.helpers.waiting import wait_until
from webapp.settings import Settings, load_settings

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDE = ViewportSize(width=1280, height=960)
PHONE = ViewportSize(width=390, height=844)
QUALITY = 92
SPEED = 12.0
SLOTS = 8
WAIT_S = 120

_PLACES = """a harbour in the morning mist
a tea house in the rain
rooftops under the first snow
a night market with paper lanterns
a lighthouse before the storm
terraced fields in spring
a narrow street with red bicycles
a glass greenhouse at dusk
晨雾中的竹林
雨后的青石板小巷
雪山下的湖边小屋
夏夜的萤火虫与荷塘
秋天的银杏大道
海边的白色灯塔""".splitlines()
_STYLES = ("35mm film", "watercolour", "paper cut", "ink and wash")
_SHOTS = ["a kettle that whistles, slow zoom", "waves against a pier", "镜头环绕一只青瓷茶杯"]
# The words in brackets tell the simulator to let an item fail as RunningHub would.
_REFUSED = ["a battlefield [fail:1501]", "战场 [fail:1501]"]
_BROKEN = ["a clock tower at noon [fail:1015]"]


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        LiveApp(_settings(Path(folder))) as app,
        _browser() as browser,
    ):
        _finished_missions(app)
        _busy_pages(app, browser)
        _other_pages(app, browser)


def _settings(folder: Path) -> Settings:
    """A demo: no key, and nothing of this machine."""
    return load_settings(
        _env_file=None,
        runninghub_api_key="",
        data_dir=folder,
        upload_dir=folder / "uploads",
        database_url="",
        host="127.0.0.1",
        port=0,
        public_url="",
        simulator_speed=SPEED,
        max_concurrent_api_tasks=SLOTS,
        log_level="error",
    )


@contextmanager
def _browser() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        sys.exit("No Chromium on the PATH. Install one, or name it in CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def _finished_missions(app: LiveApp) -> None:
    """What a team has made before; the list shows it."""
    ids = [
        _mission(app, "Tea packaging, six moods", _PLACES[8:]),
        _mission(app, "Opening shots", _SHOTS, task_type="text_to_video"),
        _mission(app, "Postcards", [*_PLACES[:7], *_REFUSED, *_BROKEN]),
        _mission(app, "Window display, autumn", _PLACES[3:9]),
    ]
    for mission_id in ids:
        app.ended(mission_id, deadline_s=WAIT_S)
    for name, config in (
        ("Portrait cards", {"aspectRatio": "3:4"}),
        ("Banner", {"aspectRatio": "21:9"}),
    ):
        app.data(
            "POST",
            "/api/api-templates",
            json={"name": name, "task_type": "text_to_image", "config": config},
        )


def _busy_pages(app: LiveApp, browser: Browser) -> None:
    """A mission half way, in both languages, on a screen and on a phone."""
    prompts = [f"{place}, {style}" for style in _STYLES for place in _PLACES]
    prompts[3:3] = _REFUSED
    busy = _mission(app, "Calendar 2027", prompts)
    pages = [
        ("detail-zh", _page(browser, app, f"/missions/{busy}", locale="zh-CN")),
        ("detail", _page(browser, app, f"/missions/{busy}")),
        ("phone", _page(browser, app, f"/missions/{busy}", view=PHONE)),
        ("list-dark", _page(browser, app, "/missions", dark=True)),
    ]
    _wait_for(app, busy, ended=22)
    for name, page in pages:
        page.reload(wait_until="networkidle")
        _shoot(page, name)
        page.context.close()
    app.ended(busy, deadline_s=WAIT_S)


def _other_pages(app: LiveApp, browser: Browser) -> None:
    page = _page(browser, app, "/missions/new?type=image_to_image")
    page.locator("#files").set_input_files(_pictures(app))  # type: ignore[arg-type]
    page.locator("#prompts").fill(
        "put it on a wooden table, morning light\n同一物品，雪地背景\non a red sofa"
    )
    page.locator("#plan tbody tr").nth(8).wait_for()
    _shoot(page, "create")
    page.goto("/missions/3")
    page.locator("#items li a").first.click()
    page.locator("#lightbox-body img").first.wait_for()
    page.wait_for_load_state("networkidle")
    _shoot(page, "item")
    page.context.close()


def _mission(app: LiveApp, name: str, prompts: list[str], task_type: str = "text_to_image") -> int:
    return app.create(name=name, task_type=task_type, config={"batch_input": prompts})


def _wait_for(app: LiveApp, mission_id: int, *, ended: int) -> None:
    def look() -> bool:
        counts = app.mission(mission_id)["counts"]
        return bool(counts["completed"] + counts["failed"] >= ended)

    wait_until(look, deadline_s=WAIT_S)


def _pictures(app: LiveApp) -> list[dict[str, object]]:
    """Three results, as files to choose."""
    made = [item["results"][0]["file_url"] for item in app.mission(1)["items"][:3]]
    return [
        {"name": f"{number}.png", "mimeType": "image/png", "buffer": app.http.get(url).content}
        for number, url in enumerate(made, 1)
    ]


def _page(
    browser: Browser,
    app: LiveApp,
    path: str,
    *,
    locale: str = "en-US",
    view: ViewportSize = WIDE,
    dark: bool = False,
) -> Page:
    context = browser.new_context(
        base_url=app.url,
        locale=locale,
        viewport=view,
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    page.goto(path)
    return page


def _shoot(page: Page, name: str) -> None:
    """The window as a WebP: a quarter of a PNG's bytes."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = FOLDER / f"{name}.webp"
    picture.save(path, quality=QUALITY, method=6)
    print(f"{path.relative_to(FOLDER.parent.parent)}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
