"""Files are whole or not there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from webapp.safety.disk import part_file, put, sweep_parts


def test_a_file_appears_under_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    final = tmp_path / "results" / "a.png"

    with part_file(final.parent) as (part, file):
        file.write(b"whole")
        assert not final.exists()
        put(part, file, final)

    assert final.read_bytes() == b"whole"
    assert list(final.parent.iterdir()) == [final]


def test_a_file_is_closed_before_it_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses to rename an open file."""
    closed: list[bool] = []
    rename = Path.replace

    def watched(part: Path, final: Path) -> Path:
        closed.append(file.closed)
        return rename(part, final)

    monkeypatch.setattr(Path, "replace", watched)
    with part_file(tmp_path) as (part, file):
        put(part, file, tmp_path / "a.png")

    assert closed == [True]


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), part_file(tmp_path) as (_, file):
        file.write(b"half")
        raise RuntimeError

    assert list(tmp_path.iterdir()) == []


def test_a_newer_file_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    final = tmp_path / "a.png"
    final.write_bytes(b"old")

    with part_file(tmp_path) as (part, file):
        file.write(b"new")
        put(part, file, final)

    assert final.read_bytes() == b"new"


def test_only_old_halves_are_swept(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    old, young, whole = (tmp_path / "deep" / name for name in ("a.part", "b.part", "c.png"))
    for path in (old, young, whole):
        path.write_bytes(b"x")
    for path in (old, whole):
        os.utime(path, (time.time() - 7200,) * 2)

    assert sweep_parts(tmp_path) == 1
    assert sweep_parts(tmp_path / "missing") == 0
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["b.part", "c.png"]
