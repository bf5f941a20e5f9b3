"""The addresses of the JSON interface (design.md §7, docs/json-interface.md)."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from webapp.body_limit import MB, body_limit
from webapp.routes import api_items, api_misc, api_missions, api_templates, api_uploads
from webapp.routes.convertors import register

register()

_MISSIONS = "/api/api-missions"
_MISSION = _MISSIONS + "/{mission_id:id}"
_ITEM = _MISSION + "/items/{item_index:id}"
_TEMPLATES = "/api/api-templates"
_TEMPLATE = _TEMPLATES + "/{template_id:id}"

# 10,000 prompts in one call. That many of the longest do not fit; such a mission can be split.
_MISSION_BODY = body_limit(64 * MB)
_UPLOAD_BODY = body_limit(api_uploads.upload_limit)

routes: list[BaseRoute] = [
    Route(_MISSIONS, api_missions.list_missions, methods=["GET"]),
    Route(_MISSIONS, api_missions.create_mission, methods=["POST"], middleware=_MISSION_BODY),
    Route(_MISSION, api_missions.show_mission, methods=["GET"]),
    Route(_MISSION, api_missions.delete_mission, methods=["DELETE"]),
    Route(_MISSION + "/cancel", api_missions.cancel_mission, methods=["POST"]),
    Route(_MISSION + "/pause", api_missions.pause_mission, methods=["POST"]),
    Route(_MISSION + "/resume", api_missions.resume_mission, methods=["POST"]),
    Route(_MISSION + "/retry", api_missions.retry_mission, methods=["POST"]),
    Route(_ITEM + "/retry", api_items.retry_item, methods=["POST"]),
    Route(_ITEM + "/cancel", api_items.cancel_item, methods=["POST"]),
    Route(_ITEM + "/resolve", api_items.resolve_item, methods=["POST"]),
    Route(_TEMPLATES, api_templates.list_templates, methods=["GET"]),
    Route(_TEMPLATES, api_templates.create_template, methods=["POST"]),
    Route(_TEMPLATE, api_templates.show_template, methods=["GET"]),
    Route(_TEMPLATE, api_templates.update_template, methods=["PUT"]),
    Route(_TEMPLATE, api_templates.delete_template, methods=["DELETE"]),
    Route("/api/upload-image", api_uploads.upload_image, methods=["POST"], middleware=_UPLOAD_BODY),
    Route("/api/task-types", api_misc.list_task_types, methods=["GET"]),
    Route("/api/queue", api_misc.show_queue, methods=["GET"]),
    Route("/health", api_misc.show_health, methods=["GET"]),
]
