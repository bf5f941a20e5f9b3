"""What can be done with templates. Every method blocks."""

from __future__ import annotations

from webapp.accounts.people import Action, Role
from webapp.accounts.rights import OnBehalf
from webapp.clock import Clock
from webapp.db import writing
from webapp.errors import NotFound
from webapp.expansion import check_open, refusal
from webapp.messages import msg
from webapp.mission_requests import TemplateRequest, check_name
from webapp.store import audit
from webapp.store import templates as store
from webapp.task_types import TASK_TYPES
from webapp.views import TemplateView


class Templates(OnBehalf):
    """Everybody may use all templates; each method that changes one raises Forbidden for whoever may
    not, and is written into the audit trail."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def list(self, task_type: str | None = None) -> tuple[TemplateView, ...]:
        """By name; all, or those of one task type."""
        return store.list_templates(task_type)

    def get(self, template_id: int) -> TemplateView:
        """Raises NotFound."""
        found = store.find_template(template_id)
        if found is None:
            raise _gone()
        return found

    def create(self, request: TemplateRequest) -> TemplateView:
        """Raises InvalidInput when a parameter does not fit the type."""
        self._must_be(Role.MEMBER)
        _check(request)
        now = self._clock.now()
        with writing():
            template_id = store.create_template(
                request.name,
                request.description,
                request.task_type,
                request.config,
                now,
                self._person.id,
            )
            audit.note(self._person, Action.TEMPLATE_CREATED, now, subject=request.name)
        return self.get(template_id)

    def update(self, template_id: int, request: TemplateRequest) -> TemplateView:
        """Replace all of it. Raises InvalidInput, NotFound."""
        before = self.mine(template_id)
        _check(request)
        self._change(
            before,
            name=request.name,
            description=request.description,
            task_type=request.task_type,
            config_json=request.config,
        )
        return self.get(template_id)

    def rename(self, template_id: int, name: str) -> TemplateView:
        """Raises InvalidInput, NotFound."""
        self._change(self.mine(template_id), name=check_name(name))
        return self.get(template_id)

    def delete(self, template_id: int) -> None:
        """Missions made from it stay as they are. Raises NotFound."""
        template = self.mine(template_id)
        with writing():
            if not store.delete_template(template_id):
                raise _gone()
            audit.note(
                self._person, Action.TEMPLATE_DELETED, self._clock.now(), subject=template.name
            )

    def mine(self, template_id: int) -> TemplateView:
        """The template, when the person may change it. Raises NotFound, Forbidden."""
        view = self.get(template_id)
        self._must_own(view.owner_id, view.owner)
        return view

    def _change(self, before: TemplateView, *, name: str, **columns: object) -> None:
        now = self._clock.now()
        renamed = name != before.name
        subject = audit.renamed(before.name, name) if renamed else name
        with writing():
            if not store.update_template(before.id, now, name=name, **columns):
                raise _gone()
            audit.note(self._person, Action.TEMPLATE_CHANGED, now, subject=subject)


def _check(request: TemplateRequest) -> None:
    """Only what is given must fit: a template may leave prompts and images open."""
    errors = check_open(TASK_TYPES[request.task_type], request.config)
    if errors:
        raise refusal(errors)


def _gone() -> NotFound:
    return NotFound(msg("This template does not exist, or was deleted."))
