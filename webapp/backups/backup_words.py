"""What `webapp backup` and `webapp restore` say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webapp.backups.copies import Contents
from webapp.backups.restore import Restored
from webapp.messages import Message, msg, nmsg

_MOST_NAMES = 20


def held(contents: Contents, with_files: bool) -> Iterator[Message]:
    """What is in a backup."""
    yield msg(
        "In it: %(missions)s and %(items)s, as of %(moment)s.",
        missions=nmsg("%(count)s mission", "%(count)s missions", contents.missions),
        items=nmsg("%(count)s item", "%(count)s items", contents.items),
        moment=(contents.made_at.strftime("%Y-%m-%d %H:%M:%S UTC") if contents.made_at else "?"),
    )
    files = nmsg("%(count)s file", "%(count)s files", contents.files)
    size = f"{contents.file_bytes / 1e6:.1f}"
    if with_files:
        yield msg("With the files: %(files)s, %(size)s MB.", files=files, size=size)
    else:
        yield msg(
            "Without the files that it names: %(files)s, %(size)s MB. Keep the uploads folder too, or "
            "use --with-files.",
            files=files,
            size=size,
        )


def missing(names: Sequence[str]) -> Iterator[Message | str]:
    """Which files are not there, or are damaged; nothing when all are there."""
    if not names:
        return
    yield nmsg(
        "%(count)s file is missing or is not what it was:",
        "%(count)s files are missing or are not what they were:",
        len(names),
    )
    for name in names[:_MOST_NAMES]:
        yield f"  {name}"
    if len(names) > _MOST_NAMES:
        yield f"  … +{len(names) - _MOST_NAMES}"


def restored(done: Restored) -> Iterator[Message | str]:
    """What a restore did, and what comes next."""
    yield msg("The backup is in place.")
    yield next(held(done.held, with_files=True))
    if done.kept is not None:
        yield msg("The database that was there is kept: %(path)s", path=done.kept)
    if done.files_written:
        yield nmsg(
            "%(count)s file was written.", "%(count)s files were written.", done.files_written
        )
    yield from missing(done.missing)
    yield msg(
        "Start the server and open /restored: nothing is submitted until you have looked at what may "
        "have been paid for since the backup."
    )
