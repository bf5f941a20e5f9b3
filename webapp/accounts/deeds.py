"""What people did, in words."""

from __future__ import annotations

from webapp.accounts.people import COMMAND_LINE, LOCAL, PROGRAM, Action
from webapp.messages import Message, msg
from webapp.views import AuditLine, MissionView, TemplateView, UnknownView

DEEDS: dict[str, Message] = {
    Action.MISSION_CREATED: msg("Mission started"),
    Action.MISSION_PAUSED: msg("Mission paused"),
    Action.MISSION_RESUMED: msg("Mission resumed"),
    Action.MISSION_CANCELLED: msg("Mission cancelled"),
    Action.MISSION_RETRIED: msg("Items tried again"),
    Action.MISSION_RENAMED: msg("Mission renamed"),
    Action.MISSION_DESCRIBED: msg("Description changed"),
    Action.MISSION_DELETED: msg("Mission deleted"),
    Action.MISSION_DOWNLOADED: msg("Zip downloaded"),
    Action.FILES_REFETCHED: msg("Files downloaded again"),
    Action.ITEMS_CANCELLED: msg("Items cancelled"),
    Action.ITEM_CANCELLED: msg("Item cancelled"),
    Action.ITEM_RETRIED: msg("Item tried again"),
    Action.ITEM_ATTACHED: msg("Unclear item: task id attached"),
    Action.ITEM_GIVEN_UP: msg("Unclear item: marked as failed"),
    Action.ITEM_RESUBMITTED: msg("Unclear item: submitted again"),
    Action.TEMPLATE_CREATED: msg("Template made"),
    Action.TEMPLATE_CHANGED: msg("Template changed"),
    Action.TEMPLATE_DELETED: msg("Template deleted"),
    Action.RESTORE_REVIEWED: msg("Restored database looked at"),
    Action.KEY_CHANGED: msg("API key changed"),
    Action.SIGNED_IN: msg("Signed in"),
    Action.SIGNED_OUT: msg("Signed out"),
    Action.SESSIONS_ENDED: msg("Signed out everywhere"),
    Action.PASSWORD_TRIES: msg("Sign-in blocked after many tries"),
    Action.RESET_LINK_MADE: msg("Link for a new password made"),
    Action.PASSWORD_CHANGED: msg("Password changed"),
    Action.ACCOUNT_CREATED: msg("Account made"),
    Action.ACCOUNT_DISABLED: msg("Account disabled"),
    Action.ACCOUNT_ENABLED: msg("Account enabled"),
    Action.ROLE_CHANGED: msg("Role changed"),
    Action.INVITED: msg("Invitation made"),
    Action.INVITATION_REVOKED: msg("Invitation withdrawn"),
    Action.TOKEN_CREATED: msg("Token made"),
    Action.TOKEN_REVOKED: msg("Token revoked"),
}
"""Each action; a test holds that none is without words."""

TELLING = frozenset({Action.MISSION_RENAMED, Action.ITEM_ATTACHED})
"""Whose subject says more than the mission's name, where that is known."""


def deed_words(action: str) -> Message:
    """An action in words; one of another version of the program as it is stored."""
    return DEEDS.get(action) or msg("%(name)s", name=action)


def doer_words(line: AuditLine, accounts: bool) -> Message:
    """Who it was. Without accounts there is only one person, and they are reading this."""
    if line.user_id == 0:
        match line.who:
            case PROGRAM.name:
                return msg("the program")
            case COMMAND_LINE.name:
                return msg("command line")
            case LOCAL.name:
                return msg("the local user") if accounts else msg("you")
    return msg("%(name)s", name=line.who)


def subject_words(line: AuditLine) -> Message:
    """Of what it was done, for people: a key's fingerprint tells them nothing."""
    if line.action == Action.KEY_CHANGED:
        return msg("%(name)s", name="") if line.subject else msg("no key: demo mode")
    return msg("%(name)s", name=line.subject)


def owner_words(thing: MissionView | TemplateView | UnknownView) -> Message:
    """Whose it is, where there are accounts."""
    return msg("%(name)s", name=thing.owner) if thing.owner_id else msg("the local user")


def is_telling(line: AuditLine) -> bool:
    """Whether the subject is worth a place on the mission's own page."""
    return line.action in TELLING
