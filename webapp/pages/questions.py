"""What is asked before something is stopped, deleted or paid for again: always with the number and
the money."""

from __future__ import annotations

from decimal import Decimal

from webapp.messages import Message, msg, nmsg
from webapp.views import MissionView


def unit_price(mission: MissionView) -> Decimal | None:
    """The list price of one item."""
    if mission.estimate is None or not mission.counts.total:
        return None
    return mission.estimate / mission.counts.total


def retry_price(mission: MissionView, count: int) -> Decimal | None:
    """The list price of trying so many items again."""
    unit = unit_price(mission)
    return None if unit is None else unit * count


def ask_cancel(mission: MissionView) -> Message:
    """Before cancelling a mission."""
    if not mission.counts.pending:
        return msg("Cancel this mission? Everything was already sent; it will finish and may cost.")
    return nmsg(
        "Cancel this mission? %(count)s waiting item will not be sent. What is already at"
        " RunningHub will finish and may cost.",
        "Cancel this mission? %(count)s waiting items will not be sent. What is already at"
        " RunningHub will finish and may cost.",
        mission.counts.pending,
    )


def ask_delete(mission: MissionView) -> Message:
    """Before deleting a mission. What is unknown can be decided about only while it is there."""
    if mission.counts.unknown:
        return nmsg(
            "Delete “%(name)s” and all its files? For %(count)s of its %(total)s items RunningHub"
            " never answered: it may be paid for, and you cannot look into it afterwards. This"
            " cannot be undone.",
            "Delete “%(name)s” and all its files? For %(count)s of its %(total)s items RunningHub"
            " never answered: they may be paid for, and you cannot look into them afterwards. This"
            " cannot be undone.",
            mission.counts.unknown,
            name=mission.name,
            total=mission.counts.total,
        )
    return nmsg(
        "Delete “%(name)s” with %(count)s item and all its files? This cannot be undone.",
        "Delete “%(name)s” with %(count)s items and all their files? This cannot be undone.",
        mission.counts.total,
        name=mission.name,
    )


def ask_retry(count: int, price: str | None) -> Message:
    """Before trying items again; `price` is written out already."""
    if price is None:
        return nmsg(
            "Try %(count)s item again? A new try may cost again.",
            "Try %(count)s items again? New tries may cost again.",
            count,
        )
    return nmsg(
        "Try %(count)s item again? It may cost about %(price)s.",
        "Try %(count)s items again? They may cost about %(price)s.",
        count,
        price=price,
    )


def ask_cancel_items(count: int) -> Message:
    """Before cancelling chosen items."""
    return nmsg(
        "Cancel %(count)s item? Only waiting items can still be cancelled.",
        "Cancel %(count)s items? Only waiting items can still be cancelled.",
        count,
    )


def ask_resubmit() -> Message:
    """Before sending an item again that may have been paid for."""
    return msg("Submit this item again? The first try may be running, so you may pay twice.")


def ask_resubmit_many(count: int) -> Message:
    """Before sending items again that may have been paid for."""
    return nmsg(
        "Submit %(count)s item again? The first try may be running, so you may pay twice.",
        "Submit %(count)s items again? Their first tries may be running, so you may pay twice for"
        " each.",
        count,
    )


def ask_give_up(count: int) -> Message:
    """Before marking unclear items as failed."""
    return nmsg(
        "Mark %(count)s item as failed? If RunningHub makes it all the same, its result is not"
        " fetched.",
        "Mark %(count)s items as failed? If RunningHub makes them all the same, their results are"
        " not fetched.",
        count,
    )


def ask_cancel_item() -> Message:
    """Before cancelling one item."""
    return msg("Cancel this item? It will not be sent.")
