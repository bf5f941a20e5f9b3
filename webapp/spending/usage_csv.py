"""The tries that cost money as a file for a spreadsheet, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from itertools import islice

from webapp.clock import format_utc
from webapp.files.spreadsheet import BOM, csv_row
from webapp.store import ledger
from webapp.store.ledger import LedgerLine
from webapp.store.usage import Scope, Span

_COLUMNS = (
    *("day", "time_utc", "mission_id", "mission", "item", "try", "task_type", "person"),
    *("task_id", "cost", "currency", "state", "error_code", "provider"),
)


_AT_A_TIME = 200


def lines(days: Span, scope: Scope, owner_id: int | None, zone: tzinfo) -> Iterator[bytes]:
    """In pieces of some rows. `day` is a day of `zone`, so that sums by day are those of the page."""
    yield BOM + csv_row(_COLUMNS)
    rows = (
        csv_row(_cells(line, zone))
        for line in ledger.lines(days, scope)
        if owner_id is None or line.mission.owner_id == owner_id
    )
    while piece := b"".join(islice(rows, _AT_A_TIME)):
        yield piece


def _cells(line: LedgerLine, zone: tzinfo) -> tuple[object, ...]:
    return (
        line.at.astimezone(zone).date().isoformat(),
        format_utc(line.at),
        line.mission.id,
        line.mission.name,
        line.item_index,
        line.number,
        line.task_type,
        line.mission.owner,
        line.remote_task_id or "",
        None if line.cost is None else float(line.cost),
        line.currency,
        line.state,
        line.error_code,
        line.provider,
    )
