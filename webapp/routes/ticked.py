"""Which items a form of ticked boxes means."""

from __future__ import annotations

from starlette.datastructures import ImmutableMultiDict

from webapp.errors import Conflict, InvalidInput
from webapp.messages import msg
from webapp.missions import Missions
from webapp.routes.filters import ItemFilter

_INDEX_LIMIT = 10_000

Fields = ImmutableMultiDict[str, object]


def is_number(text: str) -> bool:
    """Whether a field holds a number that may be one of ours."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def ticked(fields: Fields) -> tuple[int, ...]:
    """The numbers of the ticked items; what is no number is left out."""
    values = fields.getlist("index")[:_INDEX_LIMIT]
    return tuple(int(value) for value in values if isinstance(value, str) and is_number(value))


def all_matching(missions: Missions, mission_id: int, fields: Fields) -> tuple[int, ...] | None:
    """With `all` every item that fits the filter in the form, on whatever page; None without it. Ten
    thousand boxes would not fit into a form, and nobody can tick those of other pages. Blocks."""
    if not fields.get("all"):
        return None
    words = {name: value for name, value in fields.items() if isinstance(value, str)}
    chosen = ItemFilter.of(words)
    return missions.indexes(mission_id, state=chosen.state, q=chosen.q, cause=chosen.cause)


def chosen_items(missions: Missions, mission_id: int, fields: Fields) -> tuple[int, ...]:
    """What an action is for. Raises InvalidInput when nothing is chosen, and Conflict when by now more
    items match than `all` says the person was shown: they may cost money. Blocks."""
    matching = all_matching(missions, mission_id, fields)
    if matching is None:
        indexes = ticked(fields)
        if not indexes:
            raise InvalidInput.field("index", msg("Choose some items first."))
        return indexes
    told = fields.get("all")
    if not (isinstance(told, str) and is_number(told) and len(matching) <= int(told)):
        raise Conflict(
            msg("More items match by now: %(count)s. Look again, then choose.", count=len(matching))
        )
    return matching
