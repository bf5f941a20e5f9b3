"""The file of receipts: what is in it after whatever happened to it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from webapp.safety.receipts import ROOM_BYTES, Receipt, Receipts


def receipt(number: int) -> Receipt:
    return Receipt(number, "boot-1", f"20135087861107302{number:02}", "2026-01-01T00:00:00+00:00")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "missions.db.receipts"


@pytest.fixture
def receipts(path: Path) -> Receipts:
    made = Receipts(path)
    made.reserve()
    return made


def test_its_room_is_there_from_the_beginning(receipts: Receipts, path: Path) -> None:
    assert path.stat().st_size == ROOM_BYTES
    assert path.stat().st_blocks * 512 >= ROOM_BYTES, "no hole, but bytes on the disk"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for number in range(100):
        receipts.keep(receipt(number))
    assert path.stat().st_size == ROOM_BYTES


def test_what_is_kept_is_found_by_the_next_start(receipts: Receipts, path: Path) -> None:
    receipts.keep(receipt(1))
    receipts.keep(receipt(2))
    receipts.drop(1)
    found = Receipts(path)
    found.reserve()
    assert receipt(2) in found.kept
    found.keep(receipt(3))
    assert Receipts(path).kept[-2:] == [receipt(2), receipt(3)]


def test_when_nothing_is_needed_any_more_it_is_blank(receipts: Receipts, path: Path) -> None:
    receipts.keep(receipt(1))
    receipts.keep(receipt(2))
    receipts.drop(2)
    receipts.drop(1)
    receipts.drop(1)
    assert Receipts(path).kept == []
    assert len(path.read_bytes().split()) == 2, "the first line alone"


def test_a_line_that_was_cut_short_spoils_no_other(receipts: Receipts, path: Path) -> None:
    receipts.keep(receipt(1))
    end = len(path.read_bytes().rstrip())
    with path.open("r+b") as file:
        file.seek(end)
        file.write(b'\n{"attempt_id":2,"boot_')
    found = Receipts(path)
    assert found.kept == [receipt(1)]
    found.keep(receipt(3))
    assert Receipts(path).kept == [receipt(1), receipt(3)]


def test_it_remembers_that_something_was_paid_for(receipts: Receipts, path: Path) -> None:
    assert not Receipts(path).missed
    receipts.mark_paid()
    assert Receipts(path).missed
    receipts.keep(receipt(1))
    receipts.drop(1)
    assert Receipts(path).missed


def test_nothing_is_paid_for_in_the_demo(path: Path) -> None:
    made = Receipts(path, demo=True)
    made.reserve()
    made.mark_paid()
    assert not Receipts(path).missed


def test_a_file_that_is_no_such_file_counts_as_an_earlier_life(path: Path) -> None:
    path.write_bytes(b"\0" * 5000)
    assert Receipts(path).missed
