"""Secrets of the tests, made so that they are noticed wherever they turn up, and those who look.

The key and the signing secret must be seen nowhere. Of what a test types or carries later (passwords,
sessions, tokens, codes of webhooks) an app under test learns as it goes: see `tests.helpers.watched`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

KEY = "rh-CANARY-0123456789abcdef0123456789"
"""The API key of all tests. It must not be seen anywhere outside a call to RunningHub."""

SECRET_KEY = "sk-CANARY-fedcba9876543210fedcba98"
"""What the apps of all tests sign with. It is never seen at all."""

_ALWAYS = (b"CANARY", KEY[-26:-4].encode(), SECRET_KEY[-20:].encode())
# What a simulator keeps for itself is RunningHub's, and a settings file has the key by its nature.
_OTHERS = frozenset({"simulator", ".env"})
_LARGEST_ZIP = 20_000_000

leaks: list[str] = []
"""What was noticed where nobody could be told at once. A fixture of all tests looks here."""


learned: set[str] = set()
"""Secrets that requests to the app that runs have carried."""

in_paths: set[str] = set()
"""Those among them that are part of an address. The page there may say them again, a log may not."""


def seen_in(data: bytes, more: Iterable[str] = ()) -> str | None:
    """A few bytes around the first secret in `data`, None when there is none."""
    for word in (*_ALWAYS, *(one.encode() for one in more)):
        at = data.find(word)
        if at >= 0:
            return repr(data[max(0, at - 60) : at + len(word) + 20])
    return None


def seen_in_zip(data: bytes, more: Iterable[str] = ()) -> str | None:
    """The same for a whole zip, whose tables are packed; None for what is no zip."""
    if len(data) > _LARGEST_ZIP or not zipfile.is_zipfile(io.BytesIO(data)):
        return None
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            found = seen_in(archive.read(name), more)
            if found:
                return f"{name}: {found}"
    return None


def seen_in_files(folder: Path, more: Iterable[str] = ()) -> Iterator[str]:
    """The files below a folder that hold a secret, with the place."""
    words = tuple(more)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if _OTHERS & set(inside) or path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        found = seen_in(data, words) or seen_in_zip(data, words)
        if found:
            yield f"{'/'.join(inside)}: {found}"


def check_files(folder: Path, more: Iterable[str] = ()) -> None:
    """Fails when a file below the folder holds a secret."""
    found = list(seen_in_files(folder, more)) if folder.is_dir() else []
    assert not found, f"a secret was left in {found}"


def check_text(what: str, text: str, more: Iterable[str] = ()) -> None:
    """Fails when a text that somebody can read holds a secret."""
    found = seen_in(text.encode("utf-8", "replace"), more)
    assert found is None, f"a secret is in {what}: {found}"
