"""What every command of the command line needs: settings, a language, one line when it cannot go on."""

from __future__ import annotations

import sys
from typing import IO, Any

import click

from webapp.i18n import our_catalogue
from webapp.messages import Message
from webapp.server.cannot_start import CannotStart
from webapp.settings import Settings, load_settings, terminal_language

EXIT_CANNOT_START = 2


class Refusal(click.ClickException):
    """One line for a person, and exit code 2."""

    exit_code = EXIT_CANNOT_START

    def show(self, file: IO[Any] | None = None) -> None:
        """Click would put its English "Error:" in front."""
        click.echo(f"webapp: {self.format_message()}", file=file or sys.stderr)


def read_settings(**given: object) -> Settings:
    """The settings, with what the command line gave. Raises Refusal."""
    try:
        return load_settings(**{name: value for name, value in given.items() if value is not None})
    except CannotStart as error:
        raise Refusal(say(None, error.message)) from error


def say(settings: Settings | None, message: Message) -> str:
    """A sentence in the language of the terminal; without settings where they cannot be used."""
    return our_catalogue().translate(terminal_language(settings), message)
