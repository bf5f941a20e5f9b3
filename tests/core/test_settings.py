"""Settings from the environment and .env."""

from __future__ import annotations

from pathlib import Path

import pytest

from webapp.settings import load_settings


def test_the_defaults_are_those_of_the_design() -> None:
    settings = load_settings(_env_file=None)
    assert settings.runninghub_base_url == "https://www.runninghub.cn"
    assert (settings.host, settings.port) == ("127.0.0.1", 7777)
    assert settings.max_concurrent_api_tasks == 50
    assert settings.max_concurrent_app_tasks == 2
    assert settings.poll_interval == 5
    assert settings.request_timeout == 30
    assert settings.submit_concurrency == 8
    assert settings.max_task_seconds == 3600
    assert settings.max_upload_mb == 50


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_API_TASKS", "5")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    monkeypatch.setenv("DEFAULT_LOCALE", "zh_CN")
    settings = load_settings(_env_file=None)
    assert settings.max_concurrent_api_tasks == 5
    assert settings.uploads == tmp_path / "uploads"
    assert settings.sqlite_path() == tmp_path / "missions.db"
    assert (settings.log_level, settings.default_locale) == ("warning", "zh")


def test_a_file_stands_in_for_the_environment(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("RUNNINGHUB_API_KEY=abc-123\nPORT=0\nPUBLIC_URL=https://rh.example/\n")
    settings = load_settings(_env_file=file)
    assert settings.runninghub_api_key.get_secret_value() == "abc-123"
    assert not settings.simulated
    assert (settings.port, settings.public_url) == (0, "https://rh.example")


@pytest.mark.parametrize("key", ["", "   "])
def test_without_a_key_the_simulator_stands_in(key: str) -> None:
    assert load_settings(_env_file=None, runninghub_api_key=key).simulated


def test_the_key_is_not_shown_by_accident() -> None:
    settings = load_settings(_env_file=None, runninghub_api_key="rh-secret", secret_key="sk-secret")
    assert "secret" not in repr(settings).replace("SecretStr", "").replace("secret_key", "")
    assert "rh-secret" not in str(settings)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "missions.db"),
        (" ", "missions.db"),
        ("sqlite:///other.db", "other.db"),
        ("sqlite:////srv/a.db", "/srv/a.db"),
    ],
)
def test_relative_databases_are_in_the_data_folder(tmp_path: Path, url: str, expected: str) -> None:
    settings = load_settings(_env_file=None, data_dir=tmp_path, database_url=url)
    assert settings.sqlite_path() == tmp_path / expected


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty HOST would be every address of the machine, an empty UPLOAD_DIR any folder."""
    plain = load_settings(_env_file=None, data_dir=tmp_path)
    (tmp_path / ".env").write_text("PORT=\nPUBLIC_URL=\nRUNNINGHUB_API_KEY=of-the-file\n")
    for name in ("HOST", "UPLOAD_DIR", "RUNNINGHUB_BASE_URL", "RUNNINGHUB_API_KEY", "LOG_LEVEL"):
        monkeypatch.setenv(name, "")
    found = load_settings(_env_file=tmp_path / ".env", data_dir=tmp_path)
    assert found == plain
    assert found.simulated, "the environment wins: no key"
