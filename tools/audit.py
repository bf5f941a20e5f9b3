"""Ask whether a library that we pin has a known vulnerability.

    python -m tools.audit

A finding fails. When nobody answers, as on a machine without the internet, that is said plainly and is no
failure: a check that fails for the weather is soon switched off. pip-audit lives in a folder of its
own for as long as this takes, so that nothing else depends on it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOOL = "pip-audit==2.10.1"
PINS = Path(__file__).resolve().parent.parent / "constraints.txt"
INSTALL_S = 90
ASK_S = 120


class NoAnswer(Exception):
    """Nobody could be asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to say, and whether it is a failure."""

    lines: tuple[str, ...]
    failed: bool


def main(program: Sequence[str] = ()) -> int:
    """Print the verdict; 1 for findings. `program` stands for an installed pip-audit."""
    try:
        if program:
            verdict = judge(ask(program))
        else:
            with tempfile.TemporaryDirectory() as folder:
                verdict = judge(ask(_install(Path(folder))))
    except NoAnswer as reason:
        verdict = Verdict(
            (f"NOT AUDITED: {reason}. Known vulnerabilities were not looked for.",), False
        )
    print("\n".join(verdict.lines))
    return int(verdict.failed)


def ask(program: Sequence[str], limit_s: float = ASK_S) -> str:
    """The report of pip-audit. Raises NoAnswer."""
    options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json"]
    done = _run([*program, "-r", str(PINS), *options, "--timeout", "10"], limit_s)
    # It ends with 1 for findings and also when it cannot ask; only findings come with a report.
    if done.returncode not in (0, 1) or not done.stdout.strip():
        raise NoAnswer(_last_line(done.stderr))
    return done.stdout


def judge(report: str) -> Verdict:
    """What a report means. Raises NoAnswer when nothing in it was looked up."""
    try:
        libraries: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError) as error:
        raise NoAnswer("the answer could not be read") from error
    known = [library for library in libraries if "vulns" in library]
    if not known:
        raise NoAnswer(f"the index knows none of {len(libraries)} libraries")
    found = [
        f"VULNERABLE: {library['name']} {library['version']}: {flaw['id']}, "
        f"mended in {', '.join(flaw.get('fix_versions') or ()) or 'no version yet'}"
        for library in known
        for flaw in library["vulns"]
    ]
    skipped = [library["name"] for library in libraries if "vulns" not in library]
    lines = [
        *found,
        f"{len(known)} of {len(libraries)} libraries were looked up, {len(found)} findings.",
    ]
    if skipped:
        lines.append(f"NOT AUDITED, not known to the index: {', '.join(skipped)}")
    return Verdict(tuple(lines), bool(found))


def _install(folder: Path) -> list[str]:
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    done = _run([str(scripts / "pip"), "install", "--quiet", TOOL], INSTALL_S)
    if done.returncode:
        raise NoAnswer(f"{TOOL} could not be installed")
    return [str(scripts / "pip-audit")]


def _run(command: Sequence[str], limit_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"no answer within {limit_s:g} seconds") from error
    except OSError as error:
        raise NoAnswer(f"{Path(command[0]).name} cannot be started") from error


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no report"])[-1].strip()[:200].rstrip(".")


if __name__ == "__main__":
    sys.exit(main())
