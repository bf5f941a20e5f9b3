"""The zip of a mission (reliability.md §5 rows 15 and 17, design.md §7)."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import tracemalloc
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from tests.files import made
from tests.files.seeds import Seeds
from tests.helpers.examples import examples
from webapp.archive import PAGE, Archive
from webapp.clock import FakeClock
from webapp.db import database as handle
from webapp.errors import NotFound
from webapp.models import Item
from webapp.results import ResultFiles
from webapp.states import FileState, ItemState
from webapp.store import missions

PICTURE = made.picture()


@pytest.fixture
def archive(files: ResultFiles, clock: FakeClock) -> Archive:
    return Archive(files, clock)


class Zip:
    """A zip as somebody unpacks it."""

    def __init__(self, made: tuple[str, Any]) -> None:
        self.name, parts = made
        self.data = b"".join(parts)
        self.zip = zipfile.ZipFile(io.BytesIO(self.data))
        assert self.zip.testzip() is None
        self.names = [entry for entry in self.zip.namelist() if not entry.startswith("manifest")]

    @property
    def rows(self) -> list[dict[str, str]]:
        raw = self.zip.read("manifest.csv")
        assert raw.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))

    @property
    def json(self) -> Any:
        return json.loads(self.zip.read("manifest.json"))


@pytest.fixture
def mission(seeds: Seeds) -> int:
    """Three items: two outputs and a text, one failed, one on its way."""
    mission = seeds.mission("秋季新品 · 白底")
    first = seeds.item(
        mission,
        1,
        "晨雾竹林",
        runninghub_task_id="2013508786110730241",
        cost=Decimal("0.05"),
        seconds=12.5,
    )
    seeds.saved(mission, first, "1_0001_1_a.png", PICTURE)
    seeds.saved(mission, first, "1_0001_2_b.mp4", b"film", position=2)
    seeds.text(mission, first, "a poem\n=1+1", position=3)
    seeds.item(
        mission,
        2,
        "=cmd()",
        status=ItemState.FAILED,
        error_class="content",
        error_code="1501",
        error_message="refused | 违规",
    )
    third = seeds.item(mission, 3, "later")
    seeds.waiting(mission, third)
    return mission


def test_every_output_is_in_it_under_a_name_that_people_read(
    archive: Archive, mission: int
) -> None:
    got = Zip(archive.mission_zip(mission))

    assert got.name == "秋季新品 · 白底_results.zip"
    assert got.names == ["0001_晨雾竹林.png", "0001_晨雾竹林_2.mp4", "0001_晨雾竹林_3.txt"]
    assert got.zip.read("0001_晨雾竹林.png") == PICTURE
    assert got.zip.read("0001_晨雾竹林_3.txt") == b"a poem\n=1+1"


def test_media_are_stored_and_tables_are_packed(archive: Archive, mission: int) -> None:
    got = Zip(archive.mission_zip(mission))

    packed = {entry.filename: entry.compress_type for entry in got.zip.infolist()}
    assert packed["0001_晨雾竹林.png"] == zipfile.ZIP_STORED
    assert packed["manifest.csv"] == zipfile.ZIP_DEFLATED


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_another_program_finds_no_fault(archive: Archive, mission: int, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(Zip(archive.mission_zip(mission)).data)

    checked = subprocess.run(["unzip", "-t", str(path)], capture_output=True, check=False)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_another_program_unpacks_into_one_folder(
    archive: Archive, seeds: Seeds, tmp_path: Path
) -> None:
    mission = seeds.mission()
    names = [
        "../../x",
        "/etc/x",
        "..\\..\\x",
        "C:x",
        "-o",
        "a\nb",
        "~",
        "*",
        "狐\u202e",
        "é" * 90,
        "." * 9,
    ]
    for index, prompt in enumerate(names, start=1):
        item = seeds.item(mission, index, prompt)
        seeds.saved(mission, item, f"{mission}_{index:04d}_1_a.png", PICTURE)
    path = tmp_path / "a.zip"
    path.write_bytes(Zip(archive.mission_zip(mission)).data)
    (tmp_path / "inside" / "target").mkdir(parents=True)

    command = ["unzip", "-:", str(path), "-d", str(tmp_path / "inside" / "target")]
    done = subprocess.run(command, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
    found = [one.relative_to(tmp_path) for one in tmp_path.rglob("*") if one.is_file()]
    unpacked = [one for one in found if one.parts[:2] == ("inside", "target")]
    assert len(unpacked) == len(names) + 2
    assert {len(one.parts) for one in unpacked} == {3}
    assert set(found) - set(unpacked) == {Path("a.zip")}


def test_the_table_names_everything(archive: Archive, mission: int) -> None:
    rows = Zip(archive.mission_zip(mission)).rows

    assert rows[0] == {
        "item": "1",
        "prompt": "晨雾竹林",
        "aspectRatio": "'3:4",
        "file": "0001_晨雾竹林.png",
        "file_state": "saved",
        "task_id": "'2013508786110730241",
        "cost": "0.05",
        "currency": "CNY",
        "seconds": "12.5",
        "state": "completed",
        "error": "",
        "error_code": "",
    }
    assert [(row["item"], row["file"], row["file_state"]) for row in rows[1:]] == [
        ("1", "0001_晨雾竹林_2.mp4", "saved"),
        ("1", "0001_晨雾竹林_3.txt", "saved"),
        ("2", "", ""),
        ("3", "", "pending"),
    ]
    assert [row["cost"] for row in rows] == ["0.05", "", "", "", ""], "so that it can be summed"
    assert rows[3]["error"] == "Refused by the content check"
    assert rows[3]["error_code"] == "1501"


def test_the_json_table_says_the_same(archive: Archive, mission: int) -> None:
    table = Zip(archive.mission_zip(mission)).json

    assert table["mission"]["name"] == "秋季新品 · 白底"
    assert [item["item"] for item in table["items"]] == [1, 2, 3]
    assert table["items"][0]["parameters"] == {"aspectRatio": "3:4"}
    assert table["items"][0]["task_id"] == "2013508786110730241"
    assert table["items"][0]["cost"] == 0.05
    assert table["items"][0]["files"][1] == {"file": "0001_晨雾竹林_2.mp4", "state": "saved"}
    assert table["items"][1]["prompt"] == "=cmd()"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "＝1", "=cmd|' /C calc'!A0"]
)
def test_no_cell_is_a_formula(archive: Archive, seeds: Seeds, text: str) -> None:
    mission = seeds.mission()
    seeds.item(mission, 1, text, input_params={"prompt": text, "style": text, "urls": [text]})

    (row,) = Zip(archive.mission_zip(mission)).rows

    assert row["prompt"] == row["style"] == row["urls"] == f"'{text}"


@pytest.mark.parametrize(
    "value", ["16:9", "1:1", "12:30:00", " 3:4", "2013508786110730241", 10**18]
)
def test_no_cell_is_a_time_or_a_number_that_would_be_cut(
    archive: Archive, seeds: Seeds, value: object
) -> None:
    """Excel showed 16:9 as an hour of the day, and ids of tasks as 2.01E+18."""
    mission = seeds.mission()
    seeds.item(mission, 1, "x", input_params={"prompt": "x", "a": value, "b": [value]})

    got = Zip(archive.mission_zip(mission))

    (row,) = got.rows
    assert row["a"] == row["b"] == f"'{value}"
    assert got.json["items"][0]["parameters"] == {"a": value, "b": [value]}


@pytest.mark.parametrize("text", ["10", "0.05", "123456789012345", "a 16:9", "16:9 wide", "1:x"])
def test_other_cells_are_as_they_are(archive: Archive, seeds: Seeds, text: str) -> None:
    mission = seeds.mission()
    seeds.item(mission, 1, text)

    assert Zip(archive.mission_zip(mission)).rows[0]["prompt"] == text


def test_numbers_stay_numbers(archive: Archive, seeds: Seeds) -> None:
    mission = seeds.mission()
    seeds.item(mission, 1, "x", input_params={"prompt": "x", "seed": -1, "strict": True})

    (row,) = Zip(archive.mission_zip(mission)).rows

    assert (row["seed"], row["strict"]) == ("-1", "True")


def test_prompts_of_many_lines_stay_in_one_cell(archive: Archive, seeds: Seeds) -> None:
    mission = seeds.mission()
    text = 'a "fox",\r\nin two lines; 狐'
    seeds.item(mission, 1, text)

    assert Zip(archive.mission_zip(mission)).rows[0]["prompt"] == text


def test_parameters_of_all_items_have_a_column(archive: Archive, seeds: Seeds) -> None:
    mission = seeds.mission()
    seeds.item(mission, 1, "a", input_params={"prompt": "a", "one": "1"})
    seeds.item(mission, 2, "b", input_params={"prompt": "b", "two": {"x": 2}})

    rows = Zip(archive.mission_zip(mission)).rows

    assert [(row["one"], row["two"]) for row in rows] == [("1", ""), ("", '{"x": 2}')]


@pytest.mark.parametrize("state", [FileState.PENDING, FileState.FAILED])
def test_words_beside_a_file_do_not_stand_in_for_it(
    archive: Archive, seeds: Seeds, state: FileState
) -> None:
    mission = seeds.mission()
    seeds.text(mission, seeds.item(mission), "a caption", file_state=state)

    got = Zip(archive.mission_zip(mission))

    assert got.names == []
    assert got.rows[0]["file_state"] == state


def test_a_file_that_is_no_longer_on_disk_is_named(archive: Archive, seeds: Seeds) -> None:
    mission = seeds.mission()
    seeds.saved(mission, seeds.item(mission), "1_0001_1_a.png", None)

    got = Zip(archive.mission_zip(mission))

    assert got.names == []
    assert got.rows[0]["file_state"] == "missing"


def test_a_mission_without_any_file_still_has_its_tables(archive: Archive, seeds: Seeds) -> None:
    mission = seeds.mission()
    seeds.item(mission, 1, "a", status=ItemState.PENDING)

    got = Zip(archive.mission_zip(mission))

    assert sorted(got.zip.namelist()) == ["manifest.csv", "manifest.json"]
    assert got.rows[0]["state"] == "pending"


def test_chosen_items_only(archive: Archive, seeds: Seeds) -> None:
    mission = seeds.mission()
    for index in range(1, 6):
        seeds.saved(mission, seeds.item(mission, index, "x"), f"1_000{index}_1_a.png", PICTURE)

    got = Zip(archive.mission_zip(mission, {4, 2, 99}))

    assert got.names == ["0002_x.png", "0004_x.png"]
    assert [row["item"] for row in got.rows] == ["2", "4"]


def test_the_mission_must_be_there(archive: Archive, seeds: Seeds, clock: FakeClock) -> None:
    deleted = seeds.mission()
    missions.delete(deleted, clock.now(), "alice")

    for mission_id in (deleted, 999):
        with pytest.raises(NotFound):
            archive.mission_zip(mission_id)


def _many(seeds: Seeds, mission: int, count: int) -> None:
    """Items without the trouble of a transaction for each."""
    now = seeds.now
    rows = [
        {
            "mission": mission,
            "item_index": index,
            "input_params": {"prompt": f"p{index}"},
            "prompt": f"p{index}",
            "status": ItemState.COMPLETED,
            "created_at": now,
            "updated_at": now,
        }
        for index in range(1, count + 1)
    ]
    with handle.connection_context(), handle.atomic():
        for start in range(0, count, 500):
            Item.insert_many(rows[start : start + 500]).execute()


def test_more_items_than_a_page(archive: Archive, seeds: Seeds) -> None:
    mission = seeds.mission()
    _many(seeds, mission, 2 * PAGE + 3)

    assert [int(row["item"]) for row in Zip(archive.mission_zip(mission)).rows] == list(
        range(1, 2 * PAGE + 4)
    )
    chosen = set(range(2, 2 * PAGE + 4))
    assert len(Zip(archive.mission_zip(mission, chosen)).rows) == len(chosen)


def test_no_connection_is_held_while_it_streams(archive: Archive, seeds: Seeds) -> None:
    mission = seeds.mission()
    item = seeds.item(mission)
    seeds.saved(mission, item, "1_0001_1_a.bin", bytes(3_000_000))
    _, parts = archive.mission_zip(mission)

    next(parts)

    assert handle.is_closed()
    missions.describe(mission, "renamed meanwhile", "", seeds.now)  # somebody else can write
    assert sum(len(part) for part in parts) > 2_000_000


def test_a_download_that_is_broken_off_leaves_nothing_open(archive: Archive, seeds: Seeds) -> None:
    mission = seeds.mission()
    seeds.saved(mission, seeds.item(mission), "1_0001_1_a.bin", bytes(3_000_000))
    _, parts = archive.mission_zip(mission)
    next(parts)
    before = _open_files(seeds.folder)

    parts.close()  # type: ignore[attr-defined]

    assert (before, _open_files(seeds.folder)) == (1, 0)


def _open_files(folder: Path) -> int:
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("only Linux tells which files are open")
    found = 0
    for entry in handles.iterdir():
        try:
            found += entry.readlink().is_relative_to(folder)
        except OSError:
            continue
    return found


def test_memory_does_not_grow_with_the_size_of_the_zip(archive: Archive, seeds: Seeds) -> None:
    mission = seeds.mission()
    for index in range(1, 21):
        item = seeds.item(mission, index)
        seeds.saved(mission, item, f"1_{index:04d}_1_a.bin", bytes(4_000_000))
    _, parts = archive.mission_zip(mission)

    tracemalloc.start()
    total = sum(len(part) for part in parts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert total > 80_000_000
    assert peak < 8_000_000


PROMPTS = st.lists(
    st.text(
        st.one_of(st.characters(codec="utf-8"), st.sampled_from("/\\:.\n\u202eéÉ狐")), max_size=60
    ),
    min_size=1,
    max_size=8,
)


@given(PROMPTS)
@given_settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_people_write_unpacks_into_one_folder(
    archive: Archive, seeds: Seeds, tmp_path: Path, prompts: list[str]
) -> None:
    mission = seeds.mission()
    for index, prompt in enumerate(prompts, start=1):
        item = seeds.item(mission, index, prompt)
        for position in (1, 2):
            name = f"{mission}_{index:04d}_{position}_a.png"
            seeds.saved(mission, item, name, b"x", position=position)

    got = Zip(archive.mission_zip(mission))

    target = tmp_path / str(mission)
    got.zip.extractall(target)
    assert {path.parent for path in target.rglob("*")} == {target}
    assert len({name.casefold() for name in got.names}) == 2 * len(prompts)
    assert [row["prompt"].lstrip("'") for row in got.rows[::2]] == [
        text.lstrip("'") for text in prompts
    ]
