"""The secret with which cookies and webhook addresses are signed."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from webapp.settings import Settings

_FILE = "secret.key"


def load_secret(settings: Settings) -> bytes:
    """SECRET_KEY, else one that is made once and kept in the data folder, readable by us alone."""
    given = settings.secret_key.get_secret_value()
    if given:
        return given.encode()
    path = settings.data_dir / _FILE
    if not path.exists():
        _write_once(path, secrets.token_hex(32))
    return path.read_text("ascii").strip().encode()


def _write_once(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(text)


def webhook_mac(secret: bytes, attempt_id: int) -> str:
    """What only we can put into the webhook's address of an attempt."""
    return hmac.new(secret, f"webhook:{attempt_id}".encode(), hashlib.sha256).hexdigest()[:40]


def webhook_ok(secret: bytes, attempt_id: int, mac: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(webhook_mac(secret, attempt_id), mac)
