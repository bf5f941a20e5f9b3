"""How long links live; the last admin; what people did, written down. Each test on an app of its own."""

from __future__ import annotations

import re

from tests.helpers.clocks import LeapClock
from tests.helpers.live import LiveApp
from tests.helpers.team import Colleague, add_user
from tests.team.links import PAGE, accept, invite, link_on, user_id
from webapp.db import reading
from webapp.models import Audit

YES = {"confirmed": "yes"}


def test_an_invitation_ends_after_a_week_and_a_reset_after_a_day(
    timed: LiveApp, clock: LeapClock
) -> None:
    add_user(timed, "Ben")
    with Colleague(timed, "Anna") as anna, Colleague(timed) as guest:
        path = invite(anna)
        reset = link_on(anna.post(f"{PAGE}/{user_id(timed, 'Ben')}/reset").text)
        clock.leap(0.9 * 86400)
        assert guest.get(reset).status_code == 200
        clock.leap(0.2 * 86400)
        assert guest.get(reset).status_code == 404
        assert guest.get(path).status_code == 200
        clock.leap(6 * 86400)
        assert accept(guest, path, "Late") == 404


def test_the_last_admin_cannot_shut_the_door(timed: LiveApp) -> None:
    with Colleague(timed, "Anna") as anna:
        own = user_id(timed, "Anna")
        for path, data in (("disable", {"confirmed": "yes"}), ("role", {"role": "member"})):
            answer = anna.post(f"{PAGE}/{own}/{path}", data=data)
            assert answer.status_code == 409
            assert "last admin" in answer.text
        assert anna.get(PAGE).status_code == 200


def test_what_was_done_is_in_the_audit_trail(timed: LiveApp) -> None:
    with Colleague(timed, "Anna") as anna, Colleague(timed) as guest:
        path = invite(anna, "viewer")
        accept(guest, path, "Otto")
        person = user_id(timed, "Otto")
        anna.post(f"{PAGE}/{person}/role", data={"role": "member"})
        anna.post(f"{PAGE}/{person}/reset")
        anna.post(f"{PAGE}/{person}/disable", data={"confirmed": "yes"})
        anna.post(f"{PAGE}/{person}/enable")
        anna.post("/settings/account/tokens", data={"token_name": "Nightly"})
        page = anna.get("/settings/account").text
        anna.post(re.findall(r"/settings/account/tokens/\d+/revoke", page)[0], data=YES)
        anna.post("/sign-out")
    with reading():
        lines = [(line.who, line.action) for line in Audit.select().order_by(Audit.id)]
    assert [line for line in lines if line[1] != "key_changed"] == [
        ("program", "account_created"),
        ("Anna", "signed_in"),
        ("Anna", "invited"),
        ("Otto", "account_created"),
        ("Otto", "signed_in"),
        ("Anna", "role_changed"),
        ("Anna", "reset_link_made"),
        ("Anna", "account_disabled"),
        ("Anna", "account_enabled"),
        ("Anna", "token_created"),
        ("Anna", "token_revoked"),
        ("Anna", "signed_out"),
    ]
