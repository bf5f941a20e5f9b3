"""Settings from the environment or a .env file: the only place that reads either."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from webapp.messages import msg
from webapp.server.cannot_start import CannotStart, Unusable, unusable_setting

_SOURCE_ROOT = Path(__file__).resolve().parent.parent
_SQLITE = "sqlite:///"
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?")


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
    max_task_seconds: Annotated[float, Field(gt=0, le=604_800)] = 3600
    max_upload_mb: Annotated[int, Field(ge=1, le=1000)] = 50
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    secret_key: SecretStr = SecretStr("")
    default_locale: Literal["en", "zh"] = "en"
    simulator_speed: Annotated[float, Field(gt=0, le=1000)] = 4

    @model_validator(mode="before")
    @classmethod
    def _empty_is_not_set(cls, given: dict[str, Any]) -> dict[str, Any]:
        """`PORT=` is the default. An empty HOST would else be every address of the machine, and an
        empty UPLOAD_DIR the folder from which the program was started."""
        return {
            name: value
            for name, value in given.items()
            if not (isinstance(value, str) and not value.strip())
        }

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("default_locale", mode="before")
    @classmethod
    def _short_locale(cls, value: object) -> object:
        return _short(value) if isinstance(value, str) else value

    @field_validator("runninghub_api_key")
    @classmethod
    def _sendable(cls, value: SecretStr) -> SecretStr:
        """A key goes into a header, so it is one word of plain letters."""
        key = value.get_secret_value().strip()
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise Unusable(msg("A key has no spaces and only plain letters, digits and signs."))
        return value

    @field_validator("runninghub_base_url", "public_url")
    @classmethod
    def _http_url(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if value and not _is_http_url(value):
            raise Unusable(
                msg(
                    "It must be a whole address that begins with http:// or https://, such as "
                    "%(example)s.",
                    example="https://www.runninghub.cn",
                )
            )
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _host_names(cls, value: str) -> str:
        names = [name.strip().lower() for name in value.split(",") if name.strip()]
        for name in names:
            if not _HOST_NAME.fullmatch(name):
                raise Unusable(
                    msg("It must be names or addresses without a port, parted by commas.")
                )
        return ",".join(names)

    @field_validator("database_url")
    @classmethod
    def _sqlite_url(cls, value: str) -> str:
        value = value.strip()
        if value and (not value.startswith(_SQLITE) or value == _SQLITE):
            raise Unusable(
                msg("Only SQLite can be used so far, as %(example)s.", example=f"{_SQLITE}name.db")
            )
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


class _Language(BaseSettings):
    """The one setting that is needed to say that another cannot be used."""

    model_config = Settings.model_config
    default_locale: str = ""


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and .env. Raises CannotStart, with a line that names the setting."""
    try:
        return Settings(**overrides)
    except UnicodeDecodeError as error:
        raise CannotStart(msg("The file .env cannot be read. Save it as UTF-8.")) from error
    except OSError as error:
        raise CannotStart(
            msg(
                "The file .env cannot be read (%(reason)s). Correct its rights, or move it away.",
                reason=error.strerror,
            )
        ) from error
    except ValidationError as error:
        raise unusable_setting(error, Settings.model_fields) from error


def terminal_language(settings: Settings | None) -> str:
    """In which language to speak to the terminal: DEFAULT_LOCALE where that is set, else the system's.
    Without `settings`, because they cannot be used, what can be read of it all the same."""
    if settings is None:
        given = _short(_default_locale())
    else:
        given = settings.default_locale if "default_locale" in settings.model_fields_set else ""
    if given in ("en", "zh"):
        return given
    system = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if _short(next(filter(None, system), "")) == "zh" else "en"


def _default_locale() -> str:
    try:
        return _Language().default_locale
    except (OSError, ValueError):  # of a .env that cannot be read
        return _Language(_env_file=None).default_locale  # type: ignore[call-arg]


def _short(locale: str) -> str:
    """`zh_CN.UTF-8`, `zh-Hans` and `zh` all mean zh."""
    return re.split("[-_.]", locale.strip().lower())[0]


def _is_http_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and has_place and not re.search(r"\s", text)
