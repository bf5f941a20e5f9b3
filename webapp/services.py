"""What a request handler may use, made once by app.py."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from webapp.account import Account
from webapp.archive import Archive
from webapp.clock import Clock
from webapp.i18n import Catalogue
from webapp.mission_templates import Templates
from webapp.missions import Missions
from webapp.results import ResultFiles
from webapp.settings import Settings
from webapp.uploads import ReferenceImages


@dataclass(frozen=True, slots=True)
class Services:
    """Every member blocks; call it from a `def` endpoint or through run_in_threadpool."""

    settings: Settings
    clock: Clock
    catalogue: Catalogue
    missions: Missions
    templates: Templates
    images: ReferenceImages
    results: ResultFiles
    archive: Archive
    account: Account


def services(request: HTTPConnection) -> Services:
    """The services of the app that this request came to."""
    found: Services = request.app.state.services
    return found
