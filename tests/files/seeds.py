"""Rows that other parts of the program would have written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from webapp.clock import Clock
from webapp.db import reading, writing
from webapp.models import Attempt, Item, Mission, Result
from webapp.settings import Settings
from webapp.states import AttemptState, FileState, ItemState, MissionState

LINK_LIFE = timedelta(hours=24)


class Seeds:
    """Writes missions as if they had run."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.folder = settings.uploads / "results"
        self._clock = clock

    @property
    def now(self) -> datetime:
        return self._clock.now()

    def mission(self, name: str = "Autumn", **columns: Any) -> int:
        now = self._clock.now()
        row = {
            "name": name,
            "task_type": "text_to_image",
            "provider": "runninghub",
            "status": MissionState.RUNNING,
            "total_count": 0,
            "config_json": {},
            "created_at": now,
            "updated_at": now,
        }
        with writing():
            return int(Mission.insert(**(row | columns)).execute())

    def item(self, mission: int, index: int = 1, prompt: str = "a fox", **columns: Any) -> int:
        now = self._clock.now()
        row = {
            "mission": mission,
            "item_index": index,
            "input_params": {"prompt": prompt, "aspectRatio": "3:4"},
            "prompt": prompt,
            "status": ItemState.COMPLETED,
            "created_at": now,
            "updated_at": now,
        }
        with writing():
            return int(Item.insert(**(row | columns)).execute())

    def pending(
        self, url: str, *, type: str = "png", position: int = 1, task_id: str | None = None
    ) -> int:
        """A result whose file is still to be fetched, in a mission of its own."""
        mission = self.mission(files_pending=1)
        item = self.item(mission)
        attempt = self._attempt(mission, item, task_id)
        return self._result(
            mission, item, attempt, type=type, url=url, position=position, expires=True
        )

    def saved(
        self,
        mission: int,
        item: int,
        filename: str,
        content: bytes | None,
        *,
        position: int = 1,
        has_preview: bool = False,
    ) -> int:
        """A result with a file of ours; without `content` the file is not on disk."""
        if content is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / filename).write_bytes(content)
        return self._result(
            mission,
            item,
            0,
            filename=filename,
            type=filename.rpartition(".")[2],
            file_state=FileState.SAVED,
            position=position,
            has_preview=has_preview,
        )

    def text(
        self,
        mission: int,
        item: int,
        text: str,
        *,
        position: int = 1,
        file_state: FileState = FileState.NONE,
    ) -> int:
        return self._result(
            mission, item, 0, type="txt", text=text, file_state=file_state, position=position
        )

    def waiting(self, mission: int, item: int, *, position: int = 1) -> int:
        return self._result(mission, item, 0, url="http://x.test/a.png", position=position)

    def result(self, result_id: int) -> Any:
        """The row as it stands."""
        with reading():
            return Result.get_by_id(result_id)

    def counters(self, result_id: int) -> tuple[int, int]:
        """files_pending and files_failed of its mission."""
        with reading():
            mission = Mission.get_by_id(Result.get_by_id(result_id).mission_id)
            return mission.files_pending, mission.files_failed

    def revs(self, result_id: int) -> tuple[int, int]:
        """The revisions of its mission and its item: pages refresh when they grow."""
        with reading():
            row = Result.get_by_id(result_id)
            return Mission.get_by_id(row.mission_id).rev, row.item.rev

    def parts(self) -> Sequence[Path]:
        """Half files that were left lying around."""
        return list(self.folder.rglob("*.part"))

    def _attempt(self, mission: int, item: int, task_id: str | None) -> int:
        now = self._clock.now()
        with writing():
            return int(
                Attempt.insert(
                    mission_id=mission,
                    item_id=item,
                    item_index=1,
                    number=1,
                    task_type="text_to_image",
                    provider="runninghub",
                    state=AttemptState.SUCCEEDED,
                    runninghub_task_id=task_id,
                    cost=Decimal("0.05"),
                    created_at=now,
                    boot_id="b",
                ).execute()
            )

    def _result(
        self, mission: int, item: int, attempt: int, *, expires: bool = False, **columns: Any
    ) -> int:
        now = self._clock.now()
        row = {
            "mission_id": mission,
            "item": item,
            "attempt_id": attempt,
            "kind": "image",
            "type": "png",
            "file_state": FileState.PENDING,
            "expires_at": now + LINK_LIFE if expires else None,
            "created_at": now,
            "updated_at": now,
        }
        with writing():
            return int(Result.insert(**(row | columns)).execute())
