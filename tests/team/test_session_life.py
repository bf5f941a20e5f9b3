"""How long a session lives, and what is written down about it."""

from __future__ import annotations

from tests.helpers.clocks import LeapClock
from tests.helpers.live import LiveApp
from tests.helpers.team import Colleague
from webapp.db import reading
from webapp.models import Session, User

DAY_S = 24 * 3600


def is_in(somebody: Colleague) -> bool:
    return somebody.get("/api/queue").status_code == 200


def test_a_session_ends_a_week_after_its_last_use(timed: LiveApp, clock: LeapClock) -> None:
    with Colleague(timed, "Anna") as anna:
        for _ in range(3):
            clock.leap(6.9 * DAY_S)
            assert is_in(anna)
        clock.leap(7.1 * DAY_S)
        assert not is_in(anna)


def test_a_session_ends_after_a_month_however_it_is_used(timed: LiveApp, clock: LeapClock) -> None:
    with Colleague(timed, "Anna") as anna:
        for _ in range(5):
            clock.leap(5.9 * DAY_S)
            assert is_in(anna)
        clock.leap(0.6 * DAY_S)
        assert not is_in(anna)


def test_a_tab_that_was_left_open_does_not_keep_itself_signed_in(
    timed: LiveApp, clock: LeapClock
) -> None:
    with Colleague(timed, "Anna") as anna:
        for _ in range(6):
            clock.leap(DAY_S)
            assert anna.get("/missions/live").status_code in (200, 204)
        clock.leap(1.1 * DAY_S)
        assert not is_in(anna)


def test_a_look_at_a_page_is_no_write(timed: LiveApp, clock: LeapClock) -> None:
    def used_at() -> object:
        with reading():
            return Session.get().used_at

    with Colleague(timed, "Anna") as anna:
        before = used_at()
        for _ in range(4):
            clock.leap(60)
            assert is_in(anna)
        assert used_at() == before
        clock.leap(120)
        assert is_in(anna)
        assert used_at() != before
        with reading():
            assert User.get().seen_at == used_at()


def test_ended_sessions_are_forgotten(timed: LiveApp, clock: LeapClock) -> None:
    with Colleague(timed, "Anna") as anna:
        clock.leap(8 * DAY_S)
        anna.sign_in("Anna")
        with reading():
            assert Session.select().count() == 1
