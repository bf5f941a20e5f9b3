"""What a person does about what is left after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.crash.server import PATH, Server, Service


def settle(server: Server, service: Service, mission: dict[str, Any]) -> int:
    """Decide about unknown items: look into the console, and attach or send again; how many."""
    tasks = {str(entry["body"]["prompt"]): str(entry["task_id"]) for entry in service.ledger}
    unknown = [item for item in mission["items"] if item["status"] == "unknown"]
    for item in unknown:
        task_id = tasks.get(item["input_params"]["prompt"])
        decision: dict[str, object] = {"action": "resubmit", "confirm": True}
        if task_id is not None:
            decision = {"action": "attach", "runninghub_task_id": task_id}
        server.resolve(mission["id"], item["item_index"], **decision)
    return len(unknown)


def finish_everything(server: Server, service: Service, missions: Sequence[int]) -> int:
    """Bring every mission to its end, whatever the program's deaths have made of it; returns how
    many items were unknown."""
    for mission_id in missions:
        mission = server.mission(mission_id)
        if mission["scheduled_at"] and mission["counts"]["pending"]:
            server.data("POST", f"{PATH}/{mission_id}/cancel")
        elif mission["status"] == "paused":
            server.data("POST", f"{PATH}/{mission_id}/resume")
    unknown = 0
    for mission_id in missions:
        unknown += settle(server, service, server.ended(mission_id))
        server.ended(mission_id)
    return unknown
