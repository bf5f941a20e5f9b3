"""`webapp user`: accounts from the command line, also while the server runs. Whoever may run it may
read the database anyway, so nobody is asked who they are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from webapp.accounts.passwords import Passwords
from webapp.accounts.people import COMMAND_LINE, Member, Role
from webapp.accounts.users import Users, new_password
from webapp.clock import SystemClock, format_utc
from webapp.db import STORAGE_ERRORS
from webapp.errors import AppError
from webapp.messages import Message, msg, nmsg
from webapp.opening import open_for_command
from webapp.server.cannot_start import CannotStart
from webapp.server.commands import Refusal, read_settings, say
from webapp.server.listening import prepare_folder
from webapp.settings import Settings

_ROLES = click.Choice([str(role) for role in Role])


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where a command does its work."""

    settings: Settings
    users: Users

    def tell(self, message: Message) -> None:
        click.echo(say(self.settings, message))


@contextmanager
def _desk() -> Iterator[_Desk]:
    """Raises Refusal for whatever cannot be done, with one line."""
    settings = read_settings()
    try:
        prepare_folder(settings.data_dir)
        with open_for_command(settings):
            yield _Desk(settings, Users(SystemClock(), Passwords()))
    except (AppError, CannotStart) as error:
        raise Refusal(say(settings, error.message)) from error
    except STORAGE_ERRORS as error:
        trouble = msg("The database does not answer: %(reason)s.", reason=error)
        raise Refusal(say(settings, trouble)) from error


@click.group()
def user() -> None:
    """Accounts: with the first one nobody comes in without one."""


def _password_options(command: click.decorators.FC) -> click.decorators.FC:
    generate = click.option("--generate", is_flag=True, help="Make a password and print it, once.")
    stdin = click.option(
        "--password-stdin", "stdin", is_flag=True, help="Read the password from standard input."
    )
    return generate(stdin(command))


@user.command("add")
@click.argument("name")
@click.option(
    "--role", type=_ROLES, default=str(Role.MEMBER), show_default=True, help="What they may do."
)
@_password_options
def add(name: str, role: str, generate: bool, stdin: bool) -> None:
    """Make an account. The first one must be an admin, and owns what was made before it."""
    with _desk() as desk:
        name = desk.users.check_new(name, Role(role))
        password = _password(desk, generate, stdin)
        made = desk.users.add(name, Role(role), password, COMMAND_LINE)
        desk.tell(msg("%(name)s has an account now (%(role)s).", name=name, role=role))
        if made.missions or made.templates:
            desk.tell(
                msg(
                    "What was made before belongs to %(name)s now: %(missions)s, %(templates)s.",
                    name=name,
                    missions=nmsg("%(count)s mission", "%(count)s missions", made.missions),
                    templates=nmsg("%(count)s template", "%(count)s templates", made.templates),
                )
            )
        _tell_password(desk, password, generate)


@user.command("passwd")
@click.argument("name")
@_password_options
def passwd(name: str, generate: bool, stdin: bool) -> None:
    """Set a new password; they are signed out everywhere."""
    with _desk() as desk:
        member = desk.users.named(name)
        password = _password(desk, generate, stdin)
        desk.users.set_password(member, password, COMMAND_LINE)
        desk.tell(
            msg("%(name)s has a new password, and is signed out everywhere.", name=member.name)
        )
        _tell_password(desk, password, generate)


@user.command("list")
def list_users() -> None:
    """All accounts: name, role, state, last seen (UTC)."""
    with _desk() as desk:
        members = desk.users.list()
        width = max((_width(member.name) for member in members), default=0)
        for member in members:
            pad = " " * (width - _width(member.name))
            state = say(desk.settings, _state(member))
            click.echo(f"{member.name}{pad}  {member.role:<6}  {state}")
        if not members:
            desk.tell(msg("No accounts yet. Make one: webapp user add NAME --role admin"))


@user.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Shut an account: its browsers and tokens stop at once. Nothing that it made is lost."""
    with _desk() as desk:
        member = desk.users.named(name)
        desk.users.disable(member.id, COMMAND_LINE)
        desk.tell(msg("%(name)s cannot come in any more.", name=member.name))


@user.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Open an account again."""
    with _desk() as desk:
        member = desk.users.named(name)
        desk.users.enable(member.id, COMMAND_LINE)
        desk.tell(msg("%(name)s can come in again.", name=member.name))


@user.command("role")
@click.argument("name")
@click.argument("role", type=_ROLES)
def set_role(name: str, role: str) -> None:
    """Change what somebody may do."""
    with _desk() as desk:
        member = desk.users.named(name)
        desk.users.set_role(member.id, Role(role), COMMAND_LINE)
        desk.tell(msg("%(name)s is %(role)s now.", name=member.name, role=role))


def _password(desk: _Desk, generate: bool, stdin: bool) -> str:
    """Never from the command line itself: every program on the machine can read that."""
    if generate and stdin:
        both = msg("Choose one: --generate or --password-stdin.")
        raise Refusal(say(desk.settings, both))
    if generate:
        return new_password()
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    first: str = click.prompt(say(desk.settings, msg("Password")), hide_input=True)
    again: str = click.prompt(say(desk.settings, msg("Once more")), hide_input=True)
    if first != again:
        raise Refusal(say(desk.settings, msg("These are two different passwords.")))
    return first


def _tell_password(desk: _Desk, password: str, generated: bool) -> None:
    if generated:
        desk.tell(msg("Password, shown only now: %(password)s", password=password))


def _state(member: Member) -> Message:
    if member.disabled_at is not None:
        return msg("disabled")
    if member.seen_at is None:
        return msg("never signed in")
    return msg("last seen %(when)s", when=format_utc(member.seen_at))


def _width(text: str) -> int:
    """In columns of a terminal: Chinese signs take two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)
