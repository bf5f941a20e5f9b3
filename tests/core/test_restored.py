"""After a restore nothing is submitted until a person has looked, and what they choose is done."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.core.books import check_books
from tests.core.conftest import MakeRig
from tests.core.rig import Rig, states
from webapp.accounts.people import LOCAL
from webapp.backups.backup import backup
from webapp.backups.restore import restore
from webapp.backups.restored import Choice
from webapp.db import close_idle, open_database, reading, writing
from webapp.errors import Conflict
from webapp.models import Attempt, Audit, Event, Invitation, Session, User
from webapp.safety.receipts import Receipt, Receipts, receipts_path
from webapp.store import rows
from webapp.store.facts import restored

BROWSER = {"Sec-Fetch-Site": "same-origin"}
Restored = Callable[..., Rig]


@pytest.fixture
def again(make_rig: MakeRig, tmp_path: Path) -> Restored:
    """A rig whose database was copied with these missions waiting, and restored."""

    def make(*missions: str, **changes: Any) -> Rig:
        rig = make_rig()
        rig.simulator.configure(concurrency=0)
        rig.start()
        for name in missions:
            rig.create(f"{name} a", f"{name} b", name=name, **changes)
        settings = rig.app.settings
        rig.stop()
        backup(settings, tmp_path / "copy.db")
        restore(settings, tmp_path / "copy.db")
        rig.simulator.configure(concurrency=50)
        rig.start()
        return rig

    return make


def look(query: Any) -> list[tuple[Any, ...]]:
    with reading():
        return rows.rows(query)


def decide(rig: Rig, everywhere: str, **more: str) -> Any:
    fields = {"all": everywhere, "looked": "yes", **more}
    answer = rig.app.post("/restored", data=fields, headers=BROWSER)
    rig.app.http.cookies.clear()
    return answer


def test_the_page_names_what_may_have_been_paid(again: Restored) -> None:
    rig = again("Autumn", "Winter")
    page = rig.app.get("/restored").text
    assert re.findall(r'href="/missions/\d+"><b>(\w+)</b>', page) == ["Winter", "Autumn"]
    assert page.count("2 items wait") == 2
    assert 'href="/restored"' in rig.app.get("/missions").text
    assert 'href="/restored"' in rig.app.get("/settings").text
    assert rig.app.get("/health").json()["restored"] is True
    assert rig.submits() == 0 or rig.simulator.ledger == []


def test_each_mission_can_be_decided_by_itself(again: Restored) -> None:
    rig = again("Autumn", "Winter", "Spring")
    assert decide(rig, "pause", **{"mission-2": "unclear", "mission-3": "go_on"}).is_redirect
    assert rig.ended(3)["counts"]["completed"] == 2
    assert states(rig.app.mission(2)) == ["unknown", "unknown"]
    paused = rig.app.mission(1)
    assert (paused["status"], states(paused)) == ("paused", ["pending", "pending"])
    assert "restored from a backup" in rig.app.get("/missions/1").text
    paid = sorted(entry["body"]["prompt"] for entry in rig.simulator.ledger)
    assert paid == ["Spring a", "Spring b"]
    assert rig.app.get("/restored").headers["location"] == "/missions"
    assert rig.app.get("/health").json()["restored"] is False
    rig.app.data("POST", "/api/api-missions/1/resume")
    assert rig.ended(1)["counts"]["completed"] == 2
    for index, action in ((1, "fail"), (2, "resubmit")):
        rig.resolve(2, index, action=action, confirm=True)
    assert rig.ended(2)["counts"]["completed"] == 1
    assert rig.paid("Winter b") == 1


def test_who_decided_is_remembered(again: Restored) -> None:
    rig = again("Autumn", "Winter", "Spring")
    decide(rig, "pause", **{"mission-2": "unclear", "mission-3": "go_on"})
    rig.stop()
    notes = look(Event.select(Event.mission_id, Event.note, Event.who).where(Event.who == "local"))
    assert {(mission, note.partition(":")[0]) for mission, note, _ in notes if note} >= {
        (1, "restored"),
        (2, "ambiguous"),
        (3, "restored, nothing was paid for since"),
    }
    assert ("restore_reviewed", "local") in look(Audit.select(Audit.action, Audit.who))


def test_a_mission_that_was_paused_says_what_to_look_at_before_it_is_resumed(
    make_rig: MakeRig, tmp_path: Path
) -> None:
    rig = make_rig()
    rig.start()
    rig.create("a fox", scheduled_at="2099-01-01 00:00:00")
    rig.app.data("POST", "/api/api-missions/1/pause")
    settings = rig.app.settings
    rig.stop()
    backup(settings, tmp_path / "copy.db")
    restore(settings, tmp_path / "copy.db")
    rig.start()
    assert "restored from a backup" not in rig.app.get("/missions/1").text
    decide(rig, "pause")
    assert "restored from a backup" in rig.app.get("/missions/1").text


def test_nothing_happens_before_the_box_is_ticked(again: Restored) -> None:
    rig = again("Autumn")
    assert decide(rig, "go_on", looked="").status_code == 422
    assert decide(rig, "perhaps").status_code == 422
    assert decide(rig, "go_on", **{"mission-1": "perhaps"}).status_code == 422
    assert rig.app.post("/restored", data={}, headers=BROWSER).status_code == 422
    assert rig.app.get("/health").json()["restored"] is True
    assert states(rig.app.mission(1)) == ["pending", "pending"]


def test_the_second_to_decide_is_told(again: Restored) -> None:
    rig = again("Autumn")
    assert decide(rig, "pause").is_redirect
    assert decide(rig, "go_on").status_code == 409
    assert rig.app.mission(1)["status"] == "paused"


def test_who_is_overtaken_half_way_changes_nothing_more(again: Restored) -> None:
    rig = again("Autumn", "Winter")
    restored_database = rig.app.app.state.services.restored.by(LOCAL)

    class Overtaken(dict[int, Choice]):
        """Somebody else decides while the second mission's turn comes."""

        def get(self, mission_id: int, default: Any = None) -> Any:
            if mission_id == 2:
                restored_database.decide(Choice.GO_ON, {})
            return default

    with pytest.raises(Conflict):
        restored_database.decide(Choice.UNCLEAR, Overtaken())
    assert states(rig.app.mission(1)) == ["unknown", "unknown"]
    assert rig.ended(2)["counts"]["completed"] == 2


