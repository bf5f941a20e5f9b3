"""The secret with which cookies and webhook addresses are signed."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from webapp.settings import Settings

FILE = "secret.key"
"""In the data folder."""


def load_secret(settings: Settings) -> bytes:
    """SECRET_KEY, else one that is made once and kept in the data folder, readable by us alone."""
    given = settings.secret_key.get_secret_value()
    if given:
        return given.encode()
    path = settings.data_dir / FILE
    if not _read(path):
        _write(path, secrets.token_hex(32))
    return _read(path)


def _read(path: Path) -> bytes:
    return path.read_bytes().strip() if path.exists() else b""


def _write(path: Path, text: str) -> None:
    """Whole or not at all, for an empty key would sign for everybody; and of two processes that
    start at the same moment, one is first."""
    part = path.with_name(f"{FILE}.{secrets.token_hex(8)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and not _read(path):
            part.replace(path)
        else:
            _link(part, path)
    finally:
        part.unlink(missing_ok=True)


def _link(part: Path, path: Path) -> None:
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        part.replace(path)


def webhook_mac(secret: bytes, attempt_id: int) -> str:
    """What only we can put into the webhook's address of an attempt."""
    return hmac.new(secret, f"webhook:{attempt_id}".encode(), hashlib.sha256).hexdigest()[:40]


def webhook_ok(secret: bytes, attempt_id: int, mac: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(
        webhook_mac(secret, attempt_id).encode(), mac.encode("utf-8", "replace")
    )
