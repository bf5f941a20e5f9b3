"""The command line: serve (default), check, backup, restore; user is in user_commands."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from webapp import __version__
from webapp.accounts.user_commands import user
from webapp.app import create_app
from webapp.backups import backup_words
from webapp.backups.backup import backup, look_at
from webapp.backups.copies import BackupFailed
from webapp.backups.restore import restore
from webapp.messages import Message, msg
from webapp.opening import accounts_exist
from webapp.safety.storage import Closed, Trouble
from webapp.server import logs
from webapp.server.cannot_start import CannotStart
from webapp.server.check import findings
from webapp.server.commands import Refusal, read_settings, say
from webapp.server.listening import address_of, bind, check_bind, prepare_folder
from webapp.server.serve import open_browser, run
from webapp.settings import Settings


class _ServeByDefault(click.Group):
    """`webapp --port 0` is `webapp serve --port 0`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "--version"}
        if not args or (args[0].startswith("-") and args[0] not in own):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ServeByDefault)
@click.version_option(__version__, prog_name="webapp")
def main() -> None:
    """RunningHub Missions: batches of image and video generations."""
    # What we write belongs to the person who started us: keys of providers, prompts, results.
    os.umask(0o077)


@main.command()
@click.option("--host", help="Address to listen on.  [default: HOST, else 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="0 takes a free one.  [default: PORT, else 7777]"
)
@click.option("--open/--no-open", "show", default=True, help="Open the browser.  [default: open]")
def serve(host: str | None, port: int | None, show: bool) -> None:
    """Start the server (what `webapp` alone does too)."""
    settings = read_settings(host=host, port=port)
    try:
        check_bind(settings.host, lambda: accounts_exist(settings))
        prepare_folder(settings.data_dir)
        prepare_folder(settings.uploads, "UPLOAD_DIR")
        with bind(settings.host, settings.port) as sock:
            _serve(settings.model_copy(update={"port": sock.getsockname()[1]}), sock, show)
    except CannotStart as error:
        raise Refusal(say(settings, error.message)) from error


@main.command()
def check() -> None:
    """Look whether key, account, disk, upload and questions work. Costs nothing."""
    settings = read_settings()
    wrong = False
    for finding in findings(settings):
        mark = "ok   " if finding.ok else "WRONG"
        click.echo(f"{mark} {say(settings, finding.name)}: {say(settings, finding.said)}")
        if finding.todo is not None:
            wrong = True
            click.echo(f"      → {say(settings, finding.todo)}")
    sys.exit(1 if wrong else 0)


@main.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--with-files", is_flag=True, help="Put references and results in too (a zip).")
@click.option("--quick", is_flag=True, help="Compare files by their size, without reading them.")
@click.option("--check", "look", is_flag=True, help="Check a backup that was made before.")
def make_backup(file: Path, with_files: bool, quick: bool, look: bool) -> None:
    """Copy the database to FILE, whole and checked, also while the server runs."""
    settings = read_settings()
    try:
        if look:
            done = look_at(settings, file)
            said = msg("%(path)s is whole (%(size)s bytes).", path=file, size=done.size)
        else:
            done = backup(settings, file, with_files=with_files, thorough=not quick)
            said = msg("Saved to %(path)s (%(size)s bytes).", path=file, size=done.size)
    except BackupFailed as error:
        raise Refusal(say(settings, error.message)) from error
    _tell(settings, [said, *backup_words.held(done.held, done.with_files)])
    _tell(settings, backup_words.missing(done.missing))
    sys.exit(1 if look and done.missing else 0)


@main.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore_backup(file: Path) -> None:
    """Put the backup FILE in place. The database that was there is kept beside it."""
    settings = read_settings()
    try:
        prepare_folder(settings.data_dir)
        prepare_folder(settings.uploads, "UPLOAD_DIR")
        done = restore(settings, file)
    except (BackupFailed, CannotStart) as error:
        raise Refusal(say(settings, error.message)) from error
    _tell(settings, backup_words.restored(done))


def _tell(settings: Settings, lines: Iterable[Message | str]) -> None:
    for line in lines:
        click.echo(line if isinstance(line, str) else say(settings, line))


def _serve(settings: Settings, sock: socket.socket, show: bool) -> None:
    logs.configure(settings)
    url = address_of(sock)

    def started() -> None:
        for line in _banner(settings, url, app.state.storage.lasting):
            click.echo(say(settings, line))
        if show:
            open_browser(url)

    app = create_app(settings)

    def stopping() -> None:
        if app.state.manager is not None:
            app.state.manager.begin_stop()

    run(app, sock, started, stopping)


def _banner(settings: Settings, url: str, lasting: Trouble | None) -> Iterator[Message]:
    yield msg("RunningHub Missions %(version)s: %(url)s", version=__version__, url=url)
    yield msg("Data folder: %(folder)s", folder=settings.data_dir)
    if lasting is not None:
        yield Closed(lasting).message
    if settings.simulated:
        yield msg("Demo mode: nothing is called, nothing is billed.")
        yield msg("Set RUNNINGHUB_API_KEY to use your account.")
    else:
        yield msg(
            "Generations are made at %(site)s and cost money.", site=settings.runninghub_base_url
        )
    yield msg("Stop with Ctrl+C.")


main.add_command(user)


if __name__ == "__main__":
    main()
