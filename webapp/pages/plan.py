"""What the create page shows about a form: the items, the price, and what does not fit yet."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields, replace
from datetime import tzinfo
from decimal import Decimal
from typing import Protocol

from webapp.errors import FieldError, InvalidInput
from webapp.messages import Message
from webapp.mission_requests import MissionRequest
from webapp.pages.forms import MissionForm
from webapp.pages.prompt_text import PromptMode, duplicate_notes, line_errors
from webapp.views import MissionPreview

ASK_ABOVE_ITEMS = 50
ASK_ABOVE_PRICE = Decimal(20)


class Previews(Protocol):
    """What a plan needs of the missions."""

    def preview(self, request: MissionRequest) -> MissionPreview:
        """Raises InvalidInput."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Without `preview`, nothing can be made yet: `errors` say why, or the form is not filled."""

    form: MissionForm
    prompts: int
    preview: MissionPreview | None = None
    errors: tuple[FieldError, ...] = ()
    notes: tuple[Message, ...] = ()  #: repeated lines; no error

    @property
    def waiting(self) -> str:
        """What an empty form waits for, which is no error yet: prompts, images or nothing."""
        if not self.prompts:
            return "prompts"
        field = self.form.task_type.image_field
        needed = field is not None and field.required and self.form.mode is not PromptMode.JSON
        return "images" if needed and not self.form.images else ""

    @property
    def seen(self) -> str:
        """What the person was shown; posted back, so that nobody pays for something else."""
        if self.preview is None:
            return ""
        return f"{self.preview.total}:{self.preview.price}:{self.preview.digest}"

    @property
    def large(self) -> bool:
        """Worth a question before it is started."""
        if self.preview is None:
            return False
        price = self.preview.price
        return self.preview.total > ASK_ABOVE_ITEMS or (price is None or price > ASK_ABOVE_PRICE)

    def of(self, field: str) -> tuple[FieldError, ...]:
        """The errors of one place in the form."""
        return tuple(error for error in self.errors if error.field == field)


def make_plan(missions: Previews, form: MissionForm, zone: tzinfo) -> Plan:
    """Read a form as far as it goes. Never raises for what was typed."""
    prompts = form.split()
    notes = () if form.mode is PromptMode.JSON else tuple(duplicate_notes(prompts))
    plan = Plan(form, len(prompts), notes=notes)
    if plan.waiting:
        limit = form.prompt_field.max_length
        return replace(plan, errors=tuple(line_errors(prompts, form.mode, limit)))
    try:
        return replace(plan, preview=missions.preview(form.request(zone)))
    except InvalidInput as error:
        return replace(plan, errors=form.in_form(error).errors)


def idempotency_key(form: MissionForm, request: MissionRequest) -> str | None:
    """The form's key and what was asked for: a second click makes no second mission, but what
    was changed after going back is a new one."""
    if not form.key:
        return None
    # Not asdict(): it copies 10,000 items one by one.
    values = [getattr(request, entry.name) for entry in fields(request)]
    asked = json.dumps(values, sort_keys=True, default=str)
    return f"{form.key}:{hashlib.sha256(asked.encode()).hexdigest()[:32]}"
