"""What can be done with templates. Every method blocks."""

from __future__ import annotations

from webapp.clock import Clock
from webapp.errors import InvalidInput, NotFound
from webapp.expansion import check_fixed, check_repeat
from webapp.messages import msg
from webapp.mission_requests import TemplateRequest, check_name
from webapp.store import templates as store
from webapp.task_types import TASK_TYPES
from webapp.views import TemplateView


class Templates:
    """Use cases of templates."""

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
        _check(request)
        template_id = store.create_template(
            request.name, request.description, request.task_type, request.config, self._clock.now()
        )
        return self.get(template_id)

    def update(self, template_id: int, request: TemplateRequest) -> TemplateView:
        """Replace all of it. Raises InvalidInput, NotFound."""
        _check(request)
        self._change(
            template_id,
            name=request.name,
            description=request.description,
            task_type=request.task_type,
            config_json=request.config,
        )
        return self.get(template_id)

    def rename(self, template_id: int, name: str) -> TemplateView:
        """Raises InvalidInput, NotFound."""
        self._change(template_id, name=check_name(name))
        return self.get(template_id)

    def delete(self, template_id: int) -> None:
        """Missions made from it stay as they are. Raises NotFound."""
        if not store.delete_template(template_id):
            raise _gone()

    def _change(self, template_id: int, **columns: object) -> None:
        if not store.update_template(template_id, self._clock.now(), **columns):
            raise _gone()


def _check(request: TemplateRequest) -> None:
    """Only what is given must fit: a template may leave the prompt and the images open."""
    errors = check_fixed(TASK_TYPES[request.task_type], request.config)
    errors += check_repeat(request.config)
    if errors:
        raise InvalidInput.of(errors)


def _gone() -> NotFound:
    return NotFound(msg("This template does not exist, or was deleted."))
