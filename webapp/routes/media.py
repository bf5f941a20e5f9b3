"""Files on their way out: reference images, results, previews and zips."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from webapp.errors import InvalidInput
from webapp.expansion import MAX_ITEMS
from webapp.files.filenames import entry_name
from webapp.files.filetypes import TYPES
from webapp.messages import msg
from webapp.routes.convertors import register
from webapp.services import services

register()

_HEADERS = {
    # Names are never used again, so a copy is good for ever; it is the person's own, though.
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}
# Shown by itself, a file may be seen or heard and do nothing else: scripts never run.
_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
# A browser's own player asks for the film again, which it may not do from a sandbox's own origin.
_PLAYER_POLICY = f"{_POLICY} allow-same-origin"
_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")


def reference_image(request: Request) -> Response:
    """GET /api/images/{filename}."""
    path = services(request).images.path(request.path_params["filename"])
    return _file(request, path, path.name)


def result_file(request: Request) -> Response:
    """GET /media/{filename}; with `?download=1` under a name that says what it is."""
    file, path = services(request).results.find(request.path_params["filename"])
    return _file(request, path, entry_name(file.item_index, file.prompt, file.number, file.type))


def preview(request: Request) -> Response:
    """GET /media/previews/{width}/{result_id}.webp."""
    width, result_id = request.path_params["width"], request.path_params["result_id"]
    path = services(request).results.preview_path(width, result_id)
    return _file(request, path, f"{result_id}.webp")


def mission_zip(request: Request) -> Response:
    """GET …/download, all items, or with `?indexes=1,5-9` those."""
    return zip_of(request, named_items(request.query_params))


def named_items(query: QueryParams) -> set[int] | None:
    """The items that an address names. A form of ticked boxes says `index`. Raises InvalidInput."""
    return parse_indexes([*query.getlist("indexes"), *query.getlist("index")])


def zip_of(request: Request, indexes: Collection[int] | None) -> Response:
    """The files of these items of the mission in the address, None for all."""
    mission_id: int = request.path_params["mission_id"]
    name, parts = services(request).archive.mission_zip(mission_id, indexes)
    if request.method == "HEAD":  # its headers are known without reading a single file
        parts = iter(())
    # For programs that cannot read the other form, which a name in another script needs.
    plain = name if name.isascii() else f"mission-{mission_id}.zip"
    headers = {
        "Content-Disposition": (
            f"attachment; filename=\"{plain}\"; filename*=utf-8''{quote(name, safe='')}"
        ),
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(parts, media_type="application/zip", headers=headers)


def parse_indexes(values: list[str]) -> set[int] | None:
    """Item numbers from `1,5-9`, given once or several times; None when nothing is given.

    Raises InvalidInput.
    """
    ranges: set[tuple[int, int]] = set()
    for part in map(str.strip, ",".join(values).split(",")):
        match = _RANGE.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if part and not 1 <= first <= last <= MAX_ITEMS:
            text = msg(
                "“%(value)s” is no item number. Write numbers and ranges, as in 1,5-9.",
                value=part[:40],
            )
            raise InvalidInput.field("indexes", text)
        if part:
            ranges.add((first, last))
    chosen: set[int] = set()
    reached = 0
    for first, last in sorted(ranges):  # each number once, however often it is named
        chosen.update(range(max(first, reached + 1), last + 1))
        reached = max(reached, last)
    return chosen or None


def _file(request: Request, path: Path, name: str) -> Response:
    kind = TYPES[path.suffix[1:]]
    policy = _PLAYER_POLICY if kind.kind in ("video", "audio") else _POLICY
    download = not kind.inline or request.query_params.get("download") == "1"
    return FileResponse(
        path,
        headers={**_HEADERS, "Content-Security-Policy": policy},
        media_type=kind.media_type,
        filename=name,
        stat_result=path.stat(),
        content_disposition_type="attachment" if download else "inline",
    )


# A file's name is one part of an address, never a path: what has a slash in it fits no route.
routes: list[BaseRoute] = [
    Route("/media/{filename}", result_file, methods=["GET"], name="result_file"),
    Route("/media/previews/{width:id}/{result_id:id}.webp", preview, methods=["GET"]),
]
