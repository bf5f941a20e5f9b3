"""Receipts of accepted submits, taken into the ledger."""

from __future__ import annotations

from datetime import datetime

from webapp.db import writing
from webapp.models import Attempt
from webapp.safety.receipts import Receipt
from webapp.states import AttemptState
from webapp.store import attempts, items
from webapp.store.flights import flights_of
from webapp.store.rows import row


def take(receipt: Receipt, now: datetime) -> bool:
    """Give the attempt its id, unless it has one; it is in flight again if it had not ended.

    False when this database does not know the attempt: it was restored from an older copy. A second
    time changes nothing.
    """
    with writing("take_receipt"):
        found = row(
            Attempt.select(Attempt.state, Attempt.runninghub_task_id).where(
                Attempt.id == receipt.attempt_id, Attempt.boot_id == receipt.boot_id
            )
        )
        if found is None:
            return False
        if found[1] is None and not _is_known(receipt.remote_task_id):
            _take(receipt, AttemptState(found[0]), now)
        return True


def _is_known(remote_task_id: str) -> bool:
    """A person may have attached it to another attempt."""
    return bool(Attempt.select().where(Attempt.runninghub_task_id == remote_task_id).exists())


def _take(receipt: Receipt, state: AttemptState, now: datetime) -> None:
    if state is AttemptState.SUBMITTING:
        (flight,) = flights_of([receipt.attempt_id])
        attempts.accepted(flight, receipt.remote_task_id, "queued", "", now)
    elif state is AttemptState.UNKNOWN:
        items.attach(receipt.attempt_id, receipt.remote_task_id, now, "program")
    else:  # somebody has decided; the ledger still learns what was paid for
        Attempt.update(runninghub_task_id=receipt.remote_task_id).where(
            Attempt.id == receipt.attempt_id
        ).execute()
