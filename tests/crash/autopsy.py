"""While no program runs on a folder: the invariants of docs/faults.md, read from what is left."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.core.books import (
    check_books,
    check_files,
    check_ledger,
    check_no_orphans,
    check_secrets,
    check_sound,
)
from tests.crash.server import Service
from webapp.db import close_idle, open_database
from webapp.settings import load_settings


def examine(
    folder: Path, service: Service, *, twice: Counter[str] | None = None, killed: bool = True
) -> None:
    """Is the database whole, do the books and files agree, was anything paid twice or forgotten?
    `twice` are prompts that a person sent again."""
    settings = load_settings(_env_file=None, data_dir=folder / "data")
    open_database(settings)
    try:
        check_sound()
        check_books()
        check_ledger(service.ledger, twice=twice)
        check_files(settings.uploads)
        if not killed:
            check_no_orphans(settings.uploads)
    finally:
        close_idle()
    check_secrets(folder)
