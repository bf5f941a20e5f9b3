"""Templates: a task type with saved parameters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from peewee import JOIN

from webapp.db import reading, writing
from webapp.models import Template, User
from webapp.store.rows import dicts, owner_name
from webapp.views import TemplateView

MOST = 1000
"""A list shows at most this many; nobody has more, and an endless answer helps nobody."""


def list_templates(task_type: str | None = None) -> tuple[TemplateView, ...]:
    """By name, those of one task type or all."""
    query = _with_owner().order_by(Template.name, Template.id).limit(MOST)
    if task_type is not None:
        query = query.where(Template.task_type == task_type)
    with reading():
        return tuple(_view(entry) for entry in dicts(query))


def find_template(template_id: int) -> TemplateView | None:
    """One template, None when there is no such."""
    with reading():
        found = dicts(_with_owner().where(Template.id == template_id))
    return _view(found[0]) if found else None


def _with_owner() -> Any:
    return Template.select(Template, User.name.alias("owner")).join(
        User, JOIN.LEFT_OUTER, on=(User.id == Template.owner_id)
    )


def create_template(
    name: str,
    description: str,
    task_type: str,
    config: Mapping[str, object],
    now: datetime,
    owner_id: int = 0,
) -> int:
    """Store a template; returns its id."""
    with writing():
        return int(
            Template.insert(
                name=name,
                description=description,
                task_type=task_type,
                config_json=config,
                owner_id=owner_id,
                created_at=now,
                updated_at=now,
            ).execute()
        )


def update_template(template_id: int, now: datetime, **columns: object) -> bool:
    """Set some columns; False when there is no such template."""
    with writing():
        query = Template.update(**columns, updated_at=now).where(Template.id == template_id)
        return bool(query.execute())


def delete_template(template_id: int) -> bool:
    """False when there is no such template."""
    with writing():
        return bool(Template.delete().where(Template.id == template_id).execute())


def _view(entry: Mapping[str, Any]) -> TemplateView:
    return TemplateView(
        id=entry["id"],
        name=entry["name"],
        description=entry["description"],
        task_type=entry["task_type"],
        config=entry["config_json"],
        created_at=entry["created_at"],
        updated_at=entry["updated_at"],
        owner_id=entry["owner_id"],
        owner=owner_name(entry),
    )
