"""Roles, from little to much."""

from __future__ import annotations

import pytest

from webapp.accounts.people import LOCAL, Person, Role


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [(Role.VIEWER, False, False), (Role.MEMBER, True, False), (Role.ADMIN, True, True)],
)
def test_members_act_on_their_own_admins_on_all(role: Role, own: bool, others: bool) -> None:
    person = Person(7, "Ann", role)
    assert person.may_change(7) is own
    assert person.may_change(8) is others


def test_a_higher_role_may_what_a_lower_one_may() -> None:
    assert Person(1, "Ann", Role.ADMIN).may(Role.MEMBER)
    assert not Person(1, "Ann", Role.VIEWER).may(Role.MEMBER)


def test_what_was_made_before_there_were_accounts_is_left_to_admins() -> None:
    assert LOCAL.may_change(LOCAL.id)
    assert Person(1, "Ann", Role.ADMIN).may_change(LOCAL.id)
    assert not Person(1, "Ann", Role.MEMBER).may_change(LOCAL.id)
