"""A mission's results as one zip, made while it is sent: no temporary file, constant memory."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import closing
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED

from zipstream import ZipStream

from webapp.accounts.people import Action
from webapp.accounts.rights import OnBehalf
from webapp.clock import Clock
from webapp.db import STORAGE_ERRORS
from webapp.errors import NotFound
from webapp.files.filenames import archive_name, entry_name
from webapp.files.filetypes import known
from webapp.files.manifest import Entry, Manifest
from webapp.results import ResultFiles
from webapp.states import FileState
from webapp.store import archive_rows, audit
from webapp.store.archive_rows import ArchivedItem, ArchivedMission, ArchivedResult

log = logging.getLogger(__name__)

PAGE = 500
_CHUNK = 256 * 1024
_MISSING = "missing"


class Archive(OnBehalf):
    """Zips of missions, finished or not. Everybody may have them; who took one home is written down."""

    def __init__(self, files: ResultFiles, clock: Clock) -> None:
        self._files = files
        self._clock = clock

    def mission_zip(
        self, mission_id: int, indexes: Collection[int] | None = None
    ) -> tuple[str, Iterator[bytes]]:
        """The download's name, and its bytes as they are made. Raises NotFound at once.

        Holds every file that is there, of all items or of those in `indexes`, and a manifest of
        these items. The iterator blocks (disk, database); close it when it is not read to its end.
        """
        mission = archive_rows.find_mission(mission_id)
        if mission is None:
            raise NotFound
        chosen = None if indexes is None else sorted(set(indexes))
        parts = self._parts(mission, _items(mission_id, chosen))
        return archive_name(mission.name, mission_id), self._noted(mission, _merged(parts), chosen)

    def _noted(
        self, mission: ArchivedMission, parts: Iterator[bytes], chosen: list[int] | None
    ) -> Iterator[bytes]:
        """Once the first bytes are wanted: who only asks for the name takes nothing home."""
        try:
            audit.note(
                self._person,
                Action.MISSION_DOWNLOADED,
                self._clock.now(),
                mission_id=mission.id,
                subject=mission.name,
                count=None if chosen is None else len(chosen),
            )
        except STORAGE_ERRORS as error:
            # A full disk is when people most want their files.
            log.warning("a download of mission %s could not be noted: %s", mission.id, error)
        yield from parts

    def _parts(
        self, mission: ArchivedMission, items: Iterable[ArchivedItem]
    ) -> Generator[bytes, None, None]:
        archive = ZipStream(compress_type=ZIP_STORED)
        with Manifest(mission, self._clock.now()) as manifest:
            for item in items:
                entries: list[Entry] = []
                for number, result in enumerate(item.results, start=1):
                    entry = yield from self._result(archive, item, number, result)
                    entries.append(entry)
                manifest.add(item, entries)
            # The tables shrink to a tenth; pictures and films do not shrink at all.
            archive.add(manifest.csv(), "manifest.csv", compress_type=ZIP_DEFLATED)
            yield from archive.file()
            archive.add(manifest.json(), "manifest.json", compress_type=ZIP_DEFLATED)
            yield from archive.file()
            yield from archive.footer()

    def _result(
        self, archive: ZipStream, item: ArchivedItem, number: int, result: ArchivedResult
    ) -> Generator[bytes, None, Entry]:
        if result.text is not None and result.file_state == FileState.NONE:
            name = entry_name(item.index, item.prompt, number, _text_extension(result.type))
            archive.add(result.text.encode("utf-8", "replace"), name)
            yield from archive.file()
            return Entry(name, FileState.SAVED)
        if result.filename is None:
            return Entry("", result.file_state)
        try:
            file = self._files.stored_path(result.filename).open("rb")
        except OSError as error:
            log.warning("%s is not on disk: %s", result.filename, error.strerror)
            return Entry("", _MISSING)
        with file:
            extension = result.filename.rpartition(".")[2]
            name = entry_name(item.index, item.prompt, number, extension)
            archive.add(_read(file), name, size=os.fstat(file.fileno()).st_size)
            yield from archive.file()
        return Entry(name, FileState.SAVED)


def _items(mission_id: int, chosen: list[int] | None) -> Iterator[ArchivedItem]:
    """Page by page, so that a slow download holds no connection and few rows."""
    if chosen is not None:
        for start in range(0, len(chosen), PAGE):
            only = chosen[start : start + PAGE]
            yield from archive_rows.items_after(mission_id, 0, PAGE, only)
        return
    last = 0
    while page := archive_rows.items_after(mission_id, last, PAGE):
        yield from page
        last = page[-1].index


def _merged(parts: Generator[bytes, None, None]) -> Iterator[bytes]:
    """The same bytes in fewer, larger pieces: each piece costs the server a change of thread."""
    held = bytearray()
    with closing(parts):
        for part in parts:
            held += part
            if len(held) >= _CHUNK:
                yield bytes(held)
                held.clear()
        if held:
            yield bytes(held)


def _read(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _text_extension(declared: str) -> str:
    found = known(declared)
    return found.extension if found is not None and found.kind == "text" else "txt"
