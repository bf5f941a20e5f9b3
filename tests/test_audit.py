"""What a report on vulnerabilities means: a finding fails, silence does not and is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tools import audit

CLEAN = {"name": "starlette", "version": "1.10.0", "vulns": []}
BAD = {
    "name": "pillow",
    "version": "13.0.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["13.0.1"]}, {"id": "GHSA-x"}],
}
SKIPPED = {"name": "peewee", "skip_reason": "not found"}


def pip_audit(folder: Path, *libraries: object, code: int = 0, body: str = "") -> list[str]:
    """A program that answers as pip-audit would."""
    script = folder / "pip_audit.py"
    report = json.dumps({"dependencies": libraries, "fixes": []}) if libraries else ""
    script.write_text(f"import sys, time\n{body}\nprint({report!r})\nsys.exit({code})", "utf-8")
    return [sys.executable, str(script)]


def said(program: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    return audit.main(program), capsys.readouterr().out


def test_a_finding_fails_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said(pip_audit(tmp_path, CLEAN, BAD, code=1), capsys)
    assert code == 1
    assert "VULNERABLE: pillow 13.0.0: PYSEC-2026-1, mended in 13.0.1" in out
    assert "GHSA-x, mended in no version yet" in out


def test_no_finding_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(pip_audit(tmp_path, CLEAN), capsys) == (
        0,
        "1 of 1 libraries were looked up, 0 findings.\n",
    )


def test_what_was_not_looked_up_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = said(pip_audit(tmp_path, CLEAN, SKIPPED), capsys)
    assert code == 0
    assert "1 of 2 libraries" in out
    assert "NOT AUDITED, not known to the index: peewee" in out


@pytest.mark.parametrize(
    ("libraries", "code", "body", "why"),
    [
        ((SKIPPED,), 0, "", "the index knows none of 1 libraries"),
        ((), 1, "print('no route to host.', file=sys.stderr)", "no route to host"),
        ((), 0, "", "no report"),
        ((), 0, "print('<html>')", "the answer could not be read"),
        ((), 3, "", "no report"),
    ],
)
def test_silence_is_told_and_is_no_failure(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    libraries: tuple[object, ...],
    code: int,
    body: str,
    why: str,
) -> None:
    ended, out = said(pip_audit(tmp_path, *libraries, code=code, body=body), capsys)
    assert ended == 0
    assert out.startswith(f"NOT AUDITED: {why}.")


def test_who_does_not_answer_in_time_is_not_waited_for(tmp_path: Path) -> None:
    program = pip_audit(tmp_path, CLEAN, body="time.sleep(60)")
    with pytest.raises(audit.NoAnswer, match=r"within 0\.2 seconds"):
        audit.ask(program, limit_s=0.2)


def test_a_program_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said(["/nowhere/pip-audit"], capsys)
    assert code == 0
    assert "NOT AUDITED: pip-audit cannot be started." in out


def test_ci_asks() -> None:
    script = (Path(audit.__file__).parent.parent / ".ci" / "run").read_text("utf-8")
    assert ".venv/bin/python -m tools.audit" in script
