"""The facts about this machine without which no figure means anything."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

import apsw


def facts() -> str:
    """Two lines for the top of a report."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    libraries = ", ".join(f"{name} {version(name)}" for name in ("starlette", "uvicorn", "peewee"))
    return (
        f"{os.cpu_count()} cores, load {load} before the start, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}\n"
        f"SQLite {apsw.sqlite_lib_version()} by apsw {apsw.apsw_version()}, {libraries}"
    )
