"""What the documents say is what the program is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import SecretStr

from tools import state_graph
from webapp.__main__ import main
from webapp.i18n import Catalogue
from webapp.models import Table
from webapp.pages.plan import ASK_ABOVE_ITEMS, ASK_ABOVE_PRICE
from webapp.pages.texts import ITEM_WORDS, MISSION_WORDS, StateWord
from webapp.settings import Settings
from webapp.task_types import TASK_TYPES

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
PAGES = (*READMES, "CHANGELOG.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
MAX_IMAGE_BYTES = 250_000

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@cache
def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def code_blocks(name: str) -> list[str]:
    return [match[2] for match in _FENCE.finditer(read(name))]


# README and its twin


@pytest.mark.parametrize("name", READMES)
def test_every_setting_is_in_the_readme_with_its_default(name: str) -> None:
    table = {row[0]: row[1] for row in _ROW.findall(read(name))}
    assert list(table) == [field.upper() for field in Settings.model_fields]
    for field, info in Settings.model_fields.items():
        if _is_plain(info.default):
            assert table[field.upper()] == f"`{info.default}`", field


def _is_plain(default: object) -> bool:
    """Whether a default is a value; the others are said in words."""
    return isinstance(default, (str, int, float)) and default != ""


def test_secrets_have_no_default() -> None:
    secrets = [
        info.default.get_secret_value()
        for info in Settings.model_fields.values()
        if isinstance(info.default, SecretStr)
    ]
    assert secrets == ["", ""]


def test_both_readmes_have_the_same_shape() -> None:
    english, chinese = READMES
    assert code_blocks(english) == code_blocks(chinese)
    assert [row[0] for row in _ROW.findall(read(english))] == [
        row[0] for row in _ROW.findall(read(chinese))
    ]
    assert _levels(english) == _levels(chinese)
    assert _targets(english) == _targets(chinese)


@pytest.mark.parametrize(("name", "language"), [(READMES[0], "en"), (READMES[1], "zh")])
def test_the_readme_has_the_catalogues_types_and_prices(name: str, language: str) -> None:
    say = Catalogue().translate
    text = _prose(name)
    assert set(re.findall(r"¥\d+\.\d\d", text)) == {
        f"¥{entry.price:.2f}" for entry in TASK_TYPES.values()
    }
    for entry in TASK_TYPES.values():
        assert say(language, entry.label).lower() in text.lower()


def test_the_user_guide_has_the_catalogues_types_and_when_it_asks() -> None:
    text = _prose("docs/user-guide.md")
    assert all(str(entry.label).lower() in text.lower() for entry in TASK_TYPES.values())
    assert f"above {ASK_ABOVE_ITEMS} items or ¥{ASK_ABOVE_PRICE}" in text


def _levels(name: str) -> list[int]:
    return [len(match[0].split(" ")[0]) for match in _HEADING.finditer(_prose(name))]


def _targets(name: str) -> list[str]:
    """Where a page links to; a picture or page and its Chinese twin count as the same."""
    found = [_LINK.sub(r"\1", match[0]) for match in _LINK.finditer(_prose(name))]
    return [re.sub(r"(-zh|\.zh-CN)\.", ".", target) for target in found]


def test_ci_runs_the_commands_of_the_readme() -> None:
    (command,) = [block for block in code_blocks("README.md") if "pytest" in block]
    script = read(".ci/run")
    for step in command.replace("pip install", "pip install --quiet").split(" && "):
        assert step.strip() in script


# All pages


def _prose(name: str) -> str:
    return _FENCE.sub("", read(name))


def _links() -> Iterator[tuple[str, str]]:
    for name in PAGES:
        for match in _LINK.finditer(_prose(name)):
            if not match[1].startswith(("http://", "https://")):
                yield name, match[1]


@pytest.mark.parametrize(("name", "target"), sorted(set(_links())))
def test_a_link_leads_somewhere(name: str, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = (ROOT / name).parent / path if path else ROOT / name
    assert file.is_file()
    if anchor:
        page = file.resolve().relative_to(ROOT).as_posix()
        assert anchor in {_slug(heading) for heading in _HEADING.findall(_prose(page))}


def _slug(heading: str) -> str:
    """The anchor that a heading gets."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_picture_is_small_and_shown() -> None:
    shown = {target.rpartition("/")[2] for _, target in _links()}
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.name in shown
        assert picture.stat().st_size <= MAX_IMAGE_BYTES


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached = {
        (ROOT / target.partition("#")[0]).resolve() for name, target in _links() if name in READMES
    }
    assert {(ROOT / name).resolve() for name in PAGES} - reached == set()


# The command line


def _documents() -> str:
    return "\n".join(read(name) for name in PAGES)


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"\bwebapp {command}\b", _documents())


def test_every_command_that_is_documented_exists() -> None:
    said = set(re.findall(r"(?:bin/|`)webapp ([a-z]\w*)", _documents()))
    assert said <= set(main.commands)
    options = {
        option
        for command in main.commands.values()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert set(re.findall(r"webapp (?:serve )?(--[a-z-]+)", _documents())) <= options | {
        "--version"
    }


# Architecture and user guide


def test_the_state_graphs_are_what_the_tables_say() -> None:
    """Not so: python -m tools.state_graph."""
    page = read("docs/architecture.md")
    assert state_graph.drawn(page) == page


def _tables() -> list[Any]:
    return sorted(Table.__subclasses__(), key=lambda model: str(model._meta.table_name))


@pytest.mark.parametrize("model", _tables(), ids=lambda model: str(model._meta.table_name))
def test_every_column_is_described(model: Any) -> None:
    sections = re.split(r"^### ", read("docs/architecture.md"), flags=re.MULTILINE)[1:]
    named = [one for one in sections if f"`{model._meta.table_name}`" in one.partition("\n")[0]]
    assert len(named) == 1
    missing = [
        field.column_name
        for field in model._meta.sorted_fields
        if f"`{field.column_name}`" not in named[0]
    ]
    assert missing == []


TOLD_AS_ONE = {"migrations", "providers", "routes", "simulator", "store"}


def test_every_module_has_its_layer() -> None:
    """And none that is gone has one."""
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["id"] == "layers"]
    placed = [name.strip() for layer in layers for name in layer.split("|")]
    found = set()
    for path in (ROOT / "webapp").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found.add(".".join(parts[:2] if parts[1] in TOLD_AS_ONE else parts))
    modules = {name for name in found if not name.endswith("__init__")} - {"webapp.migrations"}
    assert sorted(placed) == sorted(modules)


def test_every_module_has_its_place_on_the_page() -> None:
    page = read("docs/architecture.md")
    paths = [path.relative_to(ROOT / "webapp") for path in (ROOT / "webapp").rglob("*.py")]
    modules = {path.stem for path in paths if path.parts[0] not in TOLD_AS_ONE}
    packages = {f"{path.parts[0]}/" for path in paths if len(path.parts) > 1}
    assert [
        name for name in sorted(modules - {"__init__"} | packages) if f"`{name}`" not in page
    ] == []


@pytest.mark.parametrize("words", [MISSION_WORDS, ITEM_WORDS], ids=["missions", "items"])
def test_every_state_is_explained_to_users(words: dict[str, StateWord]) -> None:
    guide = read("docs/user-guide.md")
    shown = {str(word.word.text) for name, word in words.items() if name != "attention"}
    assert [word for word in sorted(shown) if f"| {word} |" not in guide] == []
