"""Who did what, for those who may know. Every method blocks."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from webapp.accounts.people import Role
from webapp.accounts.rights import OnBehalf
from webapp.clock import Clock, format_utc
from webapp.db import STORAGE_ERRORS
from webapp.files.spreadsheet import BOM, csv_row
from webapp.store import audit
from webapp.store.audit import ALL, AuditFilter
from webapp.views import AuditLine, Page

__all__ = ["AuditFilter", "AuditTrail", "note_key"]

log = logging.getLogger(__name__)

_COLUMNS = ("at", "user_id", "who", "action", "mission_id", "item", "subject", "count")


class AuditTrail(OnBehalf):
    """A mission's history is for everybody, the whole trail for admins: it tells who came in when."""

    def of_mission(self, mission_id: int, *, page: int = 1, page_size: int) -> Page[AuditLine]:
        """Newest first; also of a mission that was deleted. Empty for one that never was."""
        return audit.page(page, page_size, AuditFilter(mission_id=mission_id))

    def page(self, number: int, size: int, chosen: AuditFilter = ALL) -> Page[AuditLine]:
        """Newest first. Raises Forbidden."""
        self._must_be(Role.ADMIN)
        return audit.page(number, size, chosen)

    def accounts(self) -> list[tuple[int, str]]:
        """Everybody who ever had an account, by name. Raises Forbidden."""
        self._must_be(Role.ADMIN)
        return audit.accounts()

    def csv(self, chosen: AuditFilter = ALL) -> Iterator[bytes]:
        """The lines as a file for a spreadsheet, read while it is sent. Raises Forbidden at once."""
        self._must_be(Role.ADMIN)
        return _lines(chosen)


def note_key(fingerprint: str, clock: Clock) -> None:
    """At the start of what submits: write down that another key is used than last time. Of the key
    only its fingerprint is kept, empty for the demo, which has none."""
    try:
        audit.note_key(fingerprint, clock.now())
    except STORAGE_ERRORS as error:
        # A full disk must not keep the program from starting; the next start notes it.
        log.warning("whether the key was changed could not be noted: %s", error)


def _lines(chosen: AuditFilter) -> Iterator[bytes]:
    yield BOM + csv_row(_COLUMNS)
    for line in audit.every(chosen):
        yield csv_row(
            (
                format_utc(line.at),
                line.user_id,
                line.who,
                line.action,
                line.mission_id,
                line.item_index,
                line.subject,
                line.count,
            )
        )
