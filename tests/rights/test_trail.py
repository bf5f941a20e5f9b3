"""Each thing that people do leaves one line, with who it was; what was refused leaves none."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.helpers.live import mission_body
from tests.pages.browsing import text_of
from tests.rights.conftest import ADA, ANN, BEN, EVA, LATER, Team
from webapp.accounts.people import Person
from webapp.db import database, writing
from webapp.store import audit
from webapp.store.audit import AuditFilter
from webapp.views import AuditLine


def lines(mission_id: int) -> list[AuditLine]:
    """What is written down about a mission, newest first."""
    return list(audit.page(1, 100, AuditFilter(mission_id=mission_id)).rows)


def newest() -> AuditLine:
    return audit.page(1, 1).rows[0]


@dataclass(frozen=True)
class Deed:
    """A call on a mission of two waiting items, and the line that it leaves."""

    call: str
    action: str
    json: Any = None
    index: int | None = None
    count: int | None = None
    subject: str = "Autumn"
    before: str = ""  #: a call that must come first


DEEDS = [
    Deed("POST /pause", "mission_paused"),
    Deed("POST /resume", "mission_resumed", before="POST /pause"),
    Deed("POST /cancel", "mission_cancelled", count=2),
    Deed("DELETE ", "mission_deleted"),
    Deed("PATCH ", "mission_renamed", json={"name": "Fall"}, subject="Autumn → Fall"),
    Deed("PATCH ", "mission_described", json={"name": "Autumn", "description": "for the shop"}),
    Deed("POST /items/2/cancel", "item_cancelled", index=2),
    Deed("POST /items/2/retry", "item_retried", index=2, before="POST /items/2/cancel"),
    Deed(
        "POST /retry",
        "mission_retried",
        json={"item_indexes": [1, 2]},
        count=2,
        before="POST /cancel",
    ),
]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: str(deed.call))
@pytest.mark.parametrize("who", [ANN, ADA], ids=["owner", "admin"])
def test_what_was_done_is_written_down(team: Team, deed: Deed, who: Person) -> None:
    mission_id = team.mission(ANN)
    for call, body in ((deed.before, None), (deed.call, deed.json)):
        if call:
            method, _, path = call.partition(" ")
            team.data(who, method, f"/api/api-missions/{mission_id}{path}", json=body or {})
    line = lines(mission_id)[0]
    assert (line.user_id, line.who, line.action) == (who.id, who.name, deed.action)
    assert (line.item_index, line.count, line.subject) == (deed.index, deed.count, deed.subject)
    assert lines(mission_id)[-1].action == "mission_created"
    assert len(lines(mission_id)) == (3 if deed.before else 2)


def test_who_started_it(team: Team) -> None:
    mission_id = team.mission(BEN, name="Winter")
    (line,) = lines(mission_id)
    assert (line.who, line.action, line.subject, line.count) == (
        "Ben",
        "mission_created",
        "Winter",
        2,
    )


def test_a_new_name_is_written_down_beside_the_old_one(team: Team) -> None:
    mission_id = team.mission(ANN)
    for name in ("Winter", "Winter"):  # the second time nothing changes
        answer = team.call(ANN, "POST", f"/missions/{mission_id}/rename", data={"name": name})
        assert answer.status_code == 303
    assert [(line.action, line.subject) for line in lines(mission_id)] == [
        ("mission_renamed", "Autumn → Winter"),
        ("mission_created", "Autumn"),
    ]


def test_chosen_items_that_were_cancelled_are_counted(team: Team) -> None:
    mission_id = team.mission(ANN)
    path = f"/missions/{mission_id}/items/cancel"
    for _ in range(2):  # the second time nothing waits any more
        data = {"index": ["1", "2"], "confirmed": "yes"}
        assert team.call(ANN, "POST", path, data=data).status_code == 303
    assert [(line.action, line.count) for line in lines(mission_id)] == [
        ("items_cancelled", 2),
        ("mission_created", 2),
    ]


def test_who_took_the_files_home(team: Team) -> None:
    mission_id = team.mission(ANN)
    for path in (f"/missions/{mission_id}/download", f"/api/api-missions/{mission_id}/download"):
        assert team.call(EVA, "HEAD", path).status_code == 200
        assert len(lines(mission_id)) == 1, "who only looks at the name takes nothing home"
    assert team.call(EVA, "GET", f"/missions/{mission_id}/download").content.startswith(b"PK")
    assert team.call(EVA, "GET", f"/missions/{mission_id}/download?indexes=2").status_code == 200
    found = [(line.who, line.action, line.count) for line in lines(mission_id)[:2]]
    assert found == [("Eva", "mission_downloaded", 1), ("Eva", "mission_downloaded", None)]


def test_templates(team: Team) -> None:
    template_id = team.template(ANN, "Tall")
    assert (newest().action, newest().subject) == ("template_created", "Tall")
    path = f"/api/api-templates/{template_id}"
    body = {"name": "Taller", "task_type": "text_to_image", "config": {}}
    team.data(ANN, "PUT", path, json=body)
    assert (newest().action, newest().subject) == ("template_changed", "Tall → Taller")
    team.data(ADA, "DELETE", path)
    assert (newest().who, newest().action, newest().subject) == (
        "Ada",
        "template_deleted",
        "Taller",
    )


REFUSED: list[Callable[[int], tuple[str, str]]] = [
    lambda mission: ("POST", f"/api/api-missions/{mission}/pause"),
    lambda mission: ("POST", f"/api/api-missions/{mission}/cancel"),
    lambda mission: ("DELETE", f"/api/api-missions/{mission}"),
    lambda mission: ("POST", f"/api/api-missions/{mission}/items/1/cancel"),
]


@pytest.mark.parametrize("call", REFUSED)
@pytest.mark.parametrize("who", [BEN, EVA], ids=["another member", "a viewer"])
def test_what_was_refused_changes_nothing_and_leaves_no_line(
    team: Team, call: Callable[[int], tuple[str, str]], who: Person
) -> None:
    mission_id = team.mission(ANN)
    before = team.data(who, "GET", f"/api/api-missions/{mission_id}")
    refusal = team.program(who, *call(mission_id)).json()
    assert refusal["code"] == 403
    assert ("belongs to Ann" if who is BEN else "may look") in refusal["message"]
    assert team.data(who, "GET", f"/api/api-missions/{mission_id}") == before
    assert len(lines(mission_id)) == 1


@contextmanager
def no_trail() -> Iterator[None]:
    """While nothing can be written down."""
    with writing():
        database.execute_sql("ALTER TABLE audit RENAME TO audit_away")
    try:
        yield
    finally:
        with writing():
            database.execute_sql("ALTER TABLE audit_away RENAME TO audit")


def test_what_cannot_be_written_down_is_not_done(team: Team) -> None:
    mission_id, template_id = team.mission(ANN), team.template(ANN)
    path, template = f"/api/api-missions/{mission_id}", f"/api/api-templates/{template_id}"
    before = team.data(ANN, "GET", path)
    with no_trail():
        for call in ("POST /pause", "POST /cancel", "DELETE ", "POST /items/1/cancel"):
            method, _, rest = call.partition(" ")
            assert team.program(ANN, method, path + rest).status_code >= 500, call
        body = mission_body(name="Never noted", scheduled_at=LATER)
        assert team.program(ANN, "POST", "/api/api-missions", json=body).status_code >= 500
        assert team.program(ANN, "DELETE", template).status_code >= 500
    assert team.data(ANN, "GET", path) == before
    assert team.data(ANN, "GET", "/api/api-missions", params={"q": "Never noted"})["total"] == 0
    assert team.data(ANN, "GET", template)["id"] == template_id


def test_files_are_given_all_the_same(team: Team) -> None:
    mission_id = team.mission(ANN)
    with no_trail():
        answer = team.call(ANN, "GET", f"/missions/{mission_id}/download")
    assert answer.content.startswith(b"PK")
    assert len(lines(mission_id)) == 1


def test_items_tell_too_who_it_was(team: Team) -> None:
    mission_id = team.mission(ANN)
    team.data(ADA, "POST", f"/api/api-missions/{mission_id}/items/1/cancel")
    assert "Cancelled · Ada" in text_of(team.page(EVA, f"/missions/{mission_id}/items/1"))


def test_a_missions_page_shows_the_newest_and_leads_to_all(team: Team) -> None:
    mission_id = team.mission(ANN)
    for _ in range(3):
        team.data(ANN, "POST", f"/api/api-missions/{mission_id}/pause")
        team.data(ADA, "POST", f"/api/api-missions/{mission_id}/resume")
    page = team.page(EVA, f"/missions/{mission_id}")
    shown = text_of(page.partition('id="mission-history"')[2])
    assert shown.index("Mission resumed · Ada") < shown.index("Mission paused · Ann")
    assert "Mission started" not in shown
    assert f'href="/missions/{mission_id}/history"' in page
    everything = text_of(team.page(EVA, f"/missions/{mission_id}/history"))
    assert "Mission started × 2 · Ann" in everything
    assert everything.count("Mission paused · Ann") == 3


def test_a_deleted_missions_lines_stay(team: Team) -> None:
    mission_id = team.mission(ANN, name="Gone with the wind")
    team.data(ADA, "DELETE", f"/api/api-missions/{mission_id}")
    page = text_of(team.page(BEN, f"/missions/{mission_id}/history"))
    assert "This mission was deleted." in page
    assert "Mission deleted · Ada" in page
    assert "Gone with the wind" in text_of(team.page(ADA, f"/settings/audit?mission={mission_id}"))
    assert team.call(BEN, "GET", "/missions/999999/history").status_code == 404


def test_admins_see_it_all_by_person_and_action(team: Team) -> None:
    mission_id = team.mission(BEN, name="Only Ben's")
    team.data(ADA, "POST", f"/api/api-missions/{mission_id}/pause")
    page = text_of(team.page(ADA, f"/settings/audit?person={BEN.id}&action=mission_created"))
    assert "Only Ben's" in page
    assert "Mission started" in page
    rows = team.page(ADA, f"/settings/audit?person={BEN.id}").partition("<tbody>")[2]
    assert "Ben" in rows and ">Ada<" not in rows
    assert "Nothing matches" in team.page(ADA, "/settings/audit?mission=999999")


def test_what_the_address_says_wrongly_counts_as_not_given(team: Team) -> None:
    for query in ("person=-1", "person=abc", "action=no", "mission=x", "page=0", "person=9" * 30):
        assert "<tbody>" in team.page(ADA, f"/settings/audit?{query}"), query


def test_the_file_for_a_spreadsheet(team: Team) -> None:
    name = '=HYPERLINK("http://evil.example")'
    mission_id = team.mission(ANN, name=name)
    answer = team.call(ADA, "GET", f"/settings/audit.csv?mission={mission_id}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="audit.csv"' in answer.headers["content-disposition"]
    (head, row) = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    found = dict(zip(head, row, strict=True))
    assert found["who"] == "Ann"
    assert found["action"] == "mission_created"
    assert found["subject"] == f"'{name}"
    assert found["count"] == "2"


def test_signing_in_is_there_too(team: Team) -> None:
    team.browser(ANN)
    assert "Signed in" in text_of(team.page(ADA, f"/settings/audit?person={ANN.id}"))


def test_another_key_is_noted_at_the_start_without_the_key(team: Team) -> None:
    (line,) = audit.page(1, 10, AuditFilter(action="key_changed")).rows
    assert line.who == "program"
    assert line.subject
    assert "CANARY" not in line.subject
