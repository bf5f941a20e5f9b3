"""What may and may not stand in a committed file."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAX_BYTES = 2_000_000

# Written so that this file does not find itself.
BANNED = {
    "a path of one machine": r"/(?:work/(?:main|shared)|tmp/venv|opt/(?:wheels|pypi)|root/\.)",
    "somebody's home folder": r"/(?:home|Users)/(?!missions\b|alice\b)[a-z]\w+/",
    "the host of a package registry": r"(?:pypi|pythonhosted|npmjs|debian|ghcr|docker)\.(?:org|io|com)\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE" + " KEY-----",
    "an API key": r"\b(?:rh|sk|ghp|xox[bp])-(?!CANARY)[A-Za-z0-9]{24,}",
    "a bearer token": r"Bearer [0-9a-f]{32}\b",
    "half a merge": r"(?m)^(?:<{7}|>{7}) \S",
}
ALLOWED = {
    # A certificate for 127.0.0.1 that nobody trusts: a test refuses it.
    "tests/providers/selfsigned.pem": {"a private key"},
}


@cache
def committed() -> tuple[str, ...]:
    """Names of all files that git knows, or would with the next commit."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return tuple(name for name in listed.stdout.split("\0") if (ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    for name in committed():
        if name != f"tests/{Path(__file__).name}":
            yield name, (ROOT / name).read_bytes().decode("utf-8", "replace")


@pytest.mark.parametrize("rule", BANNED)
def test_no_file_says_where_it_was_written(rule: str) -> None:
    found = [
        f"{name}: {match[0]}"
        for name, text in texts()
        if rule not in ALLOWED.get(name, ())
        for match in re.finditer(BANNED[rule], text)
    ]
    assert found == []


def test_the_rules_find_what_they_are_for() -> None:
    samples = {
        "a path of one machine": "/work/" + "main/webapp",
        "somebody's home folder": "/home/" + "somebody/code",
        "the host of a package registry": "https://pypi" + ".org/simple",
        "a private key": "-----BEGIN RSA PRIVATE " + "KEY-----",
        "an API key": "rh-" + "0123456789abcdef0123456789",
        "a bearer token": "Bearer " + "0" * 32,
        "half a merge": "a line\n" + "<" * 7 + " HEAD",
    }
    assert [rule for rule in BANNED if not re.search(BANNED[rule], samples[rule])] == []


def test_no_file_is_large() -> None:
    assert [name for name in committed() if (ROOT / name).stat().st_size > MAX_BYTES] == []


def test_nothing_that_a_run_leaves_behind_is_committed() -> None:
    left = re.compile(r"(^|/)(__pycache__|\.env|missions\.db.*|secret\.key|simulator/.*\.jsonl)$")
    uploads = [name for name in committed() if name.startswith("uploads/")]
    assert uploads == ["uploads/.gitignore"]
    assert [name for name in committed() if left.search(name)] == []


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such bit")
def test_what_is_run_by_name_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
