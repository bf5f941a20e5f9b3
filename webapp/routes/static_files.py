"""GET /static/…: scripts, styles and icons."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from webapp.resources import static_url


class MarkedFiles(StaticFiles):
    """Files that a page asks for by the mark of their content are kept for good. Without the mark,
    as one script imports another, or with that of another version, they are asked for each time."""

    def file_response(
        self,
        full_path: PathLike,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        name = Path(self.get_path(scope)).as_posix()
        if static_url(name).encode().partition(b"?")[2] == scope["query_string"]:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
