"""What is installed, and that the wheel has all of it."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import requests
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import webapp
from tests.helpers.program import Program

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
RUNNING = [Requirement(line) for line in PROJECT["dependencies"]]
TESTING = [Requirement(line) for line in PROJECT["optional-dependencies"]["test"]]
LINE = re.compile(r"(?P<name>[a-z0-9.-]+)==(?P<version>[a-z0-9.]+)( ; .+)?")

NOT_IMPORTED = {
    "python-multipart": "Starlette imports it to read forms",
    "tzdata": "zoneinfo reads it, on Windows",
    "httptools": "uvicorn takes it where it is",
    "uvloop": "uvicorn takes it where it is",
}
COMES_WITH = {"pydantic-core": "pydantic"}  # one project in two packages, pinned to each other


@cache
def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    found = [LINE.fullmatch(line) for line in lines if not line.startswith("#")]
    assert all(found), [line for line in lines if not line.startswith("#") and not LINE.match(line)]
    return {match["name"]: Version(match["version"]) for match in found if match}


@pytest.mark.parametrize("needed", [*RUNNING, *TESTING], ids=lambda needed: needed.name)
def test_a_dependency_is_pinned_inside_its_bounds(needed: Requirement) -> None:
    assert needed.specifier.contains(pins()[canonicalize_name(needed.name)])


@pytest.mark.parametrize("needed", [*RUNNING, *TESTING], ids=lambda needed: needed.name)
def test_a_dependency_has_bounds_and_a_reason(needed: Requirement) -> None:
    assert {one.operator for one in needed.specifier} == {">=", "<"}
    assert f"`{needed.name}`" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_what_builds_the_program_is_the_tested_one_too() -> None:
    """Constraints do not reach the environment of its own in which pip builds."""
    assert PYPROJECT["build-system"]["requires"] == [f"hatchling=={pins()['hatchling']}"]


def test_the_container_has_the_python_that_is_tested() -> None:
    tested = PYPROJECT["tool"]["mypy"]["python_version"]
    assert PROJECT["requires-python"] == f">={tested}"
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == [f"python:{tested}-slim"] * 2


def test_the_pins_say_how_they_were_made() -> None:
    head = "".join((ROOT / "constraints.txt").read_text("utf-8").splitlines(keepends=True)[:2])
    assert "uv pip compile pyproject.toml --extra test --universal" in head


def test_what_is_installed_here_is_what_is_pinned() -> None:
    """Not so: run the install line of README's test command again."""
    from importlib.metadata import version

    here = {needed.name: Version(version(needed.name)) for needed in _here(RUNNING + TESTING)}
    assert here == {name: pins()[canonicalize_name(name)] for name in here}


def _here(needed: list[Requirement]) -> list[Requirement]:
    return [one for one in needed if one.marker is None or one.marker.evaluate()]


def test_every_library_that_we_import_is_declared_and_the_other_way_round() -> None:
    owners = packages_distributions()
    used = {
        COMES_WITH.get(canonicalize_name(owner), canonicalize_name(owner))
        for name in _imported("webapp")
        for owner in owners.get(name, [])
    }
    declared = {canonicalize_name(needed.name) for needed in RUNNING}
    assert used - declared - {canonicalize_name(PROJECT["name"])} == set()
    assert declared - used - NOT_IMPORTED.keys() == set()


def _imported(folder: str) -> set[str]:
    names: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names


def test_the_container_finds_the_program_by_its_name() -> None:
    """docs/deployment.md makes the first account with `docker compose exec missions webapp …`."""
    (entry,) = re.findall(r'^ENTRYPOINT \["(.+)/webapp"\]$', DOCKERFILE, re.MULTILINE)
    assert f'PATH="{entry}:$PATH"' in DOCKERFILE


def copied_into_the_container() -> dict[str, str]:
    """Source and target of all that the Dockerfile takes from the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    pairs = [(source, target) for *sources, target in map(str.split, lines) for source in sources]
    return {source: source if target == "./" else target for source, target in pairs}


def test_docker_is_sent_what_it_copies() -> None:
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == {*copied_into_the_container()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built as the Dockerfile builds it: from what that copies, and
    nothing else. Takes the hatchling that is installed here."""
    folder, source = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("src")
    for name, target in copied_into_the_container().items():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / target)
        else:
            shutil.copy(ROOT / name, source / target)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.wheel
def test_the_wheel_has_pages_static_files_sentences_and_the_simulators_font(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        inside = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert inside == {
        *_files("webapp", "webapp"),
        *_files("templates", "webapp/_templates"),
        *_files("static", "webapp/_static"),
    }


def _files(folder: str, below: str) -> Iterator[str]:
    for path in (ROOT / folder).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{below}/{path.relative_to(ROOT / folder).as_posix()}"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `webapp` of a fresh environment that has nothing but the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    bin_folder = folder / ("Scripts" if os.name == "nt" else "bin")
    python = str(bin_folder / ("python.exe" if os.name == "nt" else "python"))
    _pip("--python", python, "install", "-c", str(ROOT / "constraints.txt"), str(wheel))
    return bin_folder / ("webapp.exe" if os.name == "nt" else "webapp")


@pytest.mark.wheel
def test_the_wheel_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed, "--version"], cwd=tmp_path, capture_output=True, check=True, encoding="utf-8"
    )
    assert done.stdout.split() == ["webapp,", "version", webapp.__version__]
    with Program(
        tmp_path, "serve", "--no-open", program=[str(installed)], PYTHONPATH=""
    ) as program:
        english = _get(f"{program.url}/missions", language="en")
        chinese = _get(f"{program.url}/missions", language="zh-CN")
        (script,) = re.findall(r'src="(/static/vendor/[^"]+)"', english)
        htmx = _get(program.url + script)
        catalogue = requests.get(f"{program.url}/api/task-types", timeout=30).json()
    assert "No missions yet" in english
    assert "还没有任务" in chinese
    assert "htmx" in htmx
    assert catalogue["data"]["items"][0]["name"] == "text_to_image"
    assert (tmp_path / "data" / "missions.db").is_file()


def _get(url: str, *, language: str = "en") -> str:
    answer = requests.get(url, headers={"Accept-Language": language}, timeout=30)
    answer.raise_for_status()
    answer.encoding = "utf-8"
    return answer.text


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        pytest.fail(
            "pip could not install or build. These tests need the package index, as README's "
            f"install line does. It said:\n{done.stderr}",
            pytrace=False,
        )
