"""`python -m benchmarks`: that it still runs, and what its exit code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.figures import Figure
from benchmarks.options import Options
from benchmarks.processes import CannotRun


def test_creation_and_zip_can_be_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The two that take no more than a start of the program."""
    arguments = ["creation", "zip", "--quick", "--size-mb", "16", "--folder", str(tmp_path)]
    assert benchmarks.main(arguments) == 0
    told = capsys.readouterr()
    for figure in ("our time ÷ bare", "growth of the server", "our time ÷ the bare socket's"):
        assert figure in told.out
    assert "Traceback" not in told.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("seconds", "code"), [(2.0, 0), (2.1, 1)])
def test_a_missed_target_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    seconds: float,
    code: int,
) -> None:
    figures = [Figure("a mission", seconds, "s", at_most=2), Figure("beside it", 9.0)]
    monkeypatch.setitem(benchmarks.ALL, "creation", ("creation", lambda _: figures))
    assert benchmarks.main(["creation", "--folder", str(tmp_path)]) == code
    assert ("MISSED" in capsys.readouterr().out) is bool(code)
    assert benchmarks.main(["creation", "--quick", "--folder", str(tmp_path)]) == 0


def test_what_cannot_run_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(options: Options) -> list[Figure]:
        raise CannotRun(f"no room in {options.folder.name}")

    monkeypatch.setitem(benchmarks.ALL, "zip", ("zip", fail))
    assert benchmarks.main(["zip", "--folder", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "could not run: zip" in told.out
    assert "no room in" in told.err
