"""The ids of paid tasks that the database does not take just now, in a file whose room is reserved:
a full disk can still take them. It is also the mark of an earlier life of the data folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from webapp.settings import Settings

log = logging.getLogger(__name__)

ROOM_BYTES = 256 * 1024
"""For some thousand receipts. There are never more than POSTs can be open."""

_HEAD_BYTES = 64
_BLANK = b" "


@dataclass(frozen=True, slots=True)
class Receipt:
    """An accepted submit. `boot_id` tells this attempt from one of the same number in a database
    that was put in its place."""

    attempt_id: int
    boot_id: str
    remote_task_id: str
    at: str  #: UTC, for people


class Receipts:
    """JSON lines in a file of fixed size, the unused rest blank. The first line says whether anything
    was ever submitted to an account. Any thread; one process at a time (the manager's lock).

    Lines are only added, and blanked together when none is needed any more: a power cut can spoil
    the line that is being written and no other. What is written is on the disk when a call returns,
    unless it raises OSError.
    """

    def __init__(self, path: Path, *, demo: bool = False) -> None:
        self.path = path
        self._demo = demo
        self._lock = threading.Lock()
        self._paid, self._kept, self._end = False, dict[int, Receipt](), _HEAD_BYTES
        if path.exists():
            self._paid, found, self._end = _read(path)
            self._kept = {receipt.attempt_id: receipt for receipt in found}

    @property
    def paid(self) -> bool:
        """Whether anything was ever submitted to an account from here."""
        return self._paid

    @property
    def kept(self) -> list[Receipt]:
        """What the database does not have yet, oldest first."""
        with self._lock:
            return list(self._kept.values())

    @property
    def missed(self) -> bool:
        """Whether a database that is not there is missed: it knew what was paid for."""
        return self._paid or bool(self._kept)

    def reserve(self) -> None:
        """Make the file, with all its room, where it is not there yet."""
        with self._lock:
            if not self.path.exists() or self.path.stat().st_size < ROOM_BYTES:
                text = self.path.read_bytes() if self.path.exists() else _head(self._paid)
                self._write(0, text.ljust(ROOM_BYTES, _BLANK))

    def mark_paid(self) -> None:
        """Say, once, that from now on something may be paid for. Nothing is in the demo."""
        with self._lock:
            if not self._paid and not self._demo:
                self._write(0, _head(paid=True))
                self._paid = True

    def keep(self, receipt: Receipt) -> None:
        """Note what the database does not take."""
        line = b"\n" + _line(asdict(receipt))  # the one before may have been cut short
        with self._lock:
            self._write(self._end, line)
            self._end += len(line)
            self._kept[receipt.attempt_id] = receipt

    def drop(self, attempt_id: int) -> None:
        """The database has it now. A receipt that could not be removed does no harm."""
        with self._lock:
            if self._kept.pop(attempt_id, None) is None or self._kept:
                return
            with contextlib.suppress(OSError):
                self._write(_HEAD_BYTES, _BLANK * (self._end - _HEAD_BYTES))
                self._end = _HEAD_BYTES

    def set_aside(self, strange: Receipt) -> None:
        """Move a receipt of an attempt that is in no database here into a file of its own, which
        the program never reads."""
        path = self.path.with_name(self.path.name + ".strange")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, _line(asdict(strange)))
            os.fsync(handle)
        finally:
            os.close(handle)
        self.drop(strange.attempt_id)

    def _write(self, at: int, text: bytes) -> None:
        """Over bytes that are ours already, so that no new room is asked for. Holds the lock."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.lseek(handle, at, os.SEEK_SET)
            os.write(handle, text)
            os.fsync(handle)
        finally:
            os.close(handle)


def receipts_path(settings: Settings) -> Path:
    """One file per database, in the data folder; it moves with the folder."""
    database = settings.sqlite_path()
    name = database.name
    if database.resolve().parent != settings.data_dir.resolve():
        name += "-" + hashlib.sha256(str(database.resolve()).encode()).hexdigest()[:8]
    return settings.data_dir / f"{name}.receipts"


def _line(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def _head(paid: bool) -> bytes:
    return json.dumps({"paid": paid}).encode().ljust(_HEAD_BYTES - 1, _BLANK) + b"\n"


def _read(path: Path) -> tuple[bool, list[Receipt], int]:
    """Whether anything was paid for, the receipts, and where the next one goes."""
    content = path.read_bytes()
    end = max(len(content.rstrip(_BLANK + b"\0")), _HEAD_BYTES)
    head, found = True, list[Receipt]()
    for number, line in enumerate(content[:end].split(b"\n"), start=1):
        text = line.strip(_BLANK + b"\0")
        try:
            fields = json.loads(text) if text else {}
            if number == 1:
                head = bool(fields["paid"])
            elif fields:
                found.append(Receipt(**fields))
        except (ValueError, TypeError, KeyError):
            log.error("line %s of %s cannot be read: %r", number, path.name, text)
    return head, found, end
