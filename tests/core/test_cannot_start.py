"""A start that fails says what is wrong and what to do, in one line of the reader's language."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import MakeSettings
from tests.core.full_disk import disk
from webapp.app import create_app
from webapp.db import close_idle
from webapp.messages import Message
from webapp.server.cannot_start import CannotStart
from webapp.server.commands import Refusal, read_settings, say
from webapp.settings import Settings, load_settings

WHOLE, NUMBER, ONE_OF, ADDRESS = "whole number", "number above 0", "one of these", "whole address"

BAD = [
    ("PORT", "http", WHOLE),
    ("PORT", "70000", "from 0 to 65535"),
    ("MAX_CONCURRENT_API_TASKS", "0", "from 1 to 1000"),
    ("MAX_CONCURRENT_APP_TASKS", "1.5", WHOLE),
    ("SUBMIT_CONCURRENCY", "-1", "from 1 to 100"),
    ("MAX_UPLOAD_MB", "50MB", WHOLE),
    ("POLL_INTERVAL", "0", NUMBER),
    ("POLL_INTERVAL", "nan", NUMBER),
    ("REQUEST_TIMEOUT", "soon", "at most 600"),
    ("MAX_TASK_SECONDS", "inf", NUMBER),
    ("SIMULATOR_SPEED", "1e300", NUMBER),
    ("LOG_LEVEL", "loud", "debug, info, warning, error"),
    ("LOG_FORMAT", "xml", ONE_OF),
    ("DEFAULT_LOCALE", "fr", "en, zh"),
    ("PUBLIC_URL", "rh.example", ADDRESS),
    ("PUBLIC_URL", "https://rh.example:99999", ADDRESS),
    ("RUNNINGHUB_BASE_URL", "ftp://x", ADDRESS),
    ("RUNNINGHUB_BASE_URL", "https://", ADDRESS),
    ("RUNNINGHUB_BASE_URL", "https://a b", ADDRESS),
    ("ALLOWED_HOSTS", "http://x", "without a port"),
]
HIDDEN = [
    ("RUNNINGHUB_API_KEY", "pa55 word", "no spaces"),
    ("DATABASE_URL", "postgresql://anna:pa55@h/d", "Only SQLite"),
    ("DATABASE_URL", "mysql://pa55", "sqlite:///name.db"),
    ("DATABASE_URL", "sqlite:///", "Only SQLite"),
    ("DATABASE_URL", "pa55.db", "Only SQLite"),
    ("PUBLIC_URL", "ftp://anna:pa55@rh.example", "ftp://…@rh.example"),
    ("RUNNINGHUB_BASE_URL", "pa55" * 8, "***"),
]


@pytest.fixture(autouse=True)
def an_english_system(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    """What the terminal shows."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Refusal) as caught:
        read_settings(_env_file=None)
    assert caught.value.exit_code == 2
    [line] = caught.value.format_message().splitlines()
    return line


@pytest.mark.parametrize(("name", "value", "wanted"), BAD)
def test_a_bad_setting_is_named_with_its_value_and_what_it_must_be(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, wanted: str
) -> None:
    line = refusal(monkeypatch, **{name: value})
    assert line.startswith(f"{name} cannot be used: it is {value!r}. ")
    assert wanted in line
    assert line.endswith("Correct it in the environment or in the file .env.")
    if name != "DEFAULT_LOCALE":
        chinese = refusal(monkeypatch, **{name: value}, DEFAULT_LOCALE="zh_CN")
        assert chinese.startswith(f"{name} 的值 {value!r} 不能用。")
        assert "must" not in chinese


@pytest.mark.parametrize(("name", "value", "wanted"), HIDDEN)
def test_what_may_be_a_secret_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, wanted: str
) -> None:
    line = refusal(monkeypatch, **{name: value})
    assert line.startswith(f"{name} cannot be used")
    assert wanted in line
    assert "pa55" not in line


def test_a_value_of_many_lines_is_cut_and_stays_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    line = refusal(monkeypatch, LOG_LEVEL="no \n such " * 50)
    assert len(line) < 300


def test_the_terminal_is_spoken_to_in_its_language(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """DEFAULT_LOCALE, also in .env and where another setting is bad; else the system's language."""

    def said(**given: object) -> str:
        return say(load_settings(_env_file=None, **given), Message("Stop with Ctrl+C."))

    assert said() == "Stop with Ctrl+C."
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert said() == "按 Ctrl+C 停止。"
    assert said(default_locale="en") == "Stop with Ctrl+C."
    monkeypatch.setenv("LC_ALL", "C")
    assert said() == "Stop with Ctrl+C."
    monkeypatch.delenv("LC_ALL")
    assert refusal(monkeypatch, PORT="x").startswith("PORT 的值")
    monkeypatch.delenv("LANG")
    assert refusal(monkeypatch).startswith("PORT cannot")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("DEFAULT_LOCALE=zh\n")
    assert refusal(monkeypatch).startswith("PORT 的值")
    (tmp_path / ".env").write_text("DEFAULT_LOCALE=en", encoding="utf-16")
    monkeypatch.setenv("DEFAULT_LOCALE", "zh")
    with pytest.raises(Refusal, match=r"无法读取 \.env 文件。请保存为 UTF-8"):
        read_settings()


def start(settings: Settings) -> None:
    """As `webapp serve` does, without a web server; in a thread, for a browser may have this one's loop."""

    async def enter() -> None:
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            pass

    try:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, enter()).result()
    finally:
        close_idle()


@pytest.mark.parametrize("name", ["secret.key", "missions.db.lock", "missions.db.receipts"])
def test_what_is_in_the_way_of_a_file_is_named(make_settings: MakeSettings, name: str) -> None:
    settings = make_settings(secret_key="")
    (settings.data_dir / name).mkdir()
    with pytest.raises(CannotStart, match="It must be a file that the user who starts") as caught:
        start(settings)
    assert str(settings.data_dir / name) in str(caught.value)


def test_a_full_disk_is_told_whenever_it_is_met(make_settings: MakeSettings) -> None:
    """It is not the database's fault: nobody shall restore a backup for it."""
    settings = make_settings()
    with disk() as found:
        found.full = True
        with pytest.raises(CannotStart, match="The disk is full"):
            create_app(settings)
        found.full = False
        create_app(settings)
        found.full = True
        with pytest.raises(CannotStart, match="The disk is full"):
            start(settings)
    close_idle()
    start(settings)
