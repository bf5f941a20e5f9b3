"""Are we well? For a monitor, and for the person who starts a second server by mistake."""

from __future__ import annotations

import logging

from webapp import __version__
from webapp.db import STORAGE_ERRORS, probe
from webapp.json_shapes import HealthOut
from webapp.services import Services

log = logging.getLogger(__name__)


def report(services: Services) -> HealthOut:
    """`status` and `database` are "ok" or "error"; one query, made now.

    `manager` is "running" where this process submits, and "elsewhere" where it serves pages only.
    """
    made: HealthOut = {
        "status": "ok",
        "database": "ok",
        "manager": "elsewhere",
        "restored": services.restored.pending() is not None,
        "simulated": services.settings.simulated,
        "version": __version__,
    }
    try:
        probe()
        if services.missions.queue().manager:
            made["manager"] = "running"
    except STORAGE_ERRORS as error:
        log.warning("health: the database does not answer: %s", error)
        made["status"] = made["database"] = "error"
        made["manager"] = "unknown"
    return made
