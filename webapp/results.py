"""The whole life of a result's file: fetched, named, previewed, served, removed."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import shutil
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from webapp.clock import Clock
from webapp.errors import NotFound
from webapp.files.download import Downloader, DownloadError, Limits, Stopped, Trouble
from webapp.files.filetypes import TYPES, decide, sniff
from webapp.files.pictures import decoders
from webapp.files.posters import NoPoster, read_film, sound_seconds
from webapp.files.previews import PREVIEW_WIDTHS, NoPreview, preview_picture, write_previews
from webapp.messages import msg
from webapp.providers.base import Provider, ProviderError
from webapp.safety import storage
from webapp.safety.disk import DISK_FULL, disk_code, part_file, put
from webapp.safety.failpoints import reached
from webapp.safety.storage import FILES, Storage
from webapp.settings import Settings
from webapp.store import results
from webapp.store.results import FileJob, FileTrouble, Looks, SavedFile, ServedFile
from webapp.work.backoff import backoff_s

log = logging.getLogger(__name__)

_FILENAME = re.compile(r"[0-9a-z_]{1,64}\.[0-9a-z]{1,12}")
_MAX_TRIES = {Trouble.GONE: 3, Trouble.TYPE: 5, Trouble.SIZE: 1, Trouble.ADDRESS: 1}
"""Other troubles are tried again for as long as the link lives."""

_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 600.0
_LOOK_S = 5.0
_RENEWED = "link_renewed"
_MAX_CRASHES = 3


class ResultFiles:
    """All methods block and may be called from any thread."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        provider: Provider,
        *,
        limits: Limits | None = None,
        told: Callable[[str, int], None] = lambda outcome, size: None,
        disk: Storage | None = None,
    ) -> None:
        """`told` hears of each download: "saved" with its bytes, or the trouble."""
        self._folder = settings.uploads / "results"
        self._previews = settings.uploads / "previews"
        self._clock = clock
        self._provider = provider
        self._limits = limits or Limits()
        self._downloader = Downloader(self._limits, own_urls=[provider.base_url])
        self._storage = disk or Storage()
        self._next_look = 0.0
        self._stopping = threading.Event()
        self._again = threading.Lock()
        self._told = told

    def stop(self) -> None:
        """Break running downloads off. They are done again after the next start."""
        self._stopping.set()
        self._downloader.close()

    def fetch(self, result_id: int) -> None:
        """Download one result and write down what came of it, or nothing after `stop()`.

        Never call it twice at a time for one result. Commits. Raises only storage errors: a file that does not come gets a time for its next
        try (store.results.files_due), or is given up.
        """
        job = results.file_job(result_id)
        if job is None:
            return
        try:
            saved = self._download(job)
        except Stopped:
            return
        except DownloadError as error:
            self._told(error.trouble.value, 0)
            self._record(job, error)
            return
        self._told("saved", saved.size)
        self._storage.works(FILES)
        looks = self._look_at(job, saved)
        if not results.file_saved(job, saved, looks, self._clock.now()):
            self.remove([saved.filename])

    def look_for_room(self) -> None:
        """When files could not be stored and the disk has room again: say so, and fetch them now.
        Commits."""
        if not self._storage.is_failing(FILES) or self._clock.monotonic() < self._next_look:
            return
        self._next_look = self._clock.monotonic() + _LOOK_S
        if not self._has_room():
            return
        results.hurry_files(Trouble.DISK, self._clock.now())
        self._storage.works(FILES)

    def _has_room(self) -> bool:
        try:
            with part_file(self._folder) as (part, file):
                file.write(b"\0")
                file.flush()
                return shutil.disk_usage(part).free >= self._limits.reserve_bytes
        except OSError:
            return False

    def find(self, filename: str) -> tuple[ServedFile, Path]:
        """A saved file by the name under which it is served. Raises NotFound."""
        file = results.find_file(filename) if _FILENAME.fullmatch(filename) else None
        if file is None:
            raise _gone()
        return file, _existing(self._folder / file.filename)

    def path(self, filename: str) -> Path:
        """Where a saved file is. Raises NotFound."""
        return self.find(filename)[1]

    def stored_path(self, filename: str) -> Path:
        """Where a file is, or was; only for a name that comes from the store."""
        return self._folder / filename

    def preview_path(self, width: int, result_id: int) -> Path:
        """Where a preview is; made again when it is missing, as after a restore. Raises NotFound."""
        filename = results.find_preview(result_id) if width in PREVIEW_WIDTHS else None
        if filename is None:
            raise _gone()
        path = self._preview(width, filename)
        if not path.exists():
            self._preview_again(path, filename)
        return _existing(path)

    def _preview_again(self, path: Path, filename: str) -> None:
        """It could be made once, so the file behind it is no danger to a decoder."""
        with self._again, contextlib.suppress(NoPreview, NoPoster, OSError):
            if not path.exists() and not (self._folder / filename).is_symlink():
                self._looks(filename, TYPES[filename.rpartition(".")[2]].kind)

    def remove(self, filenames: Iterable[str]) -> None:
        """Remove files and their previews from disk, for results that no row names any more."""
        for filename in filenames:
            paths = [self._folder / filename]
            paths += [self._preview(width, filename) for width in PREVIEW_WIDTHS]
            for path in paths:
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    log.warning("%s could not be removed: %s", path.name, error.strerror)

    def _preview(self, width: int, filename: str) -> Path:
        return self._previews / str(width) / f"{filename.rpartition('.')[0]}.webp"

    def _download(self, job: FileJob) -> SavedFile:
        try:
            with part_file(self._folder) as (part, file):
                fetched = self._downloader.fetch(job.url, part, file, self._stopping.is_set)
                found = decide(job.type, fetched.head)
                if found is None:
                    shown = sniff(fetched.head)
                    raise DownloadError(Trouble.TYPE, shown.extension if shown else "unknown")
                filename = f"{_stem(job, fetched.sha256)}.{found.extension}"
                reached("download.written")
                put(part, file, self._folder / filename)
                reached("download.named")
        except OSError as error:
            raise DownloadError(Trouble.DISK, disk_code(error)) from error
        return SavedFile(
            filename, found.kind, found.extension, found.media_type, fetched.sha256, fetched.size
        )

    def _look_at(self, job: FileJob, saved: SavedFile) -> Looks:
        """Previews, size and length. Whatever goes wrong here, the file itself is fine."""
        if saved.kind not in ("image", "video", "audio"):
            return Looks()
        if job.error_code == results.DECODING and job.tries >= _MAX_CRASHES:
            log.error("%s ended the program while it was decoded: no preview", saved.filename)
            return Looks()
        results.decoding_begins(job, self._clock.now())
        reached("decode.begun")
        try:
            return self._looks(saved.filename, saved.kind)
        except (NoPreview, NoPoster, OSError) as error:
            log.info("no preview of %s: %s", saved.filename, error)
            return Looks()

    def _looks(self, filename: str, kind: str) -> Looks:
        path = self._folder / filename
        targets = {width: self._preview(width, filename) for width in PREVIEW_WIDTHS}
        match kind:
            case "image":
                width, height = preview_picture(path, targets)
                return Looks(width, height, None, True)
            case "video":
                with decoders:
                    film = read_film(path)
                    write_previews(film.poster, targets)
                return Looks(film.width, film.height, film.seconds, True)
        return Looks(seconds=sound_seconds(path))

    def _record(self, job: FileJob, error: DownloadError) -> None:
        now = self._clock.now()
        if error.trouble is Trouble.DISK:
            full = error.code == DISK_FULL
            self._next_look = self._clock.monotonic() + _LOOK_S
            self._storage.fails(FILES, storage.Trouble.FULL if full else storage.Trouble.OTHER)
        retry_at = now + timedelta(seconds=backoff_s(job.tries, _PAUSE_S, _LONGEST_PAUSE_S))
        if error.trouble is Trouble.GONE and job.error_code != _RENEWED:
            url = self._fresh_link(job)
            if url is not None:
                results.link_renewed(job, url, _RENEWED, now, retry_at)
                return
        final = _is_final(job, error, now, retry_at)
        trouble = FileTrouble(error.trouble, error.code, error.detail)
        results.file_failed(job, trouble, now, retry_at=None if final else retry_at)
        log.log(
            logging.WARNING if final else logging.INFO,
            "file not fetched: %s:%s",
            error.trouble,
            error.code,
            extra={"mission": job.mission_id, "item": job.item_index, "result": job.result_id},
        )

    def _fresh_link(self, job: FileJob) -> str | None:
        """Ask the provider once more where the output is; None when that helps nobody."""
        if job.remote_task_id is None:
            return None
        try:
            task = self._provider.query(job.remote_task_id)
        except ProviderError as error:
            log.info("no fresh link: %s", error.cause)
            return None
        if len(task.results) < job.position:
            return None
        url = task.results[job.position - 1].url
        return url if url != job.url else None


def _is_final(job: FileJob, error: DownloadError, now: datetime, retry_at: datetime) -> bool:
    most = _MAX_TRIES.get(error.trouble)
    if most is not None and job.tries + 1 >= most:
        return True
    return job.expires_at is not None and retry_at > job.expires_at


def _stem(job: FileJob, sha256: str) -> str:
    """Stable (a second download of the same bytes has the same name), unique, not to be guessed."""
    mark = hashlib.sha256(f"{job.result_id}:{sha256}".encode()).hexdigest()[:16]
    return f"{job.mission_id}_{job.item_index:04d}_{job.position}_{mark}"


def _gone() -> NotFound:
    return NotFound(msg("This file does not exist, or no longer does."))


def _existing(path: Path) -> Path:
    if path.is_symlink() or not path.is_file():
        raise _gone()
    return path
