"""One measured number, its target, and how they are printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`at_most` and `at_least` are the target, in the same unit; None: there is none."""

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def target(self) -> str:
        """The target in words, empty without one."""
        if self.at_most is not None:
            return f"≤ {_number(self.at_most)}"
        return f"≥ {_number(self.at_least)}" if self.at_least is not None else ""

    @property
    def missed(self) -> bool:
        """Whether there is a target and it was not reached."""
        too_much = self.at_most is not None and self.value > self.at_most
        too_little = self.at_least is not None and self.value < self.at_least
        return too_much or too_little

    def line(self) -> str:
        """One row of the table."""
        shown = f"{_number(self.value):>9} {self.unit}"
        verdict = ("MISSED" if self.missed else "met") if self.target else ""
        return f"  {self.name:<58}{shown:<38}{self.target:<9}{verdict}".rstrip()


def table(title: str, figures: Iterable[Figure]) -> str:
    """A titled block of rows."""
    return "\n".join([title, *(figure.line() for figure in figures)])


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"
