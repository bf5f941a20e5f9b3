"""Who acts: a name and a role, whether that is a signed-in person, a token's owner or the one local
user."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do, from little to much."""

    VIEWER = "viewer"
    """Looks at everything, changes nothing."""
    MEMBER = "member"
    """Makes missions and templates, and acts on their own."""
    ADMIN = "admin"
    """Acts on everything, and decides who else may."""

    def includes(self, other: Role) -> bool:
        """Whether this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Person:
    """`id` is 0 for the local user, who needs no account; what they made belongs to 0."""

    id: int
    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether they have this role or a higher one."""
        return self.role.includes(role)

    def may_change(self, owner_id: int) -> bool:
        """Whether they may act on what this person made: members on their own, admins on all."""
        return self.role is Role.ADMIN or (self.role is Role.MEMBER and self.id == owner_id)


LOCAL = Person(0, "local", Role.ADMIN)
"""Without accounts the program listens on this machine only, and whoever sits at it may do all."""
