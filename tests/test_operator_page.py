"""What docs/operator.md quotes is what the program says, and its commands and metrics exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from tests.helpers.live import LiveApp
from tools.translations import extract
from webapp.__main__ import main
from webapp.server.metrics import Metrics

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "operator.md").read_text("utf-8")
QUOTES = re.findall(r"^> (.+)$", PAGE, re.MULTILINE)
COMMANDS = sorted(set(re.findall(r"webapp ((?:user )?[a-z]+)(?= |$|`)((?: --[a-z-]+)*)", PAGE)))
METRICS = re.findall(
    r"`([a-z_]+?)(?:_total)?(?:{[a-z,]+})?`", PAGE.partition("| metric")[2].partition("\n\n")[0]
)


def said() -> set[str]:
    """Every sentence of the program and its pages, with … for what differs."""
    return {
        re.sub(r"%\(\w+\)s", "…", text).replace("%%", "%")
        for message in extract()
        for text in ([message.id] if isinstance(message.id, str) else message.id)
    }


def test_every_quote_is_a_sentence_of_the_program() -> None:
    assert len(QUOTES) > 10
    assert set(QUOTES) - said() == set()


@pytest.mark.parametrize("command", [name for name, _ in COMMANDS])
def test_every_command_exists(command: str) -> None:
    found: click.Command | None = main
    for word in command.split():
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), word)
    assert found is not None


def test_every_metric_is_explained(live_app: LiveApp) -> None:
    exported = {
        re.sub(r"_(total|bucket|sum|count|created)$", "", name)
        for name in re.findall(
            r"^missions_(\w+?)(?:{| )", live_app.get("/metrics").text, re.MULTILINE
        )
    }
    named = {metric.name for metric in Metrics().registry.collect()}
    exported |= {name.removeprefix("missions_") for name in named if name.startswith("missions_")}
    outcomes = {"accepted", "account", "ambiguous", "answered", "saved"}
    assert exported == set(METRICS) - outcomes
