"""What people may do, said in one sentence when they may not."""

from __future__ import annotations

from copy import copy
from typing import Self

from webapp.accounts.people import LOCAL, Person, Role
from webapp.errors import Forbidden
from webapp.messages import Message, msg

_SENTENCES: dict[Role, Message] = {
    Role.MEMBER: msg("You may look at everything here, but not change anything. Ask an admin."),
    Role.ADMIN: msg("Only an admin may do this."),
}
_NOBODYS = msg("This was made before there were accounts. Only an admin may change it.")


class OnBehalf:
    """Use cases that somebody uses: everything is checked against this person's rights. Made for the
    local user, who may do all; `by` gives the same to another."""

    _person: Person = LOCAL

    def by(self, person: Person) -> Self:
        """The same, as this person may look at it and act on it."""
        acting = copy(self)
        acting._person = person
        return acting

    def _must_be(self, role: Role) -> None:
        """Raises Forbidden."""
        must_be(self._person, role)

    def _must_own(self, owner_id: int, owner: str) -> None:
        """Raises Forbidden. `owner` is the owner's name."""
        why = why_not(self._person, owner_id, owner)
        if why is not None:
            raise Forbidden(why)


def must_be(person: Person, role: Role) -> None:
    """Raises Forbidden with a sentence when the person has less than this role."""
    if not person.may(role):
        raise Forbidden(_SENTENCES[role])


def why_not(person: Person, owner_id: int, owner: str) -> Message | None:
    """Why this person may not act on what somebody made; None when they may."""
    if person.may_change(owner_id):
        return None
    if not person.may(Role.MEMBER):
        return _SENTENCES[Role.MEMBER]
    if not owner_id:
        return _NOBODYS
    return msg("This belongs to %(owner)s. Only its owner or an admin may change it.", owner=owner)
