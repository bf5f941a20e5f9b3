"""What a benchmark is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """`folder` is empty, on the disk that shall be measured, and removed afterwards."""

    folder: Path
    quick: bool
    size_mb: int
