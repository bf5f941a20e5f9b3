"""The two tables in a zip that say what each file is: manifest.csv for people, manifest.json for
programs. Rows are written while files stream, and read back at the end: memory stays flat."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from webapp.clock import format_utc
from webapp.files.spreadsheet import BOM, csv_row
from webapp.pages.explanations import explain
from webapp.store.archive_rows import ArchivedItem, ArchivedMission
from webapp.task_types import task_type_of

_IN_MEMORY = 1024 * 1024
_BEFORE = ("item", "prompt")
_AFTER = (
    "file",
    "file_state",
    "task_id",
    "cost",
    "currency",
    "seconds",
    "state",
    "error",
    "error_code",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One output of an item: its name in the zip, "" when it is not there, and why."""

    file: str
    state: str  #: saved, pending, failed, or missing (its file is no longer on disk)


class Manifest:
    """Use as a context manager. `add` every item, then read `csv()` and `json()`."""

    def __init__(self, mission: ArchivedMission, made_at: datetime) -> None:
        self._mission = mission
        self._made_at = made_at
        self._prompt = task_type_of(mission.task_type).prompt_field.name
        self._params: dict[str, None] = {}  # every parameter's name, in the order of appearance
        self._lines: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115

    def __enter__(self) -> Manifest:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    def add(self, item: ArchivedItem, entries: list[Entry]) -> None:
        """Note an item and what became of its outputs."""
        params = {name: value for name, value in item.params.items() if name != self._prompt}
        self._params.update(dict.fromkeys(params))
        line = {
            "item": item.index,
            "prompt": item.prompt,
            "parameters": params,
            "state": item.state,
            "task_id": item.remote_task_id or "",
            "cost": None if item.cost is None else float(item.cost),
            "currency": self._mission.currency,
            "seconds": item.seconds,
            "error": str(explain(item.error_class, item.error_code).title)
            if item.error_class
            else "",
            "error_code": item.error_code,
            "error_raw": item.error_message,
            "files": [{"file": entry.file, "state": entry.state} for entry in entries],
        }
        self._lines.write(_json(line) + b"\n")

    def csv(self) -> Iterator[bytes]:
        """One row for each output, one for an item without any; the cost is in an item's first row.
        With a BOM: Excel needs it."""
        names = list(self._params)
        yield BOM + csv_row([*_BEFORE, *names, *_AFTER])
        for line in self._read():
            params = line["parameters"]
            before = [line["item"], line["prompt"], *(params.get(name) for name in names)]
            for entry in line["files"] or [{"file": "", "state": ""}]:
                after = [line[name] for name in _AFTER[2:]]
                yield csv_row([*before, entry["file"], entry["state"], *after])
                line["cost"] = None  # paid once for all of them: a column is there to be summed

    def json(self) -> Iterator[bytes]:
        """The same as one JSON object."""
        head = {
            "id": self._mission.id,
            "name": self._mission.name,
            "description": self._mission.description,
            "task_type": self._mission.task_type,
            "state": self._mission.state,
            "created_at": format_utc(self._mission.created_at),
        }
        yield b'{"mission": %s,\n"made_at": %s,\n"items": [' % (
            _json(head),
            _json(format_utc(self._made_at)),
        )
        comma = b"\n"
        for line in self._read():
            yield comma + _json(line)
            comma = b",\n"
        yield b"\n]}\n"

    def _read(self) -> Iterator[dict[str, Any]]:
        self._lines.seek(0)
        for line in self._lines:
            yield json.loads(line)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
