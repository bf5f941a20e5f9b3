"""Who acts: a name and a role, whether that is a signed-in person, a token's owner or the one local
user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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

NOBODY = Person(-1, "", Role.VIEWER)
"""For whom nobody vouches: owns nothing and changes nothing."""

COMMAND_LINE = Person(0, "command line", Role.ADMIN)
"""Whoever may run the program's commands on its machine."""

PROGRAM = Person(0, "program", Role.ADMIN)
"""Whatever happens on nobody's behalf, for the audit trail."""


class Action(StrEnum):
    """What is written down in the audit trail when somebody does it."""

    MISSION_CREATED = "mission_created"
    MISSION_PAUSED = "mission_paused"
    MISSION_RESUMED = "mission_resumed"
    MISSION_CANCELLED = "mission_cancelled"
    MISSION_RETRIED = "mission_retried"
    MISSION_RENAMED = "mission_renamed"
    MISSION_DESCRIBED = "mission_described"
    MISSION_DELETED = "mission_deleted"
    MISSION_DOWNLOADED = "mission_downloaded"
    FILES_REFETCHED = "files_refetched"
    ITEMS_CANCELLED = "items_cancelled"
    ITEM_CANCELLED = "item_cancelled"
    ITEM_RETRIED = "item_retried"
    ITEM_ATTACHED = "item_attached"
    ITEM_GIVEN_UP = "item_given_up"
    ITEM_RESUBMITTED = "item_resubmitted"
    TEMPLATE_CREATED = "template_created"
    TEMPLATE_CHANGED = "template_changed"
    TEMPLATE_DELETED = "template_deleted"
    KEY_CHANGED = "key_changed"
    RESTORE_REVIEWED = "restore_reviewed"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"
    PASSWORD_CHANGED = "password_changed"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ROLE_CHANGED = "role_changed"
    PASSWORD_TRIES = "password_tries"
    RESET_LINK_MADE = "reset_link_made"
    INVITED = "invited"
    INVITATION_REVOKED = "invitation_revoked"
    TOKEN_CREATED = "token_created"
    TOKEN_REVOKED = "token_revoked"


@dataclass(frozen=True, slots=True)
class Member:
    """An account, as admins see it."""

    id: int
    name: str
    role: Role
    created_at: datetime
    seen_at: datetime | None
    disabled_at: datetime | None

    @property
    def person(self) -> Person:
        """Who they are when they act."""
        return Person(self.id, self.name, self.role)
