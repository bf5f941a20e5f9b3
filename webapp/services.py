"""What a request handler may use, made once by app.py."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import HTTPConnection

from webapp.account import Account
from webapp.accounts.audit_trail import AuditTrail
from webapp.accounts.identity import visiting
from webapp.accounts.people import Person
from webapp.accounts.team import Team
from webapp.archive import Archive
from webapp.backups.restored import RestoredDatabase
from webapp.clock import Clock
from webapp.errors import AppError
from webapp.i18n import Catalogue
from webapp.mission_templates import Templates
from webapp.missions import Missions
from webapp.results import ResultFiles
from webapp.safety.storage import Storage
from webapp.settings import Settings
from webapp.spending.usage import Usage
from webapp.unclear import Unclear
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
    storage: Storage
    restored: RestoredDatabase
    team: Team
    trail: AuditTrail
    unclear: Unclear
    usage: Usage
    person: Person  #: on whose behalf all of them act

    def by(self, person: Person) -> Services:
        """The same, on behalf of this person."""
        return replace(
            self,
            missions=self.missions.by(person),
            templates=self.templates.by(person),
            images=self.images.by(person),
            archive=self.archive.by(person),
            restored=self.restored.by(person),
            trail=self.trail.by(person),
            person=person,
        )


def services(request: HTTPConnection) -> Services:
    """The services of the app that this request came to, acting for the one who asks: whatever is
    reached through them is refused to whoever may not do it."""
    kept: Services | None = request.scope.get("webapp.services")
    person = visiting(request)
    if kept is None or kept.person is not person:
        found: Services = request.app.state.services
        kept = request.scope["webapp.services"] = found.by(person)
    return kept


def foreseen(request: HTTPConnection, error: Exception) -> AppError:
    """What a person is told of an error that was foreseen, as of a full disk, which the database
    reports in its own way. Any other error is raised again."""
    told: AppError | None = error if isinstance(error, AppError) else request.app.state.told(error)
    if told is None:
        raise error
    return told
