"""Tasks and uploads as lines of the journal, and back."""

import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from webapp.simulator.catalogue import MODELS
from webapp.simulator.formats import picture_format
from webapp.simulator.tasks import Task
from webapp.simulator.triggers import Plan
from webapp.simulator.uploads import Upload

_HASH = re.compile(r"[0-9a-f]{64}")


def task_line(task: Task) -> dict[str, Any]:
    """Everything that decides how the task goes on. Holds the caller's key."""
    return {
        "task_id": task.task_id,
        "endpoint": task.model.endpoint,
        "body": task.body,
        "key": task.key,
        "plan": asdict(task.plan),
        "base_url": task.base_url,
        "accepted_at": task.accepted_at,
        "running_at": task.running_at,
        "ends_at": None if task.ends_at == math.inf else task.ends_at,
        "wall_time": task.wall_time,
        "image_format": task.image_format,
        "charge_failed": task.charge_failed,
    }


def task_of(line: dict[str, Any]) -> Task:
    """KeyError, TypeError or ValueError for a line of another version of us."""
    ends_at = line["ends_at"]
    return Task(
        task_id=str(line["task_id"]),
        model=MODELS[line["endpoint"]],
        body=dict(line["body"]),
        key=str(line["key"]),
        plan=Plan(**line["plan"]),
        base_url=str(line["base_url"]),
        accepted_at=float(line["accepted_at"]),
        running_at=float(line["running_at"]),
        ends_at=math.inf if ends_at is None else float(ends_at),
        wall_time=str(line["wall_time"]),
        image_format=str(line["image_format"]),
        charge_failed=bool(line["charge_failed"]),
    )


def upload_line(upload: Upload) -> dict[str, Any]:
    """All but the bytes, which are a file of their own."""
    return {
        "upload": upload.name,
        "mime": upload.mime,
        "expires_at": upload.expires_at,
        "picture": upload.picture,
    }


def upload_of(line: dict[str, Any], folder: Path) -> Upload:
    """KeyError, TypeError or ValueError for a line that does not name an upload in `folder`."""
    name = str(line["upload"])
    path = folder / content_file(name)
    if not path.is_file():
        raise ValueError(f"{path.name} is missing")
    picture = line.get("picture")  # an earlier version did not say
    return Upload(
        name,
        path,
        str(line["mime"]),
        float(line["expires_at"]),
        path.stat().st_size,
        picture_format(path.read_bytes()) if picture is None else str(picture),
    )


def content_file(name: str) -> str:
    """The file name behind an upload's name: its hash alone, for callers choose the extension."""
    match = _HASH.match(name)
    if match is None:
        raise ValueError("an upload is named by its hash")
    return match[0]
