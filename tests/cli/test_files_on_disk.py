"""What the program writes is its owner's alone, however careless the one who starts it is."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.helpers.live import mission_body
from tests.helpers.pictures import png
from tests.helpers.program import Program, run
from tests.helpers.waiting import wait_until

CARELESS = ("sh", "-c", 'umask 022; exec "$@"', "sh", sys.executable, "-m", "webapp")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such rights")


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which the program ran: with an upload, results, previews, a log and backups."""
    folder = tmp_path_factory.mktemp("careless")
    with Program(folder, "--no-open", program=CARELESS, SIMULATOR_SPEED=200) as program:
        files = {"file": ("fox.png", png())}
        url = program.url
        assert requests.post(f"{url}/api/upload-image", files=files, timeout=10).ok
        body = mission_body(config={"batch_input": ["a fox", "an owl [many]"]})
        made = requests.post(f"{url}/api/api-missions", json=body, timeout=10).json()
        address = f"{url}/api/api-missions/{made['data']['api_mission_id']}"
        wait_until(lambda: _is_done(address), deadline_s=40)
        assert requests.get(f"{address}/download", timeout=10).ok
        assert run(folder, "backup", "copy.db").returncode == 0
        assert run(folder, "backup", "all.zip", "--with-files").returncode == 0
        yield folder


def _is_done(address: str) -> bool:
    mission = requests.get(address, timeout=10).json()["data"]
    return mission["status"] == "completed" and not mission["files_pending"]


def test_every_file_and_folder_is_for_its_owner_alone(left: Path) -> None:
    found = {path: stat.S_IMODE(path.stat().st_mode) for path in left.rglob("*")}
    names = {path.name for path in found}
    assert {"missions.db", "secret.key", "copy.db", "all.zip"} <= names
    assert {"references", "results", "previews"} <= names
    open_to_others = {
        path.relative_to(left).as_posix(): oct(mode) for path, mode in found.items() if mode & 0o077
    }
    assert open_to_others == {}


def test_what_was_restored_is_so_too(left: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "restore", str(left / "all.zip")).returncode == 0
    found = [path for path in tmp_path.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert (tmp_path / "data" / "missions.db").is_file()
    assert found == []
