"""The audit trail: written with what it tells of, read newest first."""

from __future__ import annotations

import pytest

from tests.core.making import NOW, later
from webapp.accounts.people import LOCAL, Action, Person, Role
from webapp.db import writing
from webapp.models import Audit
from webapp.settings import Settings
from webapp.store import audit
from webapp.store.audit import AuditFilter

ANN = Person(1, "Ann", Role.MEMBER)
BEN = Person(2, "Ben", Role.ADMIN)


@pytest.fixture(autouse=True)
def empty(db: Settings) -> None:
    with writing():
        Audit.delete().execute()


def actions(chosen: AuditFilter = audit.ALL) -> list[str]:
    return [line.action for line in audit.page(1, 50, chosen).rows]


def test_the_newest_line_comes_first() -> None:
    audit.note(ANN, Action.MISSION_CREATED, NOW, mission_id=7, subject="Autumn", count=3)
    audit.note(BEN, Action.ITEM_RETRIED, later(5), mission_id=7, item_index=2)
    newest, oldest = audit.page(1, 50).rows
    assert (newest.who, newest.action, newest.item_index) == ("Ben", "item_retried", 2)
    assert (oldest.at, oldest.user_id, oldest.who) == (NOW, 1, "Ann")
    assert (oldest.mission_id, oldest.subject, oldest.count) == (7, "Autumn", 3)


def test_what_was_not_done_was_not_noted() -> None:
    with pytest.raises(ValueError), writing():
        audit.note(ANN, Action.MISSION_PAUSED, NOW, mission_id=7)
        raise ValueError
    assert actions() == []


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (AuditFilter(user_id=1), ["mission_paused", "mission_created"]),
        (AuditFilter(action="mission_paused"), ["mission_paused", "mission_paused"]),
        (AuditFilter(mission_id=8), ["mission_paused", "mission_paused"]),
        (AuditFilter(user_id=1, mission_id=8), ["mission_paused"]),
        (AuditFilter(user_id=0), []),
    ],
)
def test_lines_are_chosen_by_person_action_and_mission(
    chosen: AuditFilter, found: list[str]
) -> None:
    audit.note(ANN, Action.MISSION_CREATED, NOW, mission_id=7)
    audit.note(ANN, Action.MISSION_PAUSED, NOW, mission_id=8)
    audit.note(BEN, Action.MISSION_PAUSED, NOW, mission_id=8)
    assert actions(chosen) == found
    assert [line.action for line in audit.every(chosen)] == found
    assert audit.page(1, 1, chosen).total == len(found)


def test_all_lines_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_CHUNK", 3)
    for number in range(7):
        audit.note(ANN, Action.MISSION_CREATED, NOW, mission_id=number)
    assert [line.mission_id for line in audit.every()] == [6, 5, 4, 3, 2, 1, 0]


def test_a_long_subject_is_cut() -> None:
    audit.note(ANN, Action.TEMPLATE_CREATED, NOW, subject="x" * 1000)
    (line,) = audit.page(1, 50).rows
    assert line.subject == "x" * audit.SUBJECT_LENGTH


def test_another_key_is_noted_once() -> None:
    assert not audit.note_key("", NOW)  # the demo, from the first start on
    assert audit.note_key("aaaa", NOW)
    assert not audit.note_key("aaaa", later(1))
    audit.note(LOCAL, Action.MISSION_CREATED, NOW)
    assert not audit.note_key("aaaa", later(2))
    assert audit.note_key("bbbb", later(3))
    assert audit.note_key("", later(4))
    lines = audit.page(1, 50, AuditFilter(action=Action.KEY_CHANGED)).rows
    assert [line.subject for line in lines] == ["", "bbbb", "aaaa"]
    assert {line.who for line in lines} == {"program"}
