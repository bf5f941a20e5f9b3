"""docs/security.md names the tests that hold it; each of them exists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_POINT = re.compile(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
_TESTS = re.compile(r"`(tests/[\w/]+\.py)`\s+\((`test_[^)]*)\)")


@cache
def checklist() -> dict[str, str]:
    """Each point of the checklist, and what is said about it."""
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    chapter = re.split(r"^## ", page, flags=re.MULTILINE)
    (found,) = [part for part in chapter if part.startswith("Checklist\n")]
    return dict(_POINT.findall(found))


def named_in(text: str) -> list[tuple[str, str]]:
    """File and name of each test that a text names."""
    return [
        (match[1], name)
        for match in _TESTS.finditer(text)
        for name in re.findall(r"`(test_\w+)`", match[2])
    ]


@cache
def functions(file: str) -> set[str]:
    path = ROOT / file
    text = path.read_text("utf-8") if path.is_file() else ""
    return set(re.findall(r"^(?:    )?(?:async )?def (test_\w+)\(", text, re.MULTILINE))


@pytest.mark.parametrize("point", checklist())
def test_every_point_has_tests_that_exist(point: str) -> None:
    named = named_in(checklist()[point])
    assert named
    assert [one for one in named if one[1] not in functions(one[0])] == []


@pytest.mark.parametrize("point", checklist())
def test_every_test_of_a_point_was_read(point: str) -> None:
    """A slip of the pen in the list would hide a test from the other one."""
    text = checklist()[point]
    assert len(set(re.findall(r"`(test_\w+)`", text))) == len({name for _, name in named_in(text)})
