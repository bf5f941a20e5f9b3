"""An app that has stopped leaves nothing behind."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

from tests.core.conftest import MakeRig
from tests.core.rig import Rig


def things() -> tuple[list[str], list[str]]:
    """Threads and open files of this process."""
    gc.collect()
    threads = sorted(thread.name for thread in threading.enumerate())
    handles = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            handles.append(str(link.readlink()))
        except OSError:
            continue  # the one with which we look
    return threads, sorted(name for name in handles if not name.startswith("/proc/"))


def run_once(rig: Rig, name: str) -> None:
    rig.start()
    foxes = (f"{name} fox {n}" for n in range(20))
    rig.run(*foxes, f"{name} owl [many]", f"{name} hare [refuse:1501]")
    rig.stop()


def test_starting_and_stopping_leaves_no_thread_and_no_file_open(make_rig: MakeRig) -> None:
    rig = make_rig(webhooks=True)
    run_once(rig, "first")  # what is loaded once and kept
    threads, handles = things()
    for name in ("second", "third"):
        run_once(rig, name)
    threads_after, handles_after = things()
    assert threads_after == threads
    ours = [name for name in handles_after if "socket:" not in name]
    assert ours == [name for name in handles if "socket:" not in name]
    assert len(handles_after) <= len(handles)


def test_a_start_that_fails_leaves_nothing_either(make_rig: MakeRig) -> None:
    rig = make_rig(secret_key="")
    run_once(rig, "first")
    threads, handles = things()
    wrong = rig._settings.data_dir / "secret.key"
    wrong.unlink()
    wrong.mkdir()
    try:
        rig.start()
    except AssertionError:
        rig._app = None
    else:
        raise AssertionError("it started without a secret")
    finally:
        wrong.rmdir()
    threads_after, handles_after = things()
    assert threads_after == threads
    assert len(handles_after) <= len(handles)
