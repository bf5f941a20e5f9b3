"""What every command of the command line needs: settings, a language, one line when it cannot go on."""

from __future__ import annotations

from functools import cache

import click

from webapp.i18n import Catalogue
from webapp.messages import Message
from webapp.settings import BadSetting, Settings, load_settings

EXIT_CANNOT_START = 2


class Refusal(click.ClickException):
    """One line for a person, and exit code 2."""

    exit_code = EXIT_CANNOT_START


def read_settings(**given: object) -> Settings:
    """The settings, with what the command line gave. Raises Refusal."""
    try:
        return load_settings(**{name: value for name, value in given.items() if value is not None})
    except BadSetting as error:
        raise Refusal(str(error)) from error


def say(settings: Settings, message: Message) -> str:
    """A sentence in the language of the settings."""
    return _catalogue().translate(settings.default_locale, message)


@cache
def _catalogue() -> Catalogue:
    return Catalogue()
