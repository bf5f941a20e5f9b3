"""Runs a state machine of Hypothesis against one database, which every example finds empty."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.conftest import MakeSettings
from webapp.db import open_database, writing
from webapp.migrate import migrate
from webapp.models import Attempt, Event, Mission


def wipe() -> None:
    """Forget every mission, and what was paid for."""
    with writing():
        for table in (Mission, Attempt, Event):
            table.delete().execute()


def live(machine: type[RuleBasedStateMachine], make_settings: MakeSettings, examples: int) -> None:
    """So many lives of `machine`, which calls `wipe` at the start of each."""
    open_database(make_settings())
    migrate()
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            # Shrinking takes minutes; add Phase.shrink when this fails and the story is too long.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
