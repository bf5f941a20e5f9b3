"""What is written down can be read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from webapp.accounts.deeds import DEEDS, deed_words, doer_words
from webapp.accounts.people import COMMAND_LINE, LOCAL, PROGRAM, Action, Person, Role
from webapp.views import AuditLine


def test_every_action_has_words() -> None:
    assert set(DEEDS) == set(Action)


def test_a_word_of_another_version_is_shown_as_it_is() -> None:
    assert str(deed_words("100% new")) == "100% new"


@pytest.mark.parametrize(
    ("person", "alone", "in_a_team"),
    [
        (LOCAL, "you", "the local user"),
        (PROGRAM, "the program", "the program"),
        (COMMAND_LINE, "command line", "command line"),
        (Person(3, "local", Role.MEMBER), "local", "local"),
    ],
)
def test_who_it_was(person: Person, alone: str, in_a_team: str) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    line = AuditLine(1, at, person.id, person.name, "signed_in", None, None, "", None)
    assert str(doer_words(line, accounts=False)) == alone
    assert str(doer_words(line, accounts=True)) == in_a_team
