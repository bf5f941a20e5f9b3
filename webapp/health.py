"""Are we well? For a monitor, and for the person who starts a second server by mistake."""

from __future__ import annotations

import logging

from webapp import __version__
from webapp.db import STORAGE_ERRORS, probe, trouble_of
from webapp.json_shapes import HealthOut
from webapp.services import Services
from webapp.storage import Trouble

log = logging.getLogger(__name__)


def report(services: Services) -> HealthOut:
    """`status` and `database` are "ok" or "error"; one query, made now.

    `manager` is "running" where this process submits, and "elsewhere" where it serves pages only.
    """
    made: HealthOut = {
        "status": "ok",
        "database": "ok",
        "trouble": None,
        "manager": "elsewhere",
        "restored": False,
        "simulated": services.settings.simulated,
        "version": __version__,
    }
    trouble = services.storage.lasting or _ask(services, made) or services.storage.trouble
    if trouble is not None:
        made["status"] = made["database"] = "error"
        made["trouble"] = trouble.value
    return made


def _ask(services: Services, made: HealthOut) -> Trouble | None:
    """Fill in what the database knows; returns why it does not tell."""
    try:
        probe()
        if services.missions.queue().manager:
            made["manager"] = "running"
        made["restored"] = services.restored.pending() is not None
    except STORAGE_ERRORS as error:
        log.warning("health: the database does not answer: %s", error)
        made["manager"] = "unknown"
        return trouble_of(error)
    return None
