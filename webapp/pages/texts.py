"""What the program's states and the provider's errors mean, in plain words, and the provider's own
words, to be shown beside."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from webapp.accounts.people import Role
from webapp.messages import Message, msg
from webapp.pages.explanations import explain
from webapp.states import ItemState
from webapp.views import AttemptView, ItemView, MissionView


@dataclass(frozen=True, slots=True)
class StateWord:
    """A state for people: a word, an icon of the sprite, and the tone (a CSS class is-…)."""

    word: Message
    icon: str
    tone: str


MISSION_WORDS = {
    "queued": StateWord(msg("Queued"), "clock", "queued"),
    "running": StateWord(msg("Running"), "loader-circle", "running"),
    "paused": StateWord(msg("Paused"), "pause", "partial"),
    "completed": StateWord(msg("Completed"), "check", "completed"),
    "partial": StateWord(msg("Partly failed"), "contrast", "partial"),
    "cancelled": StateWord(msg("Cancelled"), "ban", "cancelled"),
    "failed": StateWord(msg("Failed"), "triangle-alert", "failed"),
    "attention": StateWord(msg("Needs attention"), "circle-alert", "partial"),
}

ITEM_WORDS = {
    "pending": StateWord(msg("Waiting"), "clock", "queued"),
    "processing": StateWord(msg("Generating"), "loader-circle", "running"),
    "completed": StateWord(msg("Completed"), "check", "completed"),
    "failed": StateWord(msg("Failed"), "triangle-alert", "failed"),
    "unknown": StateWord(msg("Unclear"), "circle-question-mark", "partial"),
    "cancelled": StateWord(msg("Cancelled"), "ban", "cancelled"),
}

PHASE_WORDS = {
    "preparing": msg("Uploading images"),
    "submitting": msg("Sending"),
    "queued": msg("In RunningHub’s queue"),
    "running": msg("Generating"),
}


ATTEMPT_WORDS = {
    "preparing": msg("being prepared"),
    "submitting": msg("being sent"),
    "submitted": msg("at RunningHub"),
    "succeeded": msg("succeeded"),
    "failed": msg("failed"),
    "refused": msg("refused, nothing paid"),
    "returned": msg("not accepted, waits again"),
    "unknown": msg("no answer, may be paid"),
    "abandoned": msg("given up, may be paid"),
}


def attempt_word(attempt: AttemptView) -> Message:
    """How a try went."""
    return ATTEMPT_WORDS[attempt.state.value]


ROLE_WORDS = {
    Role.VIEWER: msg("Viewer: may look"),
    Role.MEMBER: msg("Member: may make missions"),
    Role.ADMIN: msg("Admin: may do everything"),
}


def role_word(role: Role) -> Message:
    """A role, and what it is for."""
    return ROLE_WORDS[role]


def mission_word(mission: MissionView | str) -> StateWord:
    """A mission's state; a mission that ended with failures is never plainly completed."""
    if isinstance(mission, str):
        return MISSION_WORDS[mission]
    if mission.display_state == "partial" and not mission.counts.failed:
        return ITEM_WORDS["unknown"]
    return MISSION_WORDS[mission.display_state]


def item_word(item: ItemView | str) -> StateWord:
    """An item's state, with the finer word while it is on its way."""
    if isinstance(item, str):
        return ITEM_WORDS[item]
    word = ITEM_WORDS[item.state.value]
    if item.state is ItemState.PROCESSING and item.phase in PHASE_WORDS:
        return StateWord(PHASE_WORDS[item.phase], word.icon, word.tone)
    return word


_NOTES = {
    "retry": msg("asked for again"),
    "deleted": msg("with its mission"),
    "cancelled at the provider": msg("cancelled at RunningHub"),
    "answered late": msg("the answer came late"),
    "an earlier try delivered too": msg("an earlier try was delivered and paid for too"),
    "an earlier try was charged too": msg("an earlier try failed and was paid for all the same"),
    "restarted before anything was sent": msg("the program was restarted before anything was sent"),
    "marked as failed": msg("marked as failed"),
    "submitted again, may be paid twice": msg("submitted again, may be paid twice"),
    "submitted again by the mission's setting": msg(
        "submitted again by the mission’s setting, may be paid twice"
    ),
}


_ATTACHED = re.compile(r"task (\d+) attached")


def note_words(note: str) -> Message | None:
    """What the store noted with an event, in plain words; None when there is nothing to say."""
    if note in _NOTES:
        return _NOTES[note]
    if found := _ATTACHED.fullmatch(note):
        return msg("task %(id)s attached", id=found[1])
    return explain(note).title if ":" in note else None


# RunningHub's answers are JSON with one of these names, and hold both languages: "English | 中文".
_SAID = re.compile(r'"(?:errorMessage|msg|message)"\s*:\s*("(?:[^"\\]|\\.)*")')
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def provider_words(raw: str, language: str) -> str:
    """The sentence in a provider's stored answer, in the visitor's language where it has both.

    An answer that is cut off or no JSON is shown as it is.
    """
    found = _SAID.search(raw)
    try:
        said = str(json.loads(found[1])) if found else raw
    except ValueError:
        said = raw
    parts = [part.strip() for part in said.split(" | ")]
    if len(parts) == 2 and bool(_CHINESE.search(parts[1])) is not bool(_CHINESE.search(parts[0])):
        chinese_first = bool(_CHINESE.search(parts[0]))
        return parts[0] if (language == "zh") is chinese_first else parts[1]
    return said.strip()
