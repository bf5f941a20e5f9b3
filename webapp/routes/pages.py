"""The addresses of the mission pages. Actions are POSTs; everything works as plain forms and links."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from webapp.routes import mission_actions, mission_detail, mission_list, preferences
from webapp.routes.convertors import register

register()

_MISSION = "/missions/{mission_id:id}"
_ITEM = _MISSION + "/items/{index:id}"

routes: list[BaseRoute] = [
    Route("/", mission_list.home, name="home"),
    Route("/missions", mission_list.mission_list, name="mission_list"),
    Route("/missions/live", mission_list.mission_list_live, name="mission_list_live"),
    Route(_MISSION, mission_detail.mission_detail, name="mission_detail"),
    Route(_MISSION + "/live", mission_detail.mission_live, name="mission_live"),
    Route(_ITEM, mission_detail.mission_item, name="mission_item"),
    *(
        Route(f"{_MISSION}/{name}", endpoint, methods=["POST"], name=f"mission_{name}")
        for name, endpoint in (
            ("pause", mission_actions.pause),
            ("resume", mission_actions.resume),
            ("cancel", mission_actions.cancel),
            ("retry", mission_actions.retry),
            ("refetch", mission_actions.refetch),
            ("rename", mission_actions.rename),
            ("delete", mission_actions.delete),
        )
    ),
    Route(_MISSION + "/download", mission_actions.download_chosen, name="mission_download"),
    Route(_MISSION + "/items/retry", mission_actions.retry_chosen, methods=["POST"]),
    Route(_MISSION + "/items/cancel", mission_actions.cancel_chosen, methods=["POST"]),
    *(
        Route(f"{_ITEM}/{name}", endpoint, methods=["POST"], name=f"mission_item_{name}")
        for name, endpoint in (
            ("retry", mission_actions.retry_item),
            ("cancel", mission_actions.cancel_item),
            ("resolve", mission_actions.resolve_item),
            ("refetch", mission_actions.refetch_item),
        )
    ),
    Route("/preferences/theme", preferences.set_theme, methods=["POST"], name="set_theme"),
]
