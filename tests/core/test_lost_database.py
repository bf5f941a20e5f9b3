"""A database that is damaged or missing: nothing is submitted, nothing is written, and every page says
what happened and how to go on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.core.conftest import MakeRig
from tests.core.rig import Rig, states
from tests.helpers.waiting import wait_until
from webapp import db
from webapp.safety.receipts import receipts_path
from webapp.simulator import Simulator

PAGE = 4096
PATHS = ("/", "/missions", "/missions/1", "/missions/new", "/templates", "/settings", "/nowhere")


def path_of(rig: Rig) -> Path:
    return rig._settings.sqlite_path()


def lived(make_rig: MakeRig, **settings: object) -> Rig:
    """A folder on which something was made, and no program."""
    rig = make_rig(**settings)
    rig.start()
    rig.run("a fox")
    rig.create(*(f"owl {n}" for n in range(200)), scheduled_at="2099-01-01 00:00:00")
    rig.stop()
    return rig


def check_closed(rig: Rig, trouble: str) -> None:
    """Nobody gets anything but the explanation."""
    titles = {"gone": "The database is missing", "damaged": "The database is damaged"}
    for path in PATHS:
        answer = rig.app.get(path)
        assert answer.status_code == 503, path
        assert titles[trouble] in answer.text
        assert "webapp restore FILE" in answer.text
        assert str(rig._settings.data_dir) not in answer.text, "a stranger may read it"
    assert "数据库" in rig.app.get("/missions", headers={"Accept-Language": "zh"}).text
    told = rig.app.get("/missions/1/live", headers={"HX-Request": "true"})
    assert (told.status_code, "<html" in told.text) == (503, False)
    for method, path in (("GET", "/api/api-missions"), ("POST", "/api/api-missions")):
        assert titles[trouble] in rig.app.refused(503, method, path)["message"]
    health = rig.app.get("/health")
    assert (health.status_code, health.json()["trouble"]) == (503, trouble)
    assert rig.app.get("/static/app.css").status_code == 200


@pytest.mark.parametrize("damage", ["all of it", "the middle"])
def test_damaged_at_the_start(make_rig: MakeRig, damage: str) -> None:
    rig = lived(make_rig)
    path = path_of(rig)
    whole = path.read_bytes()
    middle = len(whole) // 2 // PAGE * PAGE
    spoiled = {
        "all of it": b"this is no database" * 500,
        "the middle": whole[:middle] + b"\xa5" * 3 * PAGE + whole[middle + 3 * PAGE :],
    }[damage]
    path.write_bytes(spoiled)
    try:
        rig.start_broken()
        assert rig.app.app.state.manager is None
        check_closed(rig, "damaged")
    finally:
        rig.stop()
        assert path.read_bytes() == spoiled, "not a byte was written"
        path.write_bytes(whole)
    rig.start()
    assert states(rig.run("an owl")) == ["completed"]


def test_missing_at_the_start(make_rig: MakeRig) -> None:
    rig = lived(make_rig)
    path = path_of(rig)
    aside = path.with_name("aside")
    path.rename(aside)
    rig.start_broken()
    check_closed(rig, "gone")
    assert receipts_path(rig._settings).name in rig.app.get("/missions").text
    rig.stop()
    assert not path.exists(), "no empty one took its place"
    aside.rename(path)
    rig.start()
    assert states(rig.run("an owl")) == ["completed"]
    assert rig.submits() == 2


def test_whoever_wants_to_begin_anew_can(make_rig: MakeRig, simulator: Simulator) -> None:
    rig = lived(make_rig)
    path_of(rig).unlink()
    receipts = receipts_path(rig._settings)
    receipts.rename(receipts.with_name("old receipts"))
    simulator.reset()
    rig.start()
    assert states(rig.run("an owl")) == ["completed"]


def test_a_demo_leaves_nothing_that_is_missed(make_rig: MakeRig) -> None:
    rig = make_rig(runninghub_api_key="", simulator_speed=100)
    rig.start()
    rig.run("a fox")
    rig.stop()
    path_of(rig).unlink()
    rig.start()
    assert rig.app.data("GET", "/api/api-missions")["total"] == 0
    # The picture of that life is nobody's now, and stays: what one database does not name, another may.
    (picture,) = (rig._settings.uploads / "results").iterdir()
    picture.unlink()
    shutil.rmtree(rig._settings.uploads / "previews")


def test_another_database_in_the_same_folder_is_another_life(
    make_rig: MakeRig, simulator: Simulator
) -> None:
    rig = lived(make_rig)
    simulator.reset()
    rig._settings = rig._settings.model_copy(update={"database_url": "sqlite:///other.db"})
    rig.start()
    assert states(rig.run("an owl")) == ["completed"]


def test_removed_while_it_runs(make_rig: MakeRig, simulator: Simulator) -> None:
    rig = make_rig()
    rig.start()
    rig.run("a fox")
    path = path_of(rig)
    kept = path.with_name("kept")
    shutil.copytree(path.parent, kept, ignore=shutil.ignore_patterns("kept", "*.lock"))
    for file in path.parent.glob("missions.db*"):
        if file.suffix in (".db", ".db-wal", ".db-shm"):
            file.unlink()
    rig.leap(6)
    wait_until(lambda: rig.app.app.state.storage.lasting)
    check_closed(rig, "gone")
    assert rig.submits() == 1
    rig.stop()
    assert not path.exists()
    for file in kept.glob("missions.db*"):
        shutil.copy(file, path.parent)
    shutil.rmtree(kept)
    rig.start()
    assert states(rig.run("an owl")) == ["completed"]


def test_damaged_while_it_runs(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.start()
    rig.run("a fox")
    rig.create(*(f"owl {n}" for n in range(200)), scheduled_at="2099-01-01 00:00:00")
    rig.restart()  # so that the write-ahead log is in the file
    path = path_of(rig)
    db.close_idle()
    whole = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\xa5" * (len(whole) - PAGE))
    wait_until(lambda: rig.app.get("/missions").status_code == 503)
    wait_until(lambda: rig.app.app.state.storage.lasting)
    check_closed(rig, "damaged")
    assert rig.submits() == 1
    rig.stop()
    for name in ("missions.db-wal", "missions.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.write_bytes(whole)
