"""Draw the state graphs of docs/architecture.md from the tables in webapp/states.py.

    python -m tools.state_graph

A test holds that the page shows what the tables say.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from webapp.states import ITEM_TRANSITIONS, MISSION_TRANSITIONS, ItemState, MissionState

PAGE = Path(__file__).resolve().parent.parent / "docs" / "architecture.md"
BEGIN = "<!-- state graphs: made by python -m tools.state_graph -->"
END = "<!-- end of state graphs -->"


def graph(start: StrEnum, transitions: Mapping[StrEnum, frozenset[StrEnum]]) -> str:
    """One Mermaid diagram, in the order in which the states are declared."""
    order = list(type(start))
    arrows = [
        f"    {source.value} --> {target.value}"
        for source in order
        for target in sorted(transitions[source], key=order.index)
    ]
    return "\n".join(
        ["```mermaid", "stateDiagram-v2", f"    [*] --> {start.value}", *arrows, "```"]
    )


def block() -> str:
    """Everything between the two marks, with them."""
    items = graph(ItemState.PENDING, ITEM_TRANSITIONS)  # type: ignore[arg-type]
    missions = graph(MissionState.QUEUED, MISSION_TRANSITIONS)  # type: ignore[arg-type]
    return f"{BEGIN}\n\nAn item:\n\n{items}\n\nA mission:\n\n{missions}\n\n{END}"


def drawn(page: str) -> str:
    """The page with its block made anew. Raises ValueError when a mark is missing."""
    before, after = page.index(BEGIN), page.index(END) + len(END)
    return page[:before] + block() + page[after:]


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")
