"""docs/faults.md: every fault of the list, each with tests that exist."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "faults.md").read_text("utf-8")
FAULTS = 56
NOT_OURS_YET = {54, 55}

_ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def names_in(name: str) -> frozenset[str]:
    text = (ROOT / name).read_text("utf-8") if (ROOT / name).is_file() else ""
    return frozenset(re.findall(r"^def (test_\w+)\(", text, re.MULTILINE))


def test_every_fault_is_on_the_page_in_its_order() -> None:
    assert [int(row[0]) for row in _ROW.findall(PAGE)] == list(range(1, FAULTS + 1))


@pytest.mark.parametrize(("number", "held"), [(int(r[0]), r[3]) for r in _ROW.findall(PAGE)])
def test_every_fault_has_a_test(number: int, held: str) -> None:
    assert bool(_NAMED.search(held)) is (number not in NOT_OURS_YET)


@pytest.mark.parametrize(("file", "name"), sorted(set(_NAMED.findall(PAGE))))
def test_every_named_test_exists(file: str, name: str) -> None:
    assert name in names_in(file)


def test_the_page_names_every_moment_s_module_and_the_long_run() -> None:
    for name in ("webapp/safety/failpoints.py", "tests/core/books.py", "tests/crash/autopsy.py"):
        assert name in PAGE
        assert (ROOT / name).is_file()
    assert "python -m tests.crash.long" in PAGE
