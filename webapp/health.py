"""Are we well? For a monitor, and for the person who starts a second server by mistake."""

from __future__ import annotations

import logging

from webapp import __version__
from webapp.db import STORAGE_ERRORS, probe
from webapp.services import Services

log = logging.getLogger(__name__)


def report(services: Services) -> dict[str, object]:
    """`status` and `database` are "ok" or "error"; one query, made now.

    `manager` is "running" where this process submits, and "elsewhere" where it serves pages only.
    """
    try:
        probe()
        manager = "running" if services.missions.queue().manager else "elsewhere"
        database = "ok"
    except STORAGE_ERRORS as error:
        log.warning("health: the database does not answer: %s", error)
        manager, database = "unknown", "error"
    return {
        "status": database,
        "database": database,
        "manager": manager,
        "simulated": services.settings.simulated,
        "version": __version__,
    }
