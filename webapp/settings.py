"""Settings from the environment or a .env file: the only place that reads either."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_SOURCE_ROOT = Path(__file__).resolve().parent.parent
_SQLITE = "sqlite:///"
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?")


class BadSetting(Exception):
    """A setting has a value that we cannot use. The message is one line for a person."""


def source_checkout() -> Path | None:
    """The repository's root when we run from one, else None (an installed wheel)."""
    return _SOURCE_ROOT if (_SOURCE_ROOT / "pyproject.toml").is_file() else None


def default_data_dir() -> Path:
    """The checkout's root, else the user's data folder (design.md §9)."""
    return source_checkout() or user_data_path("runninghub-missions", appauthor=False)


class Settings(BaseSettings):
    """All settings; their names in upper case are the environment's (design.md §9)."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    runninghub_api_key: SecretStr = SecretStr("")
    runninghub_base_url: str = "https://www.runninghub.cn"
    data_dir: Path = Field(default_factory=default_data_dir)
    database_url: str = ""
    upload_dir: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 7777
    public_url: str = ""
    allowed_hosts: str = ""
    max_concurrent_api_tasks: Annotated[int, Field(ge=1, le=1000)] = 50
    max_concurrent_app_tasks: Annotated[int, Field(ge=1, le=1000)] = 2
    poll_interval: Annotated[float, Field(gt=0, le=600)] = 5
    request_timeout: Annotated[float, Field(gt=0, le=600)] = 30
    submit_concurrency: Annotated[int, Field(ge=1, le=100)] = 8
    max_task_seconds: Annotated[float, Field(gt=0)] = 3600
    max_upload_mb: Annotated[int, Field(ge=1, le=1000)] = 50
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    secret_key: SecretStr = SecretStr("")
    default_locale: Literal["en", "zh"] = "en"
    simulator_speed: Annotated[float, Field(gt=0)] = 4

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("default_locale", mode="before")
    @classmethod
    def _short_locale(cls, value: object) -> object:
        """`zh_CN`, `zh-Hans` and `zh` all mean zh."""
        return value.replace("-", "_").split("_")[0].lower() if isinstance(value, str) else value

    @field_validator("runninghub_api_key")
    @classmethod
    def _sendable(cls, value: SecretStr) -> SecretStr:
        """A key goes into a header, so it is one word of plain letters."""
        key = value.get_secret_value().strip()
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise ValueError("a key has no spaces and only plain letters, digits and signs")
        return value

    @field_validator("runninghub_base_url", "public_url")
    @classmethod
    def _http_url(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _host_names(cls, value: str) -> str:
        names = [name.strip().lower() for name in value.split(",") if name.strip()]
        for name in names:
            if not _HOST_NAME.fullmatch(name):
                raise ValueError("names or addresses without port, parted by commas")
        return ",".join(names)

    @field_validator("database_url")
    @classmethod
    def _sqlite_url(cls, value: str) -> str:
        value = value.strip()
        if value and (not value.startswith(_SQLITE) or value == _SQLITE):
            raise ValueError(f"only SQLite can be used so far, as {_SQLITE}name.db")
        return value

    @property
    def simulated(self) -> bool:
        """No key: the built-in simulator stands in, and nothing is billed."""
        return not self.runninghub_api_key.get_secret_value().strip()

    @property
    def uploads(self) -> Path:
        """Where references, results and previews live."""
        return self.upload_dir or self.data_dir / "uploads"

    @property
    def database(self) -> str:
        """The database's URL, `sqlite:///missions.db` in the data folder unless set."""
        return self.database_url or f"{_SQLITE}{self.data_dir / 'missions.db'}"

    def sqlite_path(self) -> Path:
        """The database's file; relative names are in the data folder."""
        return self.data_dir / self.database.removeprefix(_SQLITE)


def load_settings(**overrides: object) -> Settings:
    """Read the environment and .env. Raises BadSetting with one line that names the setting."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except UnicodeDecodeError as error:
        raise BadSetting("The file .env cannot be read: save it as UTF-8.") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "a setting"
        # Not repeated: a key, and the address of another database, which may hold a password.
        secret = "KEY" in name or name == "DATABASE_URL"
        shown = "" if secret else f" (now: {os.environ.get(name, first.get('input'))!r})"
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise BadSetting(
            f"{name}{shown} cannot be used: {reason}. Correct it in the environment or in .env."
        ) from error
