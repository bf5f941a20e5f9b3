"""Where the files live that come with the program: at the top of a checkout, in the package of a
wheel."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from webapp.settings import source_checkout

_PACKAGE = Path(__file__).resolve().parent


def templates_dir() -> Path:
    """The page templates."""
    root = source_checkout()
    return root / "templates" if root else _PACKAGE / "_templates"


def static_dir() -> Path:
    """What is served under /static."""
    root = source_checkout()
    return root / "static" if root else _PACKAGE / "_static"


def static_url(name: str) -> str:
    """The address of a static file, with a mark of its content, so that it can be cached for good."""
    path = static_dir() / name
    return f"/static/{name}?v={_mark(path, path.stat().st_mtime_ns)}"


@lru_cache(maxsize=100)
def _mark(path: Path, changed_ns: int) -> str:
    """`changed_ns` makes a file that was edited another entry of the cache."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