def test_what_was_made_after_the_restore_was_never_paid(again: Restored) -> None:
    rig = again("Autumn")
    new = rig.create("Winter a")
    assert "Winter" not in rig.app.get("/restored").text
    decide(rig, "unclear")
    assert rig.ended(new)["counts"]["completed"] == 1
    assert states(rig.app.mission(1)) == ["unknown", "unknown"]


def test_the_setting_that_submits_unclear_items_again_does_not_touch_these(
    again: Restored,
) -> None:
    rig = again("Autumn", resubmit_unknown_after=10)
    decide(rig, "unclear")
    rig.leap(24 * 3600)
    assert rig.run("Winter a")["counts"]["completed"] == 1
    assert states(rig.app.mission(1)) == ["unknown", "unknown"]
    assert [entry["body"]["prompt"] for entry in rig.simulator.ledger] == ["Winter a"]


def test_a_restart_does_not_forget_to_ask(again: Restored) -> None:
    rig = again("Autumn")
    rig.restart()
    assert rig.app.get("/health").json()["restored"] is True
    assert rig.simulator.ledger == []
    decide(rig, "go_on")
    rig.ended(1)


def test_ids_of_the_lost_time_are_not_given_again(again: Restored) -> None:
    """RunningHub may still send a notice about attempt 5 of the time that was lost."""
    rig = again("Autumn")
    decide(rig, "go_on")
    rig.ended(1)
    rig.stop()
    newest = look(Attempt.select(Attempt.id).order_by(Attempt.id.desc()).limit(2))
    assert all(entry[0] > 100_000 for entry in newest)


def test_a_copy_of_what_nobody_has_looked_at_keeps_the_older_moment(
    again: Restored, tmp_path: Path
) -> None:
    rig = again("Autumn")
    settings = rig.app.settings
    first = restored()
    assert first is not None
    rig.stop()
    backup(settings, tmp_path / "second.db")
    restore(settings, tmp_path / "second.db")
    rig.start()
    second = restored()
    assert second is not None
    assert second.copied_at == first.copied_at
    decide(rig, "pause")
    check_books()
    assert restored() is None


def test_a_thousand_items_become_unclear_at_once(make_rig: MakeRig, tmp_path: Path) -> None:
    rig = make_rig()
    rig.simulator.configure(concurrency=0)
    rig.start()
    mission_id = rig.create(*(f"fox {n}" for n in range(1000)))
    settings = rig.app.settings
    rig.stop()
    backup(settings, tmp_path / "copy.db")
    restore(settings, tmp_path / "copy.db")
    rig.simulator.configure(concurrency=50)
    rig.start()
    decide(rig, "unclear")
    assert rig.app.mission(mission_id)["counts"]["unknown"] == 1000
    assert rig.simulator.ledger == []


def test_everybody_signs_in_again(make_rig: MakeRig, tmp_path: Path) -> None:
    """A session that was ended after the backup must not live again."""
    rig = make_rig()
    rig.start()
    settings = rig.app.settings
    rig.stop()
    open_database(settings)
    now = datetime.now(UTC)
    with writing():
        user = User.insert(
            name="anna", role="admin", password_hash="x", created_at=now, password_at=now
        ).execute()
        Session.insert(user=user, token_hash="a" * 64, created_at=now, used_at=now).execute()
        Invitation.insert(
            token_hash="b" * 64, role="admin", made_by="anna", created_at=now, expires_at=now
        ).execute()
    close_idle()
    backup(settings, tmp_path / "copy.db")
    restore(settings, tmp_path / "copy.db")
    rig.start_broken()
    assert look(Session.select(Session.id)) == []
    assert look(Invitation.select(Invitation.id)) == []
    assert look(User.select(User.name)) == [("anna",)]
    rig.stop()


@pytest.mark.parametrize("writable", [True, False])
def test_a_receipt_of_the_lost_time_is_set_aside_and_holds_nothing_up(
    make_rig: MakeRig, writable: bool
) -> None:
    """The id of a task that this database knows nothing of is kept for a person."""
    rig = make_rig()
    rig.start()
    path = receipts_path(rig.app.settings)
    rig.stop()
    aside = path.with_name(path.name + ".strange")
    if not writable:
        aside.mkdir()
    lost = Receipts(path)
    lost.reserve()
    lost.keep(Receipt(57, "boot-of-the-lost-time", "2013508786110730241", "2026-01-01T00:00:00"))
    rig.start()
    assert rig.run("a fox")["counts"]["completed"] == 1
    if writable:
        assert "2013508786110730241" in aside.read_text()
    assert [entry.attempt_id for entry in Receipts(path).kept] == ([] if writable else [57])
