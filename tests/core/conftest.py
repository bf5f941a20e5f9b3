"""A database for the store's tests; apps that can be stopped and started for the others."""

from __future__ import annotations

import pytest

from tests.conftest import MakeSettings
from webapp.db import open_database, writing
from webapp.migrate import migrate
from webapp.models import Attempt, Event, Mission
from webapp.settings import Settings


@pytest.fixture(scope="module")
def database(make_settings: MakeSettings) -> Settings:
    """A new database with all tables; returns the settings that name it."""
    settings = make_settings()
    open_database(settings)
    migrate()
    return settings


@pytest.fixture
def db(database: Settings) -> Settings:
    """The file's database with nothing in it."""
    with writing():
        for table in (Mission, Attempt, Event):
            table.delete().execute()
    return database
