"""Named moments at which a test can end this process, as a power cut would.

Off, and then one comparison each, unless the environment names one: `WEBAPP_FAIL_AT=claim.committed`
or `claim.committed:3` for the third time. Not a setting: for tests/crash alone.
"""

from __future__ import annotations

import os
import signal
import threading

VARIABLE = "WEBAPP_FAIL_AT"

STEPS = (
    *("create", "pause", "resume", "cancel", "delete", "purge"),
    *("retry", "cancel_item", "attach", "abandon"),
    *("claim", "recover", "begin_submit"),
    *("accepted", "take_receipt", "give_back", "refuse", "become_unknown"),
    *("set_phase", "succeed", "fail", "cancelled_remotely"),
    *("decoding", "file_saved", "file_failed", "link_renewed", "retry_files"),
    *("add_image", "save_link"),
)
"""Transactions that `webapp.db.writing` is told the name of: one moment before each commit, one after."""

MOMENTS = (
    "reference.begun",  #: a decoder is at work on a reference image
    "reference.named",  #: the file of a reference image is in its place, its row is not written
    "upload.answered",  #: RunningHub has the reference image, its link is not stored
    "submit.ready",  #: everything is committed, and the POST leaves next
    "submit.answered",  #: RunningHub has accepted or refused, and nobody here has written it down
    "question.answered",  #: the task has ended over there, and nothing is written
    "download.written",  #: all bytes are here, under no name yet
    "download.named",  #: the file is in its place, its row is not written
    "decode.begun",  #: a decoder is at work on a result
    "purge.removed",  #: the files are gone, and now the rows are
    "stop.drained",  #: a stop has let the open POSTs answer
)

POINTS = (*(f"{step}.{when}" for step in STEPS for when in ("commits", "committed")), *MOMENTS)
"""All of them. A test holds that each is in the program, and that the program dies at each."""

_wanted: str | None = None
_left = 0
_lock = threading.Lock()


def arm(value: str) -> None:
    """Take the variable's value; empty turns all off. Raises ValueError for a name of none."""
    global _wanted, _left
    name, _, times = value.partition(":")
    if name and name not in POINTS:
        raise ValueError(f"{VARIABLE}={value}: there is no such moment")
    _wanted, _left = name or None, int(times or 1)


def reached(name: str) -> None:
    """The program is here. Does not return when a test wants it to end here."""
    if _wanted is None or name != _wanted:
        return
    _count()


def _count() -> None:
    global _left
    with _lock:
        _left -= 1
        if _left > 0:
            return
        os.write(2, f"ended at {_wanted}\n".encode())
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        signal.pause()  # the signal comes within moments; nothing may happen until then


arm(os.environ.get(VARIABLE, ""))
